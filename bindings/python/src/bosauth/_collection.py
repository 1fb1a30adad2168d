"""The calls to the server, with the names of the official package."""

from __future__ import annotations

import functools
from ctypes import byref
from typing import TYPE_CHECKING, Any, Callable, Coroutine, NoReturn, Optional, cast

from ._call import Call, Result, awaiting
from ._cancel import Cancel, new_handle
from ._codes import Action, Status
from ._errors import check, failure, hides_arguments, new_error
from ._handle import Handle
from ._hints import no_attribute
from ._interrupts import without_entry_signals
from ._library import lib
from ._options import Headers, JsonObject, Query, new_options
from ._prototypes import Options
from ._prototypes import Session as SessionPointer
from ._session import AuthResult, Session
from ._strings import StringLike, c_string, encode

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    _Arguments = ParamSpec("_Arguments")


class Collection:
    """The calls for one auth collection: ``client.collection("users")``.

    Threads may make concurrent calls. A call returns by its deadline. In the main thread, a signal handler that raises
    ends the call: Ctrl-C raises KeyboardInterrupt. :attr:`aio` has the calls as coroutines. Strings are str, bytes or
    bytearray (UTF-8); the copies of the package are zeroized.

    Every call has the keyword arguments

    * ``body``: extra fields for the request body: a mapping, or a JSON object as a string, up to 64 KiB
    * ``query``: extra query parameters; the server logs them, so they must not contain a secret
    * ``headers``: extra headers; a list sends a header several times
    * ``timeout``: total timeout in seconds, 0.001 to 86400; default: the timeout of the client
    * ``cancel``: a :class:`Cancel` that can cancel the call

    and raises :class:`ClientResponseError`, or TypeError for an argument of the wrong type.
    """

    __slots__ = ("_handle", "_name", "_run")

    def __init__(self, handle: Handle, name: StringLike, run: Callable[[Call[Any]], Any]) -> None:
        """Called by :meth:`BosBase.collection`. ``run`` runs the calls."""
        self._handle = handle
        self._name = name
        self._run = run

    @hides_arguments
    def bind_custom_token(
        self,
        email: StringLike,
        password: StringLike,
        token: StringLike,
        *,
        body: Optional[JsonObject] = None,
        query: Optional[Query] = None,
        headers: Optional[Headers] = None,
        timeout: Optional[float] = None,
        cancel: Optional[Cancel] = None,
    ) -> bool:
        """Binds a token to an account, so that the token alone can log in.

        A token that is bound to another account of the collection moves to this one. The token is a password: generate
        at least 128 random bits (``secrets.token_urlsafe(32)``). The session does not change.

        :param email: 1 to 255 bytes, case-sensitive
        :param password: 1 to 255 bytes
        :param token: 1 to 1024 bytes, not trimmed
        :returns: True
        :raises ClientResponseError: CREDENTIALS, VALIDATION, METHOD_DISABLED, NOT_FOUND, and errors common to all
            calls. If ``outcome_unknown`` is true, the token may be bound; binding can be retried
        """
        return self._change(lib.bosauth_bind_token, email, password, token, body, query, headers, timeout, cancel)

    @hides_arguments
    def unbind_custom_token(
        self,
        email: StringLike,
        password: StringLike,
        token: StringLike,
        *,
        body: Optional[JsonObject] = None,
        query: Optional[Query] = None,
        headers: Optional[Headers] = None,
        timeout: Optional[float] = None,
        cancel: Optional[Cancel] = None,
    ) -> bool:
        """Unbinds a token from an account. Success does not prove that it was bound: the response is the same for a
        token that was never bound or is bound to another account.

        Arguments, result and errors are those of :meth:`bind_custom_token`.
        """
        return self._change(lib.bosauth_unbind_token, email, password, token, body, query, headers, timeout, cancel)

    @hides_arguments
    def auth_with_token(
        self,
        token: StringLike,
        *,
        expand: Optional[str] = None,
        fields: Optional[str] = None,
        auto_refresh_threshold: Optional[int] = None,
        auto_refresh: bool = True,
        body: Optional[JsonObject] = None,
        query: Optional[Query] = None,
        headers: Optional[Headers] = None,
        timeout: Optional[float] = None,
        keep_session: bool = True,
        mfa_id: Optional[StringLike] = None,
        cancel: Optional[Cancel] = None,
    ) -> AuthResult:
        """Logs in with a bound token and makes the session that of the client. An error leaves the session unchanged.

        :param token: 1 to 1024 bytes, not trimmed
        :param expand: relations of the record to include in the response
        :param fields: fields to include in the response; ``token`` and ``record`` are required
        :param auto_refresh_threshold: not supported: any value but None is UNSUPPORTED
        :param auto_refresh: has no effect without a threshold
        :param keep_session: if False, the session of the client does not change
        :param mfa_id: ``mfa_id`` of the MFA_REQUIRED error of the first factor. ``mfaId`` in ``query`` or ``body`` has
            the same effect
        :returns: a dictionary with ``token`` and ``record``
        :raises ClientResponseError: UNKNOWN_TOKEN (never delete the token because of one such error, see
            :attr:`Status.UNKNOWN_TOKEN`), MFA_REQUIRED, FORBIDDEN, NOT_FOUND, and errors common to all calls
        """
        if auto_refresh_threshold is not None:
            message = "refreshing a session is not supported yet"
            raise failure(Status.UNSUPPORTED, Action.FIX_CALL, message, "auto_refresh_threshold")
        if expand is not None or fields is not None:
            query = _with_defaults(query, expand=expand, fields=fields)
        handle = new_handle(cancel)
        options = new_options(body, query, headers, timeout, handle, keep_session, mfa_id)
        name, token_pointer = encode(self._name, "collection"), c_string(token, "token")

        def log_in(options: Optional[Options]) -> AuthResult:
            session, error = SessionPointer(), new_error()
            check(
                lib.bosauth_auth_with_token(
                    self._handle.value, name, token_pointer, options, byref(session), byref(error)
                ),
                error,
            )
            return AuthResult(Session(session))

        result: AuthResult = self._run(Call(options, handle, log_in))
        return result

    def _change(
        self,
        function: Callable[..., int],
        email: StringLike,
        password: StringLike,
        token: StringLike,
        body: Optional[JsonObject],
        query: Optional[Query],
        headers: Optional[Headers],
        timeout: Optional[float],
        cancel: Optional[Cancel],
    ) -> bool:
        strings = {"email": email, "password": password, "token": token}
        handle = new_handle(cancel)
        options = new_options(body, query, headers, timeout, handle)
        name = encode(self._name, "collection")
        pointers = [c_string(value, argument) for argument, value in strings.items()]

        def change_binding(options: Optional[Options]) -> bool:
            error = new_error()
            check(function(self._handle.value, name, *pointers, options, byref(error)), error)
            return True

        result: bool = self._run(Call(options, handle, change_binding))
        return result

    @property
    def aio(self) -> AsyncCollection:
        """The same calls as coroutines."""
        return AsyncCollection(Collection(self._handle, self._name, awaiting))

    if not TYPE_CHECKING:  # Type checkers must report other attributes as errors.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return f"<Collection {self._name!r}>"


