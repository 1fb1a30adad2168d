"""The functions of bosauth.h: what each takes and gives, for ctypes. And the objects of the library that a program
owns: each is freed by the end of its Python object."""

from __future__ import annotations

import ctypes
import functools
from ctypes import POINTER, c_char, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from types import MethodType
from typing import Any, Callable, Dict, Tuple


class CError(ctypes.Structure):
    """``bosauth_error``: only the library knows what is in it."""


class CConfig(ctypes.Structure):
    """``bosauth_config``: only the library knows what is in it."""


class COptions(ctypes.Structure):
    """``bosauth_options``: only the library knows what is in it."""


class CSession(ctypes.Structure):
    """``bosauth_session``: only the library knows what is in it."""


# The owners. One that is an out parameter owns before the call what the call then writes into it; one that is a
# result is made by ctypes itself. So no signal can come between a thing and its owner. ``declare`` gives each a
# ``__del__``. They are not to be copied.


class Client(c_uint64):
    """An own ``bosauth_client``; 0 as long as there is none."""


class Cancel(c_uint64):
    """An own ``bosauth_cancel``. Weak references to it may be kept in sets."""

    __hash__ = object.__hash__


class Error(POINTER(CError)):  # type: ignore[misc]
    """An own ``bosauth_error``; NULL as long as there is none."""

    _type_ = CError


class Config(POINTER(CConfig)):  # type: ignore[misc]
    """An own ``bosauth_config``."""

    _type_ = CConfig


class Options(POINTER(COptions)):  # type: ignore[misc]
    """An own ``bosauth_options``."""

    _type_ = COptions


class Session(POINTER(CSession)):  # type: ignore[misc]
    """An own ``bosauth_session``; NULL as long as there is none."""

    _type_ = CSession


#: The function that frees what an owner owns.
FREE = {
    Client: "bosauth_client_free",
    Cancel: "bosauth_cancel_free",
    Error: "bosauth_error_free",
    Config: "bosauth_config_free",
    Options: "bosauth_options_free",
    Session: "bosauth_session_free",
}

#: ``bosauth_wait_fn``.
WaitHook = ctypes.CFUNCTYPE(c_int32, c_void_p)

Status = c_int32
ErrorPointer = POINTER(CError)
ConfigPointer = POINTER(CConfig)
OptionsPointer = POINTER(COptions)
SessionPointer = POINTER(CSession)
ErrorOut = POINTER(ErrorPointer)
SessionOut = POINTER(SessionPointer)

#: Name: what it gives, what it takes. ``c_char_p`` copies a text out at once; only the body, which may hold
#: NUL, is read by its length.
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
    "bosauth_bind_token": (Status, (c_uint64, c_char_p, c_char_p, c_char_p, c_char_p, OptionsPointer, ErrorOut)),
    "bosauth_unbind_token": (Status, (c_uint64, c_char_p, c_char_p, c_char_p, c_char_p, OptionsPointer, ErrorOut)),
    "bosauth_auth_with_token": (Status, (c_uint64, c_char_p, c_char_p, OptionsPointer, SessionOut, ErrorOut)),
    "bosauth_session_free": (None, (SessionPointer,)),
    "bosauth_session_token": (c_char_p, (SessionPointer,)),
    "bosauth_session_record_json": (c_char_p, (SessionPointer,)),
    "bosauth_session_meta_json": (c_char_p, (SessionPointer,)),
    "bosauth_session_field": (c_char_p, (SessionPointer, c_char_p)),
    "bosauth_session_expires_at": (c_int64, (SessionPointer,)),
    "bosauth_session_is_valid": (c_int32, (SessionPointer,)),
    "bosauth_session_is_superuser": (c_int32, (SessionPointer,)),
    "bosauth_session_was_kept": (c_int32, (SessionPointer,)),
    "bosauth_cancel_new": (Cancel, ()),
    "bosauth_cancel_trigger": (Status, (c_uint64,)),
    "bosauth_cancel_free": (Status, (c_uint64,)),
}


def declare(library: ctypes.CDLL) -> None:
    """Tells ctypes what every function takes and gives; AttributeError names one that is not there."""
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    for owner, name in FREE.items():
        setattr(owner, "__del__", at_end(getattr(library, name)))


def at_end(function: Callable[[Any], object]) -> Any:
    """A ``__del__`` that calls a function of C with the object.

    Python runs signal handlers between two steps of Python. A destructor written in Python would be interrupted by
    them: what they raise would be lost, and what was to be freed kept. Here there is no step of Python.
    """
    return property(functools.partial(MethodType, function))
