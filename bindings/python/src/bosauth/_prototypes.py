"""ctypes prototypes of the functions in bosauth.h, and owner types: an object of the library is freed when its Python
object is deleted."""

from __future__ import annotations

import ctypes
import functools
from ctypes import POINTER, c_char, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from types import MethodType
from typing import Any, Callable, Dict, Tuple


class CError(ctypes.Structure):
    """``bosauth_error``, an opaque type."""


class CConfig(ctypes.Structure):
    """``bosauth_config``, an opaque type."""


class COptions(ctypes.Structure):
    """``bosauth_options``, an opaque type."""


class CSession(ctypes.Structure):
    """``bosauth_session``, an opaque type."""


class CResponse(ctypes.Structure):
    """``bosauth_response``, an opaque type."""


class CString(ctypes.Structure):
    """``bosauth_string``, an opaque type."""


# Owner types. An owner that is an out parameter exists before the call writes to it, and ctypes creates an owner that
# is a result, so no signal can interrupt between the creation of an object and of its owner. ``declare`` adds
# ``__del__``. Owners must not be copied.


class Client(c_uint64):
    """An owned ``bosauth_client``, or 0."""


class Cancel(c_uint64):
    """An owned ``bosauth_cancel``. Weak references to it can be stored in sets."""

    __hash__ = object.__hash__


class Listener(c_uint64):
    """An owned ``bosauth_listener``, or 0."""


class Error(POINTER(CError)):  # type: ignore[misc]
    """An owned ``bosauth_error``, or NULL."""

    _type_ = CError


class Config(POINTER(CConfig)):  # type: ignore[misc]
    """An owned ``bosauth_config``."""

    _type_ = CConfig


class Options(POINTER(COptions)):  # type: ignore[misc]
    """An owned ``bosauth_options``."""

    _type_ = COptions


class Session(POINTER(CSession)):  # type: ignore[misc]
    """An owned ``bosauth_session``, or NULL."""

    _type_ = CSession


class Response(POINTER(CResponse)):  # type: ignore[misc]
    """An owned ``bosauth_response``, or NULL."""

    _type_ = CResponse


class String(POINTER(CString)):  # type: ignore[misc]
    """An owned ``bosauth_string``, or NULL."""

    _type_ = CString


#: The function that frees the object of each owner type.
FREE = {
    Client: "bosauth_client_free",
    Cancel: "bosauth_cancel_free",
    Listener: "bosauth_listener_free",
    Error: "bosauth_error_free",
    Config: "bosauth_config_free",
    Options: "bosauth_options_free",
    Session: "bosauth_session_free",
    Response: "bosauth_response_free",
    String: "bosauth_string_free",
}

#: ``bosauth_wait_fn``.
WaitHook = ctypes.CFUNCTYPE(c_int32, c_void_p)

Status = c_int32
ErrorPointer = POINTER(CError)
ConfigPointer = POINTER(CConfig)
OptionsPointer = POINTER(COptions)
SessionPointer = POINTER(CSession)
ResponsePointer = POINTER(CResponse)
StringPointer = POINTER(CString)
ErrorOut = POINTER(ErrorPointer)
SessionOut = POINTER(SessionPointer)
ResponseOut = POINTER(ResponsePointer)
StringOut = POINTER(StringPointer)

#: ``bosauth_release_fn``, ``bosauth_store_load_fn``, ``bosauth_store_save_fn`` and ``bosauth_change_fn``.
Release = ctypes.CFUNCTYPE(None, c_void_p)
NO_RELEASE = Release()
StoreLoad = ctypes.CFUNCTYPE(Status, c_void_p, StringPointer)
StoreSave = ctypes.CFUNCTYPE(Status, c_void_p, c_char_p)
Changed = ctypes.CFUNCTYPE(None, c_void_p, c_uint64, c_int32, c_uint64, SessionPointer)

