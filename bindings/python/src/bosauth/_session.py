"""Who is logged in: a snapshot, and the dictionary that a login gives."""

from __future__ import annotations

import json
from typing import Any, Dict, NoReturn, Optional, cast

from ._library import lib
from ._prototypes import Session as SessionPointer
from ._text import Text, plain


class Session:
    """Who is logged in, at one moment. It does not change, and any thread may read it.

    It holds the token until nobody refers to it; then the library's copy is wiped. It cannot be pickled.
    """

    __slots__ = ("_pointer", "__weakref__")

    def __init__(self, pointer: SessionPointer) -> None:
        """Takes over a ``bosauth_session``. Programs get sessions from logins and ``auth_store.snapshot()``."""
        self._pointer = pointer

    @property
    def token(self) -> str:
        """The session's token, a JWT."""
        return self._text(lib.bosauth_session_token)

    @property
    def record(self) -> Optional[Dict[str, Any]]:
        """The account's record, new each time; None if the session was saved without one."""
        return cast(Optional[Dict[str, Any]], json.loads(self.record_json or "null"))

    @property
    def record_json(self) -> str:
        """The record as the server sent it; "" if the session was saved without one."""
        return self._text(lib.bosauth_session_record_json)

    @property
    def meta(self) -> Any:
        """What the server added to the login's answer; None if nothing."""
        return json.loads(self.meta_json or "null")

    @property
    def meta_json(self) -> str:
        """What the server added, as it sent it; "" if nothing."""
        return self._text(lib.bosauth_session_meta_json)

    @property
    def expires_at(self) -> Optional[int]:
        """When the token expires, in Unix seconds; None if it does not say."""
        return lib.bosauth_session_expires_at(self._pointer) or None

    def is_valid(self) -> bool:
        """Whether the token is a JWT that has not expired, by this machine's clock."""
        return bool(lib.bosauth_session_is_valid(self._pointer))

    @property
    def is_superuser(self) -> bool:
        """Whether a superuser is logged in."""
        return bool(lib.bosauth_session_is_superuser(self._pointer))

    @property
    def was_kept(self) -> bool:
        """Whether it became the client's session. It did not if ``keep_session`` was False, or if a login, save
        or clear that began later had won already."""
        return bool(lib.bosauth_session_was_kept(self._pointer))

    def field(self, name: Text) -> str:
        """A field of the record: a string as its text, anything else as JSON, "" if there is none."""
        return cast(str, lib.bosauth_session_field(self._pointer, plain(name, "name")).decode("utf-8"))

    def _text(self, accessor: Any) -> str:
        # Not in a variable, which a traceback may show.
        return cast(str, accessor(self._pointer).decode("utf-8"))

    def __repr__(self) -> str:
        return f"<Session of {self.field('id') or 'an account without record'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Session cannot be pickled or copied: it belongs to its process")


class AuthResult(Dict[str, Any]):
    """What a login gives: the official package's dictionary with ``token``, ``record`` and, if the server sent
    it, ``meta``. ``session`` is the same as an object. Its ``repr`` does not show the token."""

    session: Session

    def __init__(self, session: Session) -> None:
        super().__init__(record=session.record, token=session.token)
        if session.meta_json:
            self["meta"] = session.meta
        self.session = session

    def __repr__(self) -> str:
        return repr({**self, "token": "***"})

    def __reduce__(self) -> Any:
        """Pickled and copied as the plain dictionary that it is elsewhere."""
        return dict, (dict(self),)
