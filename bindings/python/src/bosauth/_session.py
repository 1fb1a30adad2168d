"""Session snapshots, and the result of a login."""

from __future__ import annotations

import json
from typing import Any, Dict, NoReturn, Optional, cast

from ._codes import Status
from ._errors import to_enum
from ._library import lib
from ._prototypes import Session as SessionPointer
from ._strings import StringLike, encode

#: Decodes the JSON at the start of a string.
_decode = json.JSONDecoder().raw_decode


def decoded(string: bytes) -> Any:
    """Decodes JSON that the library has checked; None for ""."""
    return _decode(string.decode("utf-8").lstrip())[0] if string else None


class Session:
    """An immutable snapshot of a session. Any thread may read it.

    The library's copy of the token is zeroized when the snapshot is deleted. It cannot be pickled.
    """

    __slots__ = ("_pointer", "__weakref__")

    def __init__(self, pointer: SessionPointer) -> None:
        """Takes ownership of a ``bosauth_session``. Logins and ``auth_store.snapshot()`` return sessions."""
        self._pointer = pointer

    @property
    def token(self) -> str:
        """The session token, a JWT."""
        return self._string(lib.bosauth_session_token)

    @property
    def record(self) -> Optional[Dict[str, Any]]:
        """A new dictionary with the record of the account; None if the session was saved without one."""
        return cast("Optional[Dict[str, Any]]", decoded(lib.bosauth_session_record_json(self._pointer)))

    @property
    def record_json(self) -> str:
        """The record as JSON, as the server sent it; "" if the session was saved without one."""
        return self._string(lib.bosauth_session_record_json)

    @property
    def meta(self) -> Any:
        """The ``meta`` value of the login response; None if there is none."""
        return decoded(lib.bosauth_session_meta_json(self._pointer))

    @property
    def meta_json(self) -> str:
        """The ``meta`` value as JSON, as the server sent it; "" if there is none."""
        return self._string(lib.bosauth_session_meta_json)

    @property
    def expires_at(self) -> Optional[int]:
        """The expiry of the token in Unix seconds; None if the token has none."""
        return lib.bosauth_session_expires_at(self._pointer) or None

    def is_valid(self) -> bool:
        """Returns whether the token is a JWT that has not expired: by the server's clock, if the client had received a
        response with a Date and without an Age header when this session was returned, otherwise by the local clock.
        The server's clock is accurate to the round trip of the newest such response or to 1 second, whichever is
        longer. Setting the local clock does not change it, and it continues while the device is suspended."""
        return bool(lib.bosauth_session_is_valid(self._pointer))

    @property
    def is_superuser(self) -> bool:
        """Whether the account is a superuser."""
        return bool(lib.bosauth_session_is_superuser(self._pointer))

    @property
    def was_kept(self) -> bool:
        """Whether it became the session of the client. It did not if ``keep_session`` was False or a later login, save
        or clear had completed."""
        return bool(lib.bosauth_session_was_kept(self._pointer))

    @property
    def store_status(self) -> Status:
        """OK: it is stored, or the client has neither session file nor store. STORE or STORE_UNAVAILABLE: the write
        failed; the next change of the session or :meth:`AuthStore.sync` writes it."""
        status = lib.bosauth_session_store_status(self._pointer)
        return cast(Status, to_enum(Status, status, status))

    def export(self) -> str:
        """Returns the session as a string, for :meth:`AuthStore.import_session`. It contains the token."""
        return self._string(lib.bosauth_session_export)

    def field(self, name: StringLike) -> str:
        """Returns a field of the record: the value of a string, other values as JSON; "" if there is no such field."""
        return cast(str, lib.bosauth_session_field(self._pointer, encode(name, "name")).decode("utf-8"))

    def _string(self, accessor: Any) -> str:
        # Not assigned to a variable, which a traceback may show.
        return cast(str, accessor(self._pointer).decode("utf-8"))

    def __repr__(self) -> str:
        return f"<Session of {self.field('id') or 'an account without record'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Session cannot be pickled or copied: it belongs to its process")


class AuthResult(Dict[str, Any]):
    """The result of a login: the dictionary of the official package with ``token``, ``record`` and, if the server sent
    it, ``meta``. The attribute ``session`` is the session. The ``repr`` redacts the token."""

    session: Session

    def __init__(self, session: Session) -> None:
        # Without the properties of the session: this runs in each login.
        pointer = session._pointer
        self["record"] = decoded(lib.bosauth_session_record_json(pointer))
        self["token"] = lib.bosauth_session_token(pointer).decode("ascii")
        meta = lib.bosauth_session_meta_json(pointer)
        if meta:
            self["meta"] = decoded(meta)
        self.session = session

    def __repr__(self) -> str:
        return repr({**self, "token": "***"})

    def __reduce__(self) -> Any:
        """Pickles and copies as a plain dictionary, as in the official package."""
        return dict, (dict(self),)
