"""The exceptions of calls: ``ClientResponseError``, with a subclass for each action."""

from __future__ import annotations

import ctypes
import functools
import json
import re
from enum import IntEnum
from typing import Any, Callable, Dict, List, Optional, Tuple, Type, TypeVar, cast

from . import _failures
from ._codes import Action, Status
from ._interrupts import without_entry_signals
from ._library import lib
from ._prototypes import Error

_Function = TypeVar("_Function", bound=Callable[..., Any])


class ClientResponseError(Exception):
    """The error of a call. ``str(error)`` is one line for the log, without secrets and without strings from the server.

    Attributes of the official package:

    * ``url``: the URL of the request, without query; None if an argument was rejected
    * ``status``: the HTTP status of the response; 0 without a response
    * ``response``: the JSON object in the response, with secrets of the call redacted as ``***``; else {}
    * ``is_abort``: whether the call was cancelled
    * ``original_error``: a TimeoutError or ConnectionError for a network error; else None

    Additional attributes:

    * ``code`` and ``name``: the cause, such as ``Status.TIMEOUT`` and "TIMEOUT"
    * ``action``: the action to take, an ``Action``; equivalent to the class
    * ``message``: the error message; ``server_message``: the sanitized message of the server, or ""
    * ``data``: the error of each rejected field (VALIDATION); else {}
    * ``argument``: the name of the invalid argument, such as "email"; else ""
    * ``outcome_unknown``: True if the server may have processed the request even though the call failed, as after every
      5xx
    * ``retry_after``: seconds to wait before a retry; None if a retry is not useful
    * ``mfa_id``: the id of the started login, if a second factor is required; else ""
    * ``body``: the first 64 KiB of the response body, redacted; empty for a 2xx response
    """

    def __init__(
        self,
        url: Optional[str] = None,
        status: int = 0,
        response: Optional[Dict[str, Any]] = None,
        is_abort: bool = False,
        original_error: Optional[Exception] = None,
    ) -> None:
        super().__init__()
        self.url = url
        self.status = status
        self.response: Dict[str, Any] = {} if response is None else response
        self.is_abort = is_abort
        self.original_error = original_error
        self.code: int = Status.OK
        self.name = "UNKNOWN"
        self.action = Action.NONE
        self.message = ""
        self.server_message = ""
        self.data: Dict[str, Any] = {}
        self.argument = ""
        self.outcome_unknown = False
        self.retry_after: Optional[float] = None
        self.mfa_id = ""
        self.body = b""

    def __str__(self) -> str:
        http_status = f" (HTTP {self.status})" if self.status else ""
        return f"{self.name}: {self.message}{http_status}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class FixCallError(ClientResponseError):
    """The program must be fixed."""


class AskCredentialsError(ClientResponseError):
    """Ask the user for email, password or another token."""


class SecondFactorError(ClientResponseError):
    """Continue with a second factor (``mfa_id``), or start the login again."""


class RetryLaterError(ClientResponseError):
    """Wait ``retry_after`` seconds, then retry."""


class CheckNetworkError(ClientResponseError):
    """Check the network: offline, captive portal, proxy, wrong server."""


class ContactOperatorError(ClientResponseError):
    """The configuration of the server prevents the call: rule, login method, certificate."""


class ReportBugError(ClientResponseError):
    """Report a bug of the library."""


CLASSES: Dict[int, Type[ClientResponseError]] = {
    Action.FIX_CALL: FixCallError,
    Action.ASK_CREDENTIALS: AskCredentialsError,
    Action.SECOND_FACTOR: SecondFactorError,
    Action.RETRY_LATER: RetryLaterError,
    Action.CHECK_NETWORK: CheckNetworkError,
    Action.CONTACT_OPERATOR: ContactOperatorError,
    Action.REPORT_BUG: ReportBugError,
}


#: Replacements of terms of the C API in messages.
TERMS: Tuple[Tuple[str, Any], ...] = (
    (r"\bclient (was )?freed\b", r"client \1closed"),
    (r"\bdata_json\b", "data"),
    (r"\b(\d+) ms\b", lambda match: f"{int(match[1]) / 1000:g} s"),
)

#: Names of arguments in this package by their names in bosauth.h.
ARGUMENTS = {
    "bytes": "max_response_bytes",
    "code": "password",
    "ms": "timeout",
    "object": "body",
    "pem": "roots_pem",
    "record_json": "record",
}


def failure(code: int, action: int, message: str, argument: str = "") -> ClientResponseError:
    """Creates an error of the class for its action."""
    error = CLASSES.get(action, ClientResponseError)()
    error.code = to_enum(Status, code, code)
    error.action = Action(to_enum(Action, action, Action.NONE))
    error.message, error.argument = message, argument
    error.name = _decode(lib.bosauth_status_name(code))
    error.is_abort = code == Status.CANCELLED
    error.original_error = _network_error(code, message)
    return error


