"""The calls to the server, with the official package's words."""

from __future__ import annotations

import ctypes
import functools
from typing import TYPE_CHECKING, Any, Callable, Coroutine, NoReturn, Optional, cast

from ._call import Call, Result, awaiting
from ._cancel import Cancel, stop_of_call
from ._codes import Action, Status
from ._entry import without_signals
from ._errors import check, failure, hides_arguments
from ._handle import Handle
from ._hints import no_attribute
from ._library import lib
from ._options import Headers, JsonObject, Query, call_options
from ._prototypes import Error
from ._prototypes import Session as SessionPointer
from ._session import AuthResult, Session
from ._text import Secret, Text

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    _Given = ParamSpec("_Given")


class Collection:
    """The calls for one auth collection: ``client.collection("users")``.

    Any thread may make calls, also several at once. A call waits at most for its timeout. In the main thread a
    signal handler that raises ends it: Ctrl-C gives KeyboardInterrupt. :attr:`aio` has the calls as coroutines.
    Texts may be str, bytes or bytearray (UTF-8); the copies that are made of them are wiped.

    Every call takes, by name:

    * ``body``: extra members for the request's body: a mapping, or a JSON object as text, up to 64 KiB
    * ``query``: extra query parameters; the server logs them, so put no secret there
    * ``headers``: extra headers; a list sends a header several times
    * ``timeout``: seconds for the whole call, 0.001 to 86400, instead of the client's
    * ``cancel``: a :class:`Cancel` that can stop the call

    and raises :class:`ClientResponseError`, or TypeError for a value of the wrong type.
    """

    __slots__ = ("_handle", "_name", "_run")

    def __init__(self, handle: Handle, name: Text, run: Callable[[Call[Any]], Any]) -> None:
        """Programs get it by :meth:`BosBase.collection`. ``run`` is how its calls are made."""
        self._handle = handle
        self._name = name
        self._run = run

    @hides_arguments
    def bind_custom_token(
        self,
        email: Text,
        password: Text,
        token: Text,
        *,
        body: Optional[JsonObject] = None,
        query: Optional[Query] = None,
        headers: Optional[Headers] = None,
        timeout: Optional[float] = None,
        cancel: Optional[Cancel] = None,
    ) -> bool:
        """Binds a token to an account, so that it logs the account in by itself.

        A token bound to another account of the collection moves to this one. It is itself a password from then
        on: make it of at least 128 random bits (``secrets.token_urlsafe(32)``). The session is not touched.

        :param email: 1 to 255 bytes; upper and lower case differ
        :param password: 1 to 255 bytes
        :param token: 1 to 1024 bytes; never trimmed
        :returns: True
        :raises ClientResponseError: CREDENTIALS, VALIDATION, METHOD_DISABLED, NOT_FOUND and what any call may meet;
            with ``outcome_unknown`` the token may be bound, and binding again is safe
        """
        return self._binding(lib.bosauth_bind_token, email, password, token, body, query, headers, timeout, cancel)

    @hides_arguments
    def unbind_custom_token(
        self,
        email: Text,
        password: Text,
        token: Text,
        *,
        body: Optional[JsonObject] = None,
        query: Optional[Query] = None,
        headers: Optional[Headers] = None,
        timeout: Optional[float] = None,
        cancel: Optional[Cancel] = None,
    ) -> bool:
        """Ends the binding of a token to an account. True does not prove that it was bound: the server answers
        the same for a token that never was, or is another account's.

        Takes, gives and raises what :meth:`bind_custom_token` does.
        """
        return self._binding(lib.bosauth_unbind_token, email, password, token, body, query, headers, timeout, cancel)

    @hides_arguments
    def auth_with_token(
        self,
        token: Text,
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
        mfa_id: Optional[Text] = None,
        cancel: Optional[Cancel] = None,
    ) -> AuthResult:
        """Logs in with a bound token. The session becomes the client's; an error leaves that as it was.

        :param token: 1 to 1024 bytes; never trimmed
        :param expand: relations of the record to send along
        :param fields: which fields to send; ``token`` and ``record`` have to be among them
        :param auto_refresh_threshold: not supported: anything but None is UNSUPPORTED
        :param auto_refresh: has no effect without a threshold
        :param keep_session: False logs in without making it the client's session
        :param mfa_id: ``mfa_id`` of the MFA_REQUIRED error of the first factor; ``mfaId`` in ``query`` or ``body``
            means the same
        :returns: a dictionary with ``token`` and ``record``
        :raises ClientResponseError: UNKNOWN_TOKEN (never delete the token because of one, see
            :attr:`Status.UNKNOWN_TOKEN`), MFA_REQUIRED, FORBIDDEN, NOT_FOUND and what any call may meet
        """
        if auto_refresh_threshold is not None:
            message = "refreshing a session is not supported yet"
            raise failure(Status.UNSUPPORTED, Action.FIX_CALL, message, "auto_refresh_threshold")
        query = _with_defaults(query, expand=expand, fields=fields)
        stop = stop_of_call(cancel)
        options = call_options(body, query, headers, timeout, stop, keep_session, mfa_id)
        name, text = Secret(self._name, "collection"), Secret(token, "token")

        def log_in() -> AuthResult:
            session, error = SessionPointer(), Error()
            given = (self._handle.value, name, text, options, ctypes.byref(session), ctypes.byref(error))
            check(lib.bosauth_auth_with_token(*given), error)
            return AuthResult(Session(session))

        return cast(AuthResult, self._run(Call(stop, options, log_in)))

    def _binding(
        self,
        function: Callable[..., int],
        email: Text,
        password: Text,
        token: Text,
        body: Optional[JsonObject],
        query: Optional[Query],
        headers: Optional[Headers],
        timeout: Optional[float],
        cancel: Optional[Cancel],
    ) -> bool:
        given = {"collection": self._name, "email": email, "password": password, "token": token}
        stop = stop_of_call(cancel)
        options = call_options(body, query, headers, timeout, stop)
        texts = [Secret(text, argument) for argument, text in given.items()]

        def bind() -> bool:
            error = Error()
            check(function(self._handle.value, *texts, options, ctypes.byref(error)), error)
            return True

        return cast(bool, self._run(Call(stop, options, bind)))

    @property
    def aio(self) -> AsyncCollection:
        """The same calls as coroutines."""
        return AsyncCollection(Collection(self._handle, self._name, awaiting))

    if not TYPE_CHECKING:  # For type checkers there is no other attribute.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return f"<Collection {self._name!r}>"


