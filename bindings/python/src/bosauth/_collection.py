"""The calls to the server, with the names of the official package."""

from __future__ import annotations

from ctypes import byref
from typing import TYPE_CHECKING, Any, Callable, Dict, NoReturn, Optional, Tuple, cast

from ._auth_store import AuthStore
from ._call import Call, awaited, awaiting
from ._cancel import Cancel, new_handle
from ._codes import Action, Status
from ._errors import ClientResponseError, check, failure, hides_arguments, new_error
from ._handle import Handle
from ._hints import no_attribute
from ._json import JsonObject
from ._library import lib
from ._options import Headers, Query, new_options
from ._prototypes import Options, String
from ._prototypes import Session as SessionPointer
from ._session import AuthResult, Session
from ._strings import StringLike, c_string, encode


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
        self._name = encode(name, "collection")
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
        at least 128 random bits (:func:`generate_token`). The session does not change.

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
            raise _no_auto_refresh()
        strings = (self._name, c_string(token, "token"))
        return self._log_in(
            lib.bosauth_auth_with_token,
            strings,
            expand,
            fields,
            body,
            query,
            headers,
            timeout,
            keep_session,
            mfa_id,
            cancel,
        )

    @hides_arguments
    def auth_with_password(
        self,
        identity: StringLike,
        password: StringLike,
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
        """Logs in with a password, as :meth:`auth_with_token` does with a token. The call is not retried.

        :param identity: the email, or another field of the account that the collection allows; 1 to 255 bytes
        :param password: 1 to 255 bytes
        :raises ClientResponseError: CREDENTIALS, VALIDATION, METHOD_DISABLED, and those of :meth:`auth_with_token`
            except UNKNOWN_TOKEN
        """
        if auto_refresh_threshold is not None:
            raise _no_auto_refresh()
        strings = (self._name, c_string(identity, "identity"), c_string(password, "password"))
        return self._log_in(
            lib.bosauth_auth_with_password,
            strings,
            expand,
            fields,
            body,
            query,
            headers,
            timeout,
            keep_session,
            mfa_id,
            cancel,
        )

    @hides_arguments
    def request_otp(
        self,
        email: StringLike,
        *,
        body: Optional[JsonObject] = None,
        query: Optional[Query] = None,
        headers: Optional[Headers] = None,
        timeout: Optional[float] = None,
        cancel: Optional[Cancel] = None,
    ) -> Dict[str, Any]:
        """Requests a one-time password, which the server mails to the user. The call is not retried.

        Success does not prove that the account exists: the server also returns an id for an unknown email.

        :param email: 1 to 255 bytes
        :returns: a dictionary with ``otpId``, for :meth:`auth_with_otp`
        :raises ClientResponseError: VALIDATION, METHOD_DISABLED, NOT_FOUND, and errors common to all calls. If
            ``outcome_unknown`` is true, the mail may have been sent
        """
        email_pointer = c_string(email, "email")
        handle = new_handle(cancel)
        options = new_options(body, query, headers, timeout, handle)

        def request(options: Optional[Options]) -> Dict[str, Any]:
            otp_id, error = String(), new_error()
            check(
                lib.bosauth_request_otp(
                    self._handle.value, self._name, email_pointer, options, byref(otp_id), byref(error)
                ),
                error,
            )
            return {"otpId": lib.bosauth_string_data(otp_id).decode("ascii")}

        result: Dict[str, Any] = self._run(Call(options, handle, request))
        return result

    @hides_arguments
    def auth_with_otp(
        self,
        otp_id: StringLike,
        password: StringLike,
        *,
        expand: Optional[str] = None,
        fields: Optional[str] = None,
        body: Optional[JsonObject] = None,
        query: Optional[Query] = None,
        headers: Optional[Headers] = None,
        timeout: Optional[float] = None,
        keep_session: bool = True,
        mfa_id: Optional[StringLike] = None,
        cancel: Optional[Cancel] = None,
    ) -> AuthResult:
        """Logs in with a one-time password, as :meth:`auth_with_token` does with a token. The call is not retried.

        :param otp_id: ``otpId`` from :meth:`request_otp`
        :param password: the one-time password that the user received; 1 to 71 bytes
        :raises ClientResponseError: OTP_INVALID (the one-time password is wrong, expired or was tried too often),
            VALIDATION, METHOD_DISABLED, and those of :meth:`auth_with_token` except UNKNOWN_TOKEN
        """
        strings = (self._name, c_string(otp_id, "otp_id"), c_string(password, "password"))
        return self._log_in(
            lib.bosauth_auth_with_otp,
            strings,
            expand,
            fields,
            body,
            query,
            headers,
            timeout,
            keep_session,
            mfa_id,
            cancel,
        )

    @hides_arguments
    def auth_refresh(
        self,
        *,
        expand: Optional[str] = None,
        fields: Optional[str] = None,
        body: Optional[JsonObject] = None,
        query: Optional[Query] = None,
        headers: Optional[Headers] = None,
        timeout: Optional[float] = None,
        keep_session: bool = True,
        cancel: Optional[Cancel] = None,
    ) -> AuthResult:
        """Checks the session of the client with the server and updates its record. An error leaves it unchanged.

        The collection must be that of the session. The server returns the token unchanged. From the second refresh of a
        token on, the record may be up to 30 minutes old; for a current one, use :meth:`BosBase.send` with the path
        "/api/collections/{collection}/records/{id}".

        :param keep_session: if False, the session of the client does not change
        :returns: a dictionary with ``token`` and ``record``
        :raises ClientResponseError: NO_SESSION (nothing is sent), UNAUTHORIZED (log in again), FORBIDDEN, NOT_FOUND,
            and errors common to all calls
        """
        return self._log_in(
            self._refresh, (), expand, fields, body, query, headers, timeout, keep_session, None, cancel
        )

    def _refresh(self, *arguments: Any) -> int:
        """Checks the session first, on the thread of the call: it may be read from a file or store."""
        self._check_session()
        return cast(int, lib.bosauth_auth_refresh(*arguments))

    def _log_in(
        self,
        function: Callable[..., int],
        strings: Tuple[Any, ...],
        expand: Optional[str],
        fields: Optional[str],
        body: Optional[JsonObject],
        query: Optional[Query],
        headers: Optional[Headers],
        timeout: Optional[float],
        keep_session: bool,
        mfa_id: Optional[StringLike],
        cancel: Optional[Cancel],
    ) -> AuthResult:
        if expand is not None or fields is not None:
            query = _with_defaults(query, expand=expand, fields=fields)
        handle = new_handle(cancel)
        options = new_options(body, query, headers, timeout, handle, keep_session, mfa_id)

        def log_in(options: Optional[Options]) -> AuthResult:
            session, error = SessionPointer(), new_error()
            check(function(self._handle.value, *strings, options, byref(session), byref(error)), error)
            return AuthResult(Session(session))

        result: AuthResult = self._run(Call(options, handle, log_in))
        return result

    def _check_session(self) -> None:
        """Rejects a session of another collection, unless its record lacks the name or the id of its collection."""
        session = AuthStore(self._handle).snapshot()
        names = [session.field(name) for name in ("collectionId", "collectionName")] if session else [""]
        # Names of collections are not case-sensitive.
        if all(names) and self._name.lower() not in (name.lower().encode("utf-8") for name in names):
            message = "collection must be that of the session"
            raise failure(Status.INVALID_ARGUMENT, Action.FIX_CALL, message, "collection")

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
        pointers = (c_string(email, "email"), c_string(password, "password"), c_string(token, "token"))
        handle = new_handle(cancel)
        options = new_options(body, query, headers, timeout, handle)

        def change_binding(options: Optional[Options]) -> bool:
            error = new_error()
            check(function(self._handle.value, self._name, *pointers, options, byref(error)), error)
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
        return f"<Collection {self._shown_name!r}>"

    @property
    def _shown_name(self) -> str:
        return self._name.decode("utf-8", "replace")


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

    bind_custom_token = awaited(Collection.bind_custom_token)
    unbind_custom_token = awaited(Collection.unbind_custom_token)
    auth_with_token = awaited(Collection.auth_with_token)
    auth_with_password = awaited(Collection.auth_with_password)
    request_otp = awaited(Collection.request_otp)
    auth_with_otp = awaited(Collection.auth_with_otp)
    auth_refresh = awaited(Collection.auth_refresh)

    if not TYPE_CHECKING:  # Type checkers must report other attributes as errors.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return f"<AsyncCollection {self._calls._shown_name!r}>"


def _no_auto_refresh() -> ClientResponseError:
    message = "automatic refresh of a session is not supported: use auth_refresh()"
    return failure(Status.UNSUPPORTED, Action.FIX_CALL, message, "auto_refresh_threshold")


def _with_defaults(query: Optional[Query], **defaults: Optional[str]) -> Query:
    """Adds parameters that the query does not contain."""
    return {**{name: value for name, value in defaults.items() if value is not None}, **(query or {})}
