"""The client handle that a client, its collections and its auth store share."""

from __future__ import annotations

import weakref
from typing import Any, List, NoReturn, Optional, Set

from ._codes import Action, Status
from ._errors import failure
from ._library import lib
from ._prototypes import Client


class Handle:
    """A ``bosauth_client``, freed when it is closed or no longer referenced. The library validates it on every use.

    It owns the session store and the listeners of the client. ``is_closed`` and ``iterators`` end the iterators over
    the changes of the session.
    """

    __slots__ = ("value", "listeners", "iterators", "is_closed", "_store", "_has_drained", "__weakref__")

    def __init__(self, value: Client, store: Any = None) -> None:
        self.value = value
        self.listeners: List[Any] = []
        # An iterator is removed without running Python bytecode, which a signal could interrupt.
        self.iterators: Set[weakref.ref[Any]] = set()
        self.is_closed = False
        self._store = store
        self._has_drained = False

    def close(self, wait: Optional[int]) -> bool:
        """Closes the client, waits up to ``wait`` milliseconds, and returns whether its calls have ended."""
        status = lib.bosauth_client_close(self.value, 0 if wait is None else wait)
        if status == Status.INVALID_ARGUMENT:
            raise failure(status, Action.FIX_CALL, "wait must be 0.001 to 86400 seconds", "wait")
        if status != Status.INVALID_HANDLE:
            self._has_drained = status == Status.OK
        self.is_closed = True
        for reference in self.iterators.copy():
            iterator = reference()
            if iterator is not None:
                iterator.wake()
        return self._has_drained

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client of bosauth cannot be pickled or copied: create one in each process")