def _awaited(
    method: Callable[Concatenate[Collection, _Given], Result],
) -> Callable[Concatenate[AsyncCollection, _Given], Coroutine[Any, Any, Result]]:
    """The coroutine function of a call. Its errors have no frames with secrets, as with :func:`hides_arguments`."""

    @functools.wraps(method)
    @without_signals
    async def quiet(self: AsyncCollection, /, *args: _Given.args, **kwargs: _Given.kwargs) -> Result:
        try:
            try:
                given: Any = [kwargs, args]
                args = kwargs = None  # type: ignore[assignment]
                return await cast("Coroutine[Any, Any, Result]", method(self._calls, *given.pop(), **given.pop()))
            except BaseException as error:
                args = kwargs = given = None  # type: ignore[assignment]
                error.__traceback__ = error.__context__ = None
                raise error
        except BaseException as error:
            args = kwargs = given = None  # type: ignore[assignment]
            error.__traceback__ = error.__context__ = None
            raise error

    return quiet


class AsyncCollection:
    """The calls for one auth collection as coroutines: ``await client.collection("users").aio.auth_with_token(…)``.

    They take, give and raise what those of :class:`Collection` do. A task that is cancelled stops its call, and the
    cancellation goes on when the call has ended; a call whose answer has already been accepted keeps its session.
    Each call that is under way takes a thread: RuntimeError if the system gives no more of them.
    """

    __slots__ = ("_calls",)

    def __init__(self, calls: Collection) -> None:
        """Programs get it as :attr:`Collection.aio`."""
        self._calls = calls

    bind_custom_token = _awaited(Collection.bind_custom_token)
    unbind_custom_token = _awaited(Collection.unbind_custom_token)
    auth_with_token = _awaited(Collection.auth_with_token)

    if not TYPE_CHECKING:  # For type checkers there is no other attribute.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return f"<AsyncCollection {self._calls._name!r}>"


def _with_defaults(query: Optional[Query], **defaults: Optional[str]) -> Query:
    """The query with these parameters where it does not have them itself."""
    return {**{name: value for name, value in defaults.items() if value is not None}, **(query or {})}