def _awaited(
    method: Callable[Concatenate[Collection, _Arguments], Result],
) -> Callable[Concatenate[AsyncCollection, _Arguments], Coroutine[Any, Any, Result]]:
    """Returns the coroutine function of a call. As with :func:`hides_arguments`, its errors have no frames with
    secrets."""

    @functools.wraps(method)
    @without_entry_signals
    async def wrapper(self: AsyncCollection, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Result:
        try:
            try:
                arguments: Any = [kwargs, args]
                args = kwargs = None  # type: ignore[assignment]
                return await cast(
                    "Coroutine[Any, Any, Result]", method(self._calls, *arguments.pop(), **arguments.pop())
                )
            except BaseException as error:
                args = kwargs = arguments = None  # type: ignore[assignment]
                error.__traceback__ = error.__context__ = None
                raise error
        except BaseException as error:
            args = kwargs = arguments = None  # type: ignore[assignment]
            error.__traceback__ = error.__context__ = None
            raise error

    return wrapper


class AsyncCollection:
    """The calls for one auth collection as coroutines: ``await client.collection("users").aio.auth_with_token(…)``.

    Arguments, results and errors are those of :class:`Collection`. Cancelling a task cancels its call and raises
    CancelledError after the call has ended; if the response was accepted before, the call keeps its session. Each call
    in flight has its own thread. RuntimeError is raised if no thread can be started.
    """

    __slots__ = ("_calls",)

    def __init__(self, calls: Collection) -> None:
        """Created by :attr:`Collection.aio`."""
        self._calls = calls

    bind_custom_token = _awaited(Collection.bind_custom_token)
    unbind_custom_token = _awaited(Collection.unbind_custom_token)
    auth_with_token = _awaited(Collection.auth_with_token)

    if not TYPE_CHECKING:  # Type checkers must report other attributes as errors.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return f"<AsyncCollection {self._calls._name!r}>"


def _with_defaults(query: Optional[Query], **defaults: Optional[str]) -> Query:
    """Adds parameters that the query does not contain."""
    return {**{name: value for name, value in defaults.items() if value is not None}, **(query or {})}
