"""The functions of bosauth.h: what each takes and gives, for ctypes."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64
from typing import Any, Dict, Tuple


class CError(ctypes.Structure):
    """``bosauth_error``: only the library knows what is in it."""


class CConfig(ctypes.Structure):
    """``bosauth_config``: only the library knows what is in it."""


class COptions(ctypes.Structure):
    """``bosauth_options``: only the library knows what is in it."""


class CSession(ctypes.Structure):
    """``bosauth_session``: only the library knows what is in it."""


Status = c_int32
Client = c_uint64
Cancel = c_uint64
Error = POINTER(CError)
Config = POINTER(CConfig)
Options = POINTER(COptions)
Session = POINTER(CSession)
ErrorOut = POINTER(Error)
SessionOut = POINTER(Session)

#: Name: what it gives, what it takes. ``c_char_p`` copies a text out at once; only the body, which may hold
#: NUL, is read by its length.
PROTOTYPES: Dict[str, Tuple[Any, Tuple[Any, ...]]] = {
    "bosauth_version": (c_char_p, ()),
    "bosauth_abi_version": (c_uint32, ()),
    "bosauth_status_name": (c_char_p, (Status,)),
    "bosauth_action_name": (c_char_p, (c_int32,)),
    "bosauth_error_free": (None, (Error,)),
    "bosauth_error_status": (Status, (Error,)),
    "bosauth_error_action": (c_int32, (Error,)),
    "bosauth_error_message": (c_char_p, (Error,)),
    "bosauth_error_argument": (c_char_p, (Error,)),
    "bosauth_error_outcome_unknown": (c_int32, (Error,)),
    "bosauth_error_http_status": (c_int32, (Error,)),
    "bosauth_error_server_message": (c_char_p, (Error,)),
    "bosauth_error_data_json": (c_char_p, (Error,)),
    "bosauth_error_body": (POINTER(c_char), (Error, POINTER(c_size_t))),
    "bosauth_error_url": (c_char_p, (Error,)),
    "bosauth_error_retry_after_ms": (c_int64, (Error,)),
    "bosauth_error_mfa_id": (c_char_p, (Error,)),
    "bosauth_config_new": (Config, ()),
    "bosauth_config_free": (None, (Config,)),
    "bosauth_config_set_timeout_ms": (Status, (Config, c_int64)),
    "bosauth_config_set_connect_timeout_ms": (Status, (Config, c_int64)),
    "bosauth_config_set_user_agent": (Status, (Config, c_char_p)),
    "bosauth_config_add_header": (Status, (Config, c_char_p, c_char_p)),
    "bosauth_config_set_max_response_bytes": (Status, (Config, c_uint64)),
    "bosauth_config_add_roots_pem": (Status, (Config, c_char_p)),
    "bosauth_options_new": (Options, ()),
    "bosauth_options_free": (None, (Options,)),
    "bosauth_options_set_timeout_ms": (Status, (Options, c_int64)),
    "bosauth_options_add_query": (Status, (Options, c_char_p, c_char_p)),
    "bosauth_options_add_header": (Status, (Options, c_char_p, c_char_p)),
    "bosauth_options_set_body_json": (Status, (Options, c_char_p)),
    "bosauth_options_set_keep_session": (Status, (Options, c_int32)),
    "bosauth_options_set_mfa_id": (Status, (Options, c_char_p)),
    "bosauth_options_set_cancel": (Status, (Options, Cancel)),
    "bosauth_client_new": (Status, (c_char_p, Config, POINTER(Client), ErrorOut)),
    "bosauth_client_free": (Status, (Client,)),
    "bosauth_client_close": (Status, (Client, c_int64)),
    "bosauth_client_session": (Status, (Client, SessionOut, ErrorOut)),
    "bosauth_client_save_session": (Status, (Client, c_char_p, c_char_p, ErrorOut)),
    "bosauth_client_clear_session": (Status, (Client, ErrorOut)),
    "bosauth_bind_token": (Status, (Client, c_char_p, c_char_p, c_char_p, c_char_p, Options, ErrorOut)),
    "bosauth_unbind_token": (Status, (Client, c_char_p, c_char_p, c_char_p, c_char_p, Options, ErrorOut)),
    "bosauth_auth_with_token": (Status, (Client, c_char_p, c_char_p, Options, SessionOut, ErrorOut)),
    "bosauth_session_free": (None, (Session,)),
    "bosauth_session_token": (c_char_p, (Session,)),
    "bosauth_session_record_json": (c_char_p, (Session,)),
    "bosauth_session_meta_json": (c_char_p, (Session,)),
    "bosauth_session_field": (c_char_p, (Session, c_char_p)),
    "bosauth_session_expires_at": (c_int64, (Session,)),
    "bosauth_session_is_valid": (c_int32, (Session,)),
    "bosauth_session_is_superuser": (c_int32, (Session,)),
    "bosauth_session_was_kept": (c_int32, (Session,)),
    "bosauth_cancel_new": (Cancel, ()),
    "bosauth_cancel_trigger": (Status, (Cancel,)),
    "bosauth_cancel_free": (Status, (Cancel,)),
}


def declare(library: ctypes.CDLL) -> None:
    """Tells ctypes what every function takes and gives; AttributeError names one that is not there."""
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
