"""The session of a client, with the names of the official package."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Dict, NoReturn, Optional

from ._errors import check, hides_arguments, new_error
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
        """Removes the session. The server is not notified and accepts the token until it expires."""
        error = new_error()
        check(lib.bosauth_client_clear_session(self._handle.value, ctypes.byref(error)), error)

    if not TYPE_CHECKING:  # Type checkers must report other attributes as errors.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return "<AuthStore>"
