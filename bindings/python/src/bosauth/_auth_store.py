"""The session of a client, with the names of the official package."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Callable, Dict, NoReturn, Optional

from ._changes import Changes, Listener, SessionChange
from ._codes import Action, Status
from ._errors import check, failure, hides_arguments, new_error
from ._handle import Handle
from ._hints import no_attribute
from ._json import JsonObject, c_json
from ._library import lib
from ._prototypes import Session as SessionPointer
from ._session import Session
from ._strings import StringLike, c_string


class AuthStore:
    """The session of a client. Each property reads the current session; use :meth:`snapshot` to read several properties
    of the same one.

    Any thread may use it. If the client is closed, INVALID_HANDLE is raised.

    With a session file or store, the first use of the session reads it there. If that fails, the properties and
    :meth:`snapshot` raise STORE, STORE_UNAVAILABLE or STORE_CORRUPT, and the next use tries again. A change of the
    session is written before the call returns; if the write fails, the session is that of the client nevertheless, see
    :attr:`store_status`. Only :meth:`clear` and :meth:`sync` raise the error of a write.
    """

    __slots__ = ("_handle",)

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def snapshot(self) -> Optional[Session]:
        """Returns the current session, or None if there is none."""
        session, error = SessionPointer(), new_error()
        check(lib.bosauth_client_session(self._handle.value, ctypes.byref(session), ctypes.byref(error)), error)
        return Session(session) if session else None

    @property
    def token(self) -> str:
        """The session token, a JWT; "" if there is no session."""
        session = self.snapshot()
        return session.token if session else ""

    @property
    def record(self) -> Optional[Dict[str, Any]]:
        """A new dictionary with the record of the account; None if there is no session or it was saved without a
        record."""
        session = self.snapshot()
        return session.record if session else None

    def is_valid(self) -> bool:
        """Returns whether the token is a JWT that has not expired: by the server's clock, once the client has received
        a response with a Date and without an Age header, otherwise by the local clock (:meth:`Session.is_valid`)."""
        session = self.snapshot()
        return session is not None and session.is_valid()

    @property
    def is_superuser(self) -> bool:
        """Whether the account is a superuser."""
        session = self.snapshot()
        return session is not None and session.is_superuser

    @property
    def store_status(self) -> Status:
        """Whether the session is stored, see :attr:`Session.store_status`. OK if there is no session."""
        session = self.snapshot()
        return session.store_status if session else Status.OK

    @property
    def generation(self) -> int:
        """The number of changes of the session since the client was created. Reads no session file or store."""
        generation = ctypes.c_uint64()
        status = lib.bosauth_client_generation(self._handle.value, ctypes.byref(generation))
        if status:
            raise failure(status, Action.FIX_CALL, "the client is closed", "client")
        return generation.value

    @hides_arguments
    def save(self, token: StringLike, record: Optional[JsonObject] = None) -> None:
        """Makes a token the session of the client.

        :param token: 1 to 8192 bytes of ``A-Z a-z 0-9 . _ ~ + / = -``
        :param record: the record of the account: a mapping, or a JSON object as a string
        :raises ClientResponseError: INVALID_ARGUMENT
        """
        token_pointer = c_string(token, "token")
        record_pointer = None if record is None else c_json(record, "record", with_none=True)
        error = new_error()
        status = lib.bosauth_client_save_session(self._handle.value, token_pointer, record_pointer, ctypes.byref(error))
        check(status, error)

    def clear(self) -> None:
        """Removes the session. The server is not notified and accepts the token until it expires.

        :raises ClientResponseError: STORE or STORE_UNAVAILABLE: the session file or store still has the session. The
            client has none any more; call it again, or :meth:`sync`
        """
        error = new_error()
        check(lib.bosauth_client_clear_session(self._handle.value, ctypes.byref(error)), error)

    def export_session(self) -> Optional[str]:
        """Returns the session as a string, for :meth:`import_session`; None if there is none. It contains the token:
        treat it like a password."""
        session = self.snapshot()
        return session.export() if session else None

    @hides_arguments
    def import_session(self, text: StringLike) -> None:
        """Makes an exported session that of the client. Sends nothing.

        :param text: from :meth:`export_session`, up to 4 MiB and 64 KiB. It may come from another language
        :raises ClientResponseError: INVALID_ARGUMENT: it is not a session, is one of another server, or has a newer
            version of the format
        """
        pointer, error = c_string(text, "text"), new_error()
        check(lib.bosauth_client_import_session(self._handle.value, pointer, ctypes.byref(error)), error)

    def sync(self) -> None:
        """Writes a session that has not been stored, then reads what another process has stored, which becomes the
        session of the client. Has no effect without a session file or store.

        :raises ClientResponseError: STORE, STORE_UNAVAILABLE or STORE_CORRUPT. The session does not change
        """
        error = new_error()
        check(lib.bosauth_client_sync_session(self._handle.value, ctypes.byref(error)), error)

    def on_change(
        self, callback: Callable[[str, Optional[Dict[str, Any]]], object], *, fire_immediately: bool = False
    ) -> Callable[[], None]:
        """Adds a listener that is called with token and record after each change of the session; with "" and None if
        there is none any more. :meth:`subscribe` passes more.

        Listeners are called one at a time, in the order of the changes, on a thread that is inside of a call of the
        client, usually the one that made the change. They may use the client; a change in a listener is passed on after
        it has returned. Exceptions are passed to ``sys.unraisablehook``, except that KeyboardInterrupt and SystemExit
        are raised by the call. None is called after the client was closed.

        :param fire_immediately: whether to call it now as well, with the current session
        :returns: a function that removes it. It may be called in the listener, and repeatedly
        """
        listener = self._add(lambda change: callback(change.token, change.record), callback)
        if fire_immediately:
            try:
                session = self.snapshot()
            except BaseException:
                listener.remove()
                raise
            callback(session.token if session else "", session.record if session else None)
        return listener.remove

    def add_listener(self, callback: Callable[[str, Optional[Dict[str, Any]]], object]) -> None:
        """Adds a listener as :meth:`on_change` does."""
        self.on_change(callback)

    def remove_listener(self, callback: Callable[..., object]) -> None:
        """Removes a listener by its function. Has no effect if there is none."""
        for listener in self._handle.listeners[:]:
            if listener.callback == callback:
                listener.remove()
                return

    def subscribe(self, callback: Callable[[SessionChange], object]) -> Callable[[], None]:
        """Adds a listener as :meth:`on_change` does, which is called with a :class:`SessionChange`."""
        return self._add(callback, callback).remove

    def changes(self) -> Changes:
        """Returns an asynchronous iterator over the changes from now on. It ends when the client is closed::

            async for change in client.auth_store.changes():
                print(change.kind, change.record)

        Must be called in a coroutine. Changes on other threads are included.
        """
        return Changes(self._handle)

    def _add(self, function: Callable[[SessionChange], object], callback: object) -> Listener:
        listener = Listener(self._handle, function, callback)
        self._handle.listeners.append(listener)
        return listener

    if not TYPE_CHECKING:  # Type checkers must report other attributes as errors.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return "<AuthStore>"
