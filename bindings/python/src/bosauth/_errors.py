"""What a call raises: ``ClientResponseError`` and, under it, a class for each thing that can be done about it."""

from __future__ import annotations

import ctypes
import functools
import json
import re
from enum import IntEnum
from typing import Any, Callable, Dict, Optional, Pattern, Tuple, Type, TypeVar, cast

from ._codes import Action, Status
from ._entry import without_signals
from ._library import lib

_Function = TypeVar("_Function", bound=Callable[..., Any])


class ClientResponseError(Exception):
    """A call failed. Its text is one line for the log: no secret and no text of the server's is in it.

    As in the official package:

    * ``url``: the address that the call was for, without its query; None if an argument was refused
    * ``status``: the HTTP status of the answer, 0 without one
    * ``response``: the JSON object that the server answered, secrets of the call replaced by ``***``, else {}
    * ``is_abort``: whether the app cancelled the call
    * ``original_error``: a TimeoutError or ConnectionError if the network is the reason, else None

    Beyond it:

    * ``code`` and ``name``: the condition, such as ``Status.TIMEOUT`` and "TIMEOUT"
    * ``action``: what to do about it, one of ``Action``; the class says the same
    * ``message``: what happened; ``server_message``: the server's own words, made safe to show, "" without
    * ``data``: why each field is wrong (VALIDATION), else {}
    * ``argument``: the bad argument's name, such as "email", "" if none was
    * ``outcome_unknown``: whether the server may have processed the request although the call failed; a 5xx leaves
      it true, whatever its form
    * ``retry_after``: seconds to wait before the next try, None if waiting does not help
    * ``mfa_id``: the id of the started login, if a second factor is wanted, else ""
    * ``body``: the first 64 KiB of the answer, secrets replaced; empty after a 2xx answer
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
        answered = f" (HTTP {self.status})" if self.status else ""
        return f"{self.name}: {self.message}{answered}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class FixCallError(ClientResponseError):
    """The program is wrong: change the call."""


class AskCredentialsError(ClientResponseError):
    """Ask the person for email, password or another token."""


class SecondFactorError(ClientResponseError):
    """Go on with a second factor (``mfa_id``), or begin the login again."""


class RetryLaterError(ClientResponseError):
    """Wait ``retry_after`` seconds, then try again."""


class CheckNetworkError(ClientResponseError):
    """Look at the network: offline, captive portal, proxy, wrong server."""


class ContactOperatorError(ClientResponseError):
    """The server's set-up stands in the way: rule, login method, certificate."""


class ReportBugError(ClientResponseError):
    """A bug of the library: report it."""


CLASSES: Dict[int, Type[ClientResponseError]] = {
    Action.FIX_CALL: FixCallError,
    Action.ASK_CREDENTIALS: AskCredentialsError,
    Action.SECOND_FACTOR: SecondFactorError,
    Action.RETRY_LATER: RetryLaterError,
    Action.CHECK_NETWORK: CheckNetworkError,
    Action.CONTACT_OPERATOR: ContactOperatorError,
    Action.REPORT_BUG: ReportBugError,
}


#: What some things are called here, by what messages of the library call them.
TERMS: Tuple[Tuple[Pattern[str], Any], ...] = (
    (re.compile(r"\bthis is no client handle: .*"), "the client is closed"),
    (re.compile(r"\bdata_json\b"), "data"),
    (re.compile(r"\b(\d+) ms\b"), lambda found: f"{int(found[1]) / 1000:g} s"),
)

#: What some arguments are called here, by what bosauth.h calls them.
ARGUMENTS = {
    "bytes": "max_response_bytes",
    "ms": "timeout",
    "object": "body",
    "pem": "roots_pem",
    "record_json": "record",
    "text": "user_agent",
}


def failure(code: int, action: int, message: str, argument: str = "") -> ClientResponseError:
    """An error of the class that belongs to its action."""
    error = CLASSES.get(action, ClientResponseError)()
    error.code = known(Status, code, code)
    error.action = Action(known(Action, action, Action.NONE))
    error.message, error.argument = message, argument
    error.name = _text(lib.bosauth_status_name(code))
    error.is_abort = code == Status.CANCELLED
    error.original_error = _network_error(code, message)
    return error


def known(numbers: Type[IntEnum], number: int, otherwise: int) -> int:
    """A number with its name. One that only a newer library knows has none."""
    try:
        return numbers(number)
    except ValueError:
        return otherwise


def check(status: int, pointer: Any) -> None:
    """Raises the error of a call of the library, unless the call is OK."""
    if status != Status.OK:
        raise _read(pointer)


def json_object(text: bytes) -> Dict[str, Any]:
    """The JSON object that a text is; {} if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def hides_arguments(function: _Function) -> _Function:
    """A function whose errors have no traceback from here on inwards.

    The frames in there hold passwords and tokens, and tools that write tracebacks with variables would show
    them. What is raised begins in a frame that holds nothing.
    """

    # A signal handler may raise between any two steps. So the frame gives the arguments away before they are used, and
    # does everything twice: the outer block is for what is raised in the handler of the inner one.
    @functools.wraps(function)
    @without_signals
    def quiet(*args: Any, **kwargs: Any) -> Any:
        try:
            try:
                given: Any = [kwargs, args]
                args = kwargs = None  # type: ignore[assignment]
                return function(*given.pop(), **given.pop())
            except BaseException as error:
                args = kwargs = given = None  # type: ignore[assignment]
                # The frames that it came through, and the errors before it, which have some too.
                error.__traceback__ = error.__context__ = None
                raise error
        except BaseException as error:
            args = kwargs = given = None  # type: ignore[assignment]
            error.__traceback__ = error.__context__ = None
            raise error

    return cast(_Function, quiet)


def _read(pointer: Any) -> ClientResponseError:
    error = failure(
        lib.bosauth_error_status(pointer),
        lib.bosauth_error_action(pointer),
        *_in_python(_text(lib.bosauth_error_message(pointer)), _text(lib.bosauth_error_argument(pointer))),
    )
    length = ctypes.c_size_t()
    body = lib.bosauth_error_body(pointer, ctypes.byref(length))
    error.body = ctypes.string_at(body, length.value)
    error.response = json_object(error.body)
    error.data = json_object(lib.bosauth_error_data_json(pointer))
    error.url = _text(lib.bosauth_error_url(pointer)) or None
    error.status = lib.bosauth_error_http_status(pointer)
    error.server_message = _text(lib.bosauth_error_server_message(pointer))
    error.outcome_unknown = bool(lib.bosauth_error_outcome_unknown(pointer))
    error.retry_after = lib.bosauth_error_retry_after_ms(pointer) / 1000 or None
    error.mfa_id = _text(lib.bosauth_error_mfa_id(pointer))
    return error


def _in_python(message: str, argument: str) -> Tuple[str, str]:
    """A message of the library and its argument in the terms of this package."""
    name = ARGUMENTS.get(argument, argument)
    if message.startswith(f"{argument} "):
        message = name + message[len(argument) :]
    for pattern, replacement in TERMS:
        message = pattern.sub(replacement, message)
    return message, name


def _network_error(code: int, message: str) -> Optional[Exception]:
    if code == Status.TIMEOUT:
        return TimeoutError(message)
    if Status.NAME_LOOKUP <= code < Status.TIMEOUT:
        return ConnectionError(message)
    return None


def _text(text: bytes) -> str:
    return text.decode("utf-8")
