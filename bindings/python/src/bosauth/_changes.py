"""Changes of the session, and their listeners."""

from __future__ import annotations

import weakref
from collections import deque
from ctypes import byref
from enum import IntEnum
from typing import Any, AsyncIterator, Callable, Deque, Dict, NamedTuple, NoReturn, Optional, cast

from ._callbacks import CHANGED, add_client, register
from ._errors import check, new_error, to_enum
from ._handle import Handle
from ._library import lib
from ._prototypes import NO_RELEASE
from ._prototypes import Listener as ListenerHandle
from ._session import decoded


class ChangeKind(IntEnum):
    """What changed the session."""

    LOGIN = 1
    REFRESH = 2
    #: :meth:`AuthStore.save`.
    SAVE = 3
    #: :meth:`AuthStore.clear`.
    CLEAR = 4
    #: :meth:`AuthStore.import_session`.
    IMPORT = 5
    #: It was read from the session file or store, or has been removed there.
    LOAD = 6


class SessionChange(NamedTuple):
    """A change of the session. The ``repr`` does not contain the token."""

    kind: ChangeKind
    #: :attr:`AuthStore.generation` after the change.
    generation: int
    #: The new token; "" if there is no session any more.
    token: str
    #: A new dictionary with the record; None if there is no session or it was saved without a record.
    record: Optional[Dict[str, Any]]

    def __repr__(self) -> str:
        return f"<SessionChange {getattr(self.kind, 'name', self.kind)} {self.generation}>"


class Listener:
    """A listener of a client. It is removed when it is deleted."""

    __slots__ = ("callback", "_function", "_handle", "_owned", "__weakref__")

    def __init__(self, handle: Handle, function: Callable[[SessionChange], object], callback: object) -> None:
        """``callback`` is the function of the program, which ``function`` calls."""
        self.callback = callback
        self._function = function
        self._handle = weakref.ref(handle)
        self._owned = ListenerHandle()
        error, key = new_error(), register(self)
        add = lib.bosauth_client_add_listener
        check(add(handle.value, CHANGED, key, NO_RELEASE, byref(self._owned), byref(error)), error)
        add_client(handle)

    def changed(self, kind: int, generation: int, session: Any) -> None:
        """Called by the library. ``session`` is NULL if there is none."""
        token, record = "", None
        if session:
            token = lib.bosauth_session_token(session).decode("ascii")
            record = decoded(lib.bosauth_session_record_json(session))
        self._function(SessionChange(cast(ChangeKind, to_enum(ChangeKind, kind, kind)), generation, token, record))

    def remove(self) -> None:
        """Removes the listener. Removing it again has no effect."""
        lib.bosauth_listener_free(self._owned)
        handle = self._handle()
        if handle is not None and self in handle.listeners:
            handle.listeners.remove(self)


class Changes(AsyncIterator[SessionChange]):
    """The changes of a session, from the creation of the iterator until the client is closed. None is omitted.

    It belongs to the event loop in which it was created. The changes may be made by any thread.
    """

    __slots__ = ("_changes", "_handle", "_listener", "_loop", "_wakeup", "__weakref__")

    def __init__(self, handle: Handle) -> None:
        """Created by :meth:`AuthStore.changes`."""
        # Imported here because it takes longer to import than this package.
        import asyncio

        self._changes: Deque[SessionChange] = deque()
        self._handle = handle
        self._loop = asyncio.get_running_loop()
        self._wakeup = asyncio.Event()
        handle.iterators.add(weakref.ref(self, handle.iterators.discard))
        # Does not reference the iterator, which removes the listener when it is deleted.
        self._listener: Optional[Listener] = Listener(handle, _appender(self._changes, self._loop, self._wakeup), None)

    async def __anext__(self) -> SessionChange:
        while not self._changes:
            if self._listener is None or self._handle.is_closed:
                raise StopAsyncIteration
            self._wakeup.clear()
            await self._wakeup.wait()
        return self._changes.popleft()

    async def aclose(self) -> None:
        """Ends the iteration."""
        if self._listener is not None:
            self._listener.remove()
            self._listener = None
        self._changes.clear()
        self._wakeup.set()

    def wake(self) -> None:
        """Resumes the iteration after the client was closed."""
        _call_soon(self._loop, self._wakeup)

    def __reduce__(self) -> NoReturn:
        raise TypeError("an iterator of bosauth cannot be pickled or copied: it belongs to its event loop")


def _appender(changes: Deque[SessionChange], loop: Any, wakeup: Any) -> Callable[[SessionChange], None]:
    """Returns a listener that appends changes and wakes their iterator."""

    def append(change: SessionChange) -> None:
        changes.append(change)
        _call_soon(loop, wakeup)

    return append


def _call_soon(loop: Any, wakeup: Any) -> None:
    try:
        loop.call_soon_threadsafe(wakeup.set)
    except RuntimeError:
        # The loop is closed, so nothing iterates.
        pass
