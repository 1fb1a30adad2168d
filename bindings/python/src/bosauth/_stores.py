"""Session stores: objects in which a session outlives the process."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Protocol, Union, cast

from ._callbacks import LOAD, SAVE, register
from ._errors import hides_arguments
from ._library import lib
from ._prototypes import NO_RELEASE, Config
from ._strings import StringLike, encode


class SessionStore(Protocol):
    """An object that stores the session of a client as one string, which contains the token: treat it like a password.

    The functions are called one at a time, on the thread of a call of the client. They may use the client: it then has
    the session in memory, and a change is stored after they have returned.

    An exception makes the call fail: with STORE_UNAVAILABLE for :class:`StoreUnavailable`, otherwise with STORE. It is
    the ``__cause__`` of the error. If the call succeeds nevertheless, as a login does, it is passed to
    ``sys.unraisablehook``.
    """

    def load(self) -> Optional[str]:
        """Returns the stored string, or None if there is none."""

    def save(self, text: Optional[str], /) -> None:
        """Stores a string in place of what is stored, or removes that for None."""


class OfficialAuthStore(Protocol):
    """An auth store of the official package, such as ``bosbase.auth.LocalAuthStore``."""

    @property
    def token(self) -> str:
        """The token, or ""."""

    @property
    def record(self) -> Optional[Dict[str, Any]]:
        """The record."""

    def save(self, token: str, record: Optional[Dict[str, Any]], /) -> None:
        """Stores a session."""

    def clear(self) -> None:
        """Removes the session."""


#: A value of the argument ``session_store``.
AnyStore = Union[SessionStore, OfficialAuthStore]


class Store:
    """Receives the calls of the library for a store."""

    __slots__ = ("load", "save", "__weakref__")

    def __init__(self, store: SessionStore) -> None:
        self.load = store.load
        self.save = store.save

    def add_to(self, config: Config) -> None:
        """Makes it the store of a client."""
        lib.bosauth_config_set_session_store(config, LOAD, SAVE, register(self), NO_RELEASE)


def new_store(store: AnyStore, base_url: StringLike) -> Store:
    """Creates the receiver for an argument ``session_store``."""
    if _has(store, "load", "save"):
        return Store(cast(SessionStore, store))
    if _has(store, "save", "clear") and hasattr(store, "token"):
        return Store(OfficialStore(cast(OfficialAuthStore, store), encode(base_url, "base_url")))
    raise TypeError(
        "session_store must be an object with load() and save(text), or an auth store of the official package, "
        f"not {type(store).__name__}"
    )


def _has(store: object, *methods: str) -> bool:
    return all(callable(getattr(store, name, None)) for name in methods)


class OfficialStore:
    """A store in an auth store of the official package."""

    __slots__ = ("_store", "_base_url", "_text")

    def __init__(self, store: OfficialAuthStore, base_url: bytes) -> None:
        self._store = store
        self._base_url = base_url
        #: The last string that was saved.
        self._text = ""

    @hides_arguments
    def load(self) -> Optional[str]:
        """Converts token and record."""
        token, record = self._store.token, self._store.record
        if not token:
            return None
        saved = json.loads(self._text or "{}")
        if (saved.get("token"), saved.get("record")) != (token, record):
            # A program of the official package has changed it.
            self._text = _text(self._base_url, token, record)
        return self._text

    @hides_arguments
    def save(self, text: Optional[str]) -> None:
        """Saves token and record."""
        self._text = text or ""
        if text is None:
            self._store.clear()
        else:
            session = json.loads(text)
            self._store.save(session["token"], session.get("record"))


def _text(base_url: bytes, token: str, record: Optional[Dict[str, Any]]) -> str:
    fields = {"bosauth": 1, "baseUrl": base_url.decode("ascii"), "token": token}
    if record is not None:
        fields["record"] = record
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
