"""Cancellation: the public Cancel, and the cancellation handle of each call."""

from __future__ import annotations

import weakref
from typing import NoReturn, Optional, Set

from ._library import lib
from ._prototypes import Cancel as Handle


class Cancel:
    """Cancels calls. Pass it to any number of calls, of any client and thread, as ``cancel=``.

    A call that is cancelled raises CANCELLED. Deleting a Cancel cancels nothing.
    """

    __slots__ = ("_handles", "_triggered")

    def __init__(self) -> None:
        # The handle of a completed call is removed without running Python bytecode, which a signal could interrupt.
        self._handles: Set[weakref.ref[Handle]] = set()
        self._triggered = False

    def trigger(self) -> None:
        """Cancels the calls that use it. Calls in flight fail, unless their response has been accepted; calls that
        start later fail and send nothing.

        Does not wait for the calls. May be called from any thread and signal handler, and repeatedly.
        """
        # `_add` has the reverse order, so one of the two finds the other. A lock could deadlock: a signal handler may
        # call this while its thread is in `_add`.
        self._triggered = True
        for reference in self._handles.copy():
            trigger(reference())

    @property
    def triggered(self) -> bool:
        """Whether :meth:`trigger` was called."""
        return self._triggered

    def _add(self, handle: Handle) -> None:
        self._handles.add(weakref.ref(handle, self._handles.discard))
        if self._triggered:
            trigger(handle)

    def __repr__(self) -> str:
        return f"<Cancel triggered={self._triggered}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Cancel cannot be pickled or copied: it belongs to its process")


def new_handle(cancel: Optional[Cancel]) -> Optional[Handle]:
    """Creates the ``bosauth_cancel`` of one call, so that it can be cancelled without others that share its Cancel.
    Returns None without a Cancel."""
    if cancel is None:
        return None
    if not isinstance(cancel, Cancel):
        raise TypeError(f"cancel must be a Cancel, not {type(cancel).__name__}")
    handle: Handle = lib.bosauth_cancel_new()
    cancel._add(handle)
    return handle


def trigger(handle: Optional[Handle]) -> None:
    """Cancels a call. Has no effect if the call has completed."""
    if handle is not None:
        lib.bosauth_cancel_trigger(handle)
