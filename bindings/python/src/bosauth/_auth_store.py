"""The session that a client holds, with the official package's words."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Dict, NoReturn, Optional

from ._errors import check, hides_arguments
from ._handle import Handle
from ._hints import no_attribute
from ._library import lib
from ._options import JsonObject, to_json
from ._prototypes import Error
from ._prototypes import Session as SessionPointer
from ._session import Session
from ._text import Secret, Text


class AuthStore:
    """The client's session. Each property looks at it anew; use :meth:`snapshot` to read several of one session.

    Any thread may use it. A closed client raises INVALID_HANDLE.
    """

    __slots__ = ("_handle",)

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def snapshot(self) -> Optional[Session]:
        """The session as it is now; None if nobody is logged in."""
        session, error = SessionPointer(), Error()
        check(lib.bosauth_client_session(self._handle.value, ctypes.byref(session), ctypes.byref(error)), error)
        return Session(session) if session else None

    @property
    def token(self) -> str:
        """The token, a JWT; "" if nobody is logged in."""
        session = self.snapshot()
        return session.token if session else ""

    @property
    def record(self) -> Optional[Dict[str, Any]]:
        """The account's record, new each time; None if nobody is logged in, or it was saved without one."""
        session = self.snapshot()
        return session.record if session else None

    def is_valid(self) -> bool:
        """Whether there is a token, a JWT, that has not expired by this machine's clock."""
        session = self.snapshot()
        return session is not None and session.is_valid()

    @property
    def is_superuser(self) -> bool:
        """Whether a superuser is logged in."""
        session = self.snapshot()
        return session is not None and session.is_superuser

    @hides_arguments
    def save(self, token: Text, record: Optional[JsonObject] = None) -> None:
        """Makes a token that was got elsewhere the session.

        :param token: 1 to 8192 bytes of ``A-Z a-z 0-9 . _ ~ + / = -``
        :param record: the account's record, a mapping or a JSON object as text, if there is one
        :raises ClientResponseError: INVALID_ARGUMENT
        """
        text = Secret(token, "token")
        members = None if record is None else Secret(to_json(record, "record"), "record")
        error = Error()
        check(lib.bosauth_client_save_session(self._handle.value, text, members, ctypes.byref(error)), error)

    def clear(self) -> None:
        """Forgets the session. The server is not told: it accepts the token until it expires."""
        error = Error()
        check(lib.bosauth_client_clear_session(self._handle.value, ctypes.byref(error)), error)

    if not TYPE_CHECKING:  # For type checkers there is no other attribute.

        def __getattr__(self, name: str) -> NoReturn:
            raise no_attribute(self, name)

    def __repr__(self) -> str:
        return "<AuthStore>"