def to_enum(enumeration: Type[IntEnum], number: int, default: int) -> int:
    """Returns the member with a number, or the default for a number of a newer library."""
    try:
        return enumeration(number)
    except ValueError:
        return default


#: Error out parameters of calls that succeeded. Reused, because one costs as much as two calls of the library.
_unused: List[Error] = []


def new_error() -> Error:
    """Returns an error out parameter, to be passed to :func:`check`."""
    try:
        return _unused.pop()
    except IndexError:
        return Error()


def check(status: int, error: Error) -> None:
    """Raises the error of a library call, unless its status is OK."""
    # OK is 0.
    if status or _failures.pending:
        errors = _raised(status, error)
        if errors:
            # Removed, because a frame in the traceback of an error that contains the error would be a reference cycle.
            raise errors.pop()
    _unused.append(error)


def _raised(status: int, error: Error) -> List[BaseException]:
    """Returns the error of a call that failed, then what signal handlers have raised in a store or listener. The last
    one is to be raised.

    An exception of the store is the cause of the error that it leads to. Others are reported.
    """
    fatal, failures = _failures.take()
    errors: List[BaseException] = [_read(error)] if status else []
    if status in (Status.STORE, Status.STORE_UNAVAILABLE) and failures:
        errors[0].__cause__ = failures.pop()
    for failed in failures:
        _failures.report(failed)
    return errors + fatal


def json_object(string: bytes) -> Dict[str, Any]:
    """Decodes a JSON object; returns {} for any other string."""
    try:
        value = json.loads(string)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def hides_arguments(function: _Function) -> _Function:
    """Wraps a function so that the tracebacks of its errors end in the wrapper.

    The inner frames contain passwords and tokens, which tools that log tracebacks with variables would show. The frame
    of the wrapper contains none.
    """

    # A signal handler may raise between any two instructions. The wrapper therefore passes its references to the
    # arguments on, and has two `try` blocks: the outer one handles exceptions raised in the handler of the inner one.
    @functools.wraps(function)
    @without_entry_signals
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            try:
                arguments: Any = [kwargs, args]
                args = kwargs = None  # type: ignore[assignment]
                return function(*arguments.pop(), **arguments.pop())
            except BaseException as error:
                args = kwargs = arguments = None  # type: ignore[assignment]
                # Removes the inner frames, and earlier errors with their frames.
                error.__traceback__ = error.__context__ = None
                raise error
        except BaseException as error:
            args = kwargs = arguments = None  # type: ignore[assignment]
            error.__traceback__ = error.__context__ = None
            raise error

    return cast(_Function, wrapper)


def _read(pointer: Error) -> ClientResponseError:
    code, argument = lib.bosauth_error_status(pointer), _decode(lib.bosauth_error_argument(pointer))
    message, argument = _python_terms(code, _decode(lib.bosauth_error_message(pointer)), argument)
    error = failure(code, lib.bosauth_error_action(pointer), message, argument)
    length = ctypes.c_size_t()
    body = lib.bosauth_error_body(pointer, ctypes.byref(length))
    error.body = ctypes.string_at(body, length.value)
    error.response = json_object(error.body)
    error.data = json_object(lib.bosauth_error_data_json(pointer))
    error.url = _decode(lib.bosauth_error_url(pointer)) or None
    error.status = lib.bosauth_error_http_status(pointer)
    error.server_message = _decode(lib.bosauth_error_server_message(pointer))
    error.outcome_unknown = bool(lib.bosauth_error_outcome_unknown(pointer))
    error.retry_after = lib.bosauth_error_retry_after_ms(pointer) / 1000 or None
    error.mfa_id = _decode(lib.bosauth_error_mfa_id(pointer))
    return error


def _python_terms(code: int, message: str, argument: str) -> Tuple[str, str]:
    """Translates a message of the library and the name of its argument to the terms of this package."""
    if (code, argument) == (Status.INVALID_HANDLE, "client"):
        return "the client is closed", argument
    name = ARGUMENTS.get(argument, argument)
    if message.startswith(f"{argument} "):
        message = name + message[len(argument) :]
    for pattern, replacement in TERMS:
        message = re.sub(pattern, replacement, message)
    return message, name


def _network_error(code: int, message: str) -> Optional[Exception]:
    if code == Status.TIMEOUT:
        return TimeoutError(message)
    if Status.NAME_LOOKUP <= code < Status.TIMEOUT:
        return ConnectionError(message)
    return None


def _decode(string: bytes) -> str:
    return string.decode("utf-8")