#: Result and argument types by function name. ``c_char_p`` results are copied at once, except for bodies, which may
#: contain NUL and are read by their length.
PROTOTYPES: Dict[str, Tuple[Any, Tuple[Any, ...]]] = {
    "bosauth_version": (c_char_p, ()),
    "bosauth_abi_version": (c_uint32, ()),
    "bosauth_status_name": (c_char_p, (Status,)),
    "bosauth_action_name": (c_char_p, (c_int32,)),
    "bosauth_error_free": (None, (ErrorPointer,)),
    "bosauth_error_status": (Status, (ErrorPointer,)),
    "bosauth_error_action": (c_int32, (ErrorPointer,)),
    "bosauth_error_message": (c_char_p, (ErrorPointer,)),
    "bosauth_error_argument": (c_char_p, (ErrorPointer,)),
    "bosauth_error_outcome_unknown": (c_int32, (ErrorPointer,)),
    "bosauth_error_http_status": (c_int32, (ErrorPointer,)),
    "bosauth_error_server_message": (c_char_p, (ErrorPointer,)),
    "bosauth_error_data_json": (c_char_p, (ErrorPointer,)),
    "bosauth_error_body": (POINTER(c_char), (ErrorPointer, POINTER(c_size_t))),
    "bosauth_error_url": (c_char_p, (ErrorPointer,)),
    "bosauth_error_retry_after_ms": (c_int64, (ErrorPointer,)),
    "bosauth_error_mfa_id": (c_char_p, (ErrorPointer,)),
    "bosauth_config_new": (Config, ()),
    "bosauth_config_free": (None, (ConfigPointer,)),
    "bosauth_config_set_timeout_ms": (Status, (ConfigPointer, c_int64)),
    "bosauth_config_set_connect_timeout_ms": (Status, (ConfigPointer, c_int64)),
    "bosauth_config_set_user_agent": (Status, (ConfigPointer, c_char_p)),
    "bosauth_config_add_header": (Status, (ConfigPointer, c_char_p, c_char_p)),
    "bosauth_config_set_max_response_bytes": (Status, (ConfigPointer, c_uint64)),
    "bosauth_config_add_roots_pem": (Status, (ConfigPointer, c_char_p)),
    "bosauth_config_set_session_file": (Status, (ConfigPointer, c_char_p)),
    "bosauth_config_set_session_store": (Status, (ConfigPointer, StoreLoad, StoreSave, c_void_p, Release)),
    "bosauth_options_new": (Options, ()),
    "bosauth_options_free": (None, (OptionsPointer,)),
    "bosauth_options_set_timeout_ms": (Status, (OptionsPointer, c_int64)),
    "bosauth_options_add_query": (Status, (OptionsPointer, c_char_p, c_char_p)),
    "bosauth_options_add_header": (Status, (OptionsPointer, c_char_p, c_char_p)),
    "bosauth_options_set_body_json": (Status, (OptionsPointer, c_char_p)),
    "bosauth_options_set_keep_session": (Status, (OptionsPointer, c_int32)),
    "bosauth_options_set_mfa_id": (Status, (OptionsPointer, c_char_p)),
    "bosauth_options_set_cancel": (Status, (OptionsPointer, c_uint64)),
    "bosauth_options_set_wait_hook": (Status, (OptionsPointer, WaitHook, c_void_p)),
    "bosauth_client_new": (Status, (c_char_p, ConfigPointer, POINTER(c_uint64), ErrorOut)),
    "bosauth_client_free": (Status, (c_uint64,)),
    "bosauth_client_close": (Status, (c_uint64, c_int64)),
    "bosauth_client_session": (Status, (c_uint64, SessionOut, ErrorOut)),
    "bosauth_client_save_session": (Status, (c_uint64, c_char_p, c_char_p, ErrorOut)),
    "bosauth_client_clear_session": (Status, (c_uint64, ErrorOut)),
    "bosauth_client_import_session": (Status, (c_uint64, c_char_p, ErrorOut)),
    "bosauth_client_sync_session": (Status, (c_uint64, ErrorOut)),
    "bosauth_client_generation": (Status, (c_uint64, POINTER(c_uint64))),
    "bosauth_client_add_listener": (Status, (c_uint64, Changed, c_void_p, Release, POINTER(c_uint64), ErrorOut)),
    "bosauth_listener_free": (Status, (c_uint64,)),
    "bosauth_bind_token": (Status, (c_uint64, c_char_p, c_char_p, c_char_p, c_char_p, OptionsPointer, ErrorOut)),
    "bosauth_unbind_token": (Status, (c_uint64, c_char_p, c_char_p, c_char_p, c_char_p, OptionsPointer, ErrorOut)),
    "bosauth_auth_with_token": (Status, (c_uint64, c_char_p, c_char_p, OptionsPointer, SessionOut, ErrorOut)),
    "bosauth_auth_with_password": (
        Status,
        (c_uint64, c_char_p, c_char_p, c_char_p, OptionsPointer, SessionOut, ErrorOut),
    ),
    "bosauth_request_otp": (Status, (c_uint64, c_char_p, c_char_p, OptionsPointer, StringOut, ErrorOut)),
    "bosauth_auth_with_otp": (Status, (c_uint64, c_char_p, c_char_p, c_char_p, OptionsPointer, SessionOut, ErrorOut)),
    "bosauth_auth_refresh": (Status, (c_uint64, OptionsPointer, SessionOut, ErrorOut)),
    "bosauth_send": (
        Status,
        (c_uint64, c_char_p, c_char_p, c_void_p, c_size_t, OptionsPointer, ResponseOut, ErrorOut),
    ),
    "bosauth_response_free": (None, (ResponsePointer,)),
    "bosauth_response_http_status": (c_int32, (ResponsePointer,)),
    "bosauth_response_header": (c_char_p, (ResponsePointer, c_char_p)),
    "bosauth_response_body": (POINTER(c_char), (ResponsePointer, POINTER(c_size_t))),
    "bosauth_session_free": (None, (SessionPointer,)),
    "bosauth_session_copy": (Status, (SessionPointer, SessionOut)),
    "bosauth_session_token": (c_char_p, (SessionPointer,)),
    "bosauth_session_record_json": (c_char_p, (SessionPointer,)),
    "bosauth_session_meta_json": (c_char_p, (SessionPointer,)),
    "bosauth_session_field": (c_char_p, (SessionPointer, c_char_p)),
    "bosauth_session_expires_at": (c_int64, (SessionPointer,)),
    "bosauth_session_is_valid": (c_int32, (SessionPointer,)),
    "bosauth_session_is_superuser": (c_int32, (SessionPointer,)),
    "bosauth_session_was_kept": (c_int32, (SessionPointer,)),
    "bosauth_session_store_status": (Status, (SessionPointer,)),
    "bosauth_session_export": (c_char_p, (SessionPointer,)),
    "bosauth_string_free": (None, (StringPointer,)),
    "bosauth_string_data": (c_char_p, (StringPointer,)),
    "bosauth_string_set": (Status, (StringPointer, c_char_p, c_size_t)),
    "bosauth_generate_token": (Status, (StringOut, ErrorOut)),
    "bosauth_cancel_new": (Cancel, ()),
    "bosauth_cancel_trigger": (Status, (c_uint64,)),
    "bosauth_cancel_free": (Status, (c_uint64,)),
}


def declare(library: ctypes.CDLL) -> None:
    """Sets the prototypes of all functions and the finalizers of owner types. AttributeError names a missing
    function."""
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    for owner, name in FREE.items():
        setattr(owner, "__del__", finalizer(getattr(library, name)))


def finalizer(function: Callable[[Any], object]) -> Any:
    """Returns a ``__del__`` that calls a C function with the object, without running Python bytecode.

    Python runs signal handlers between bytecode instructions. They could interrupt a destructor written in Python:
    their exceptions would be discarded, and the object would leak.
    """
    return property(functools.partial(MethodType, function))
