"""Cancellation: what a program gives to its calls, and the part of it that each call has."""

from __future__ import annotations

import weakref
from typing import NoReturn, Optional, Set

from ._library import lib
from ._prototypes import Cancel as Stop


class Cancel:
    """Cancels calls. Give it to them as ``cancel=``: to any number, of any client and thread.

    A call that is cancelled raises CANCELLED. Letting go of a Cancel cancels nothing.
    """

    __slots__ = ("_stops", "_triggered")

    def __init__(self) -> None:
        # A call that has ended leaves it without a step of Python, which a signal could interrupt.
        self._stops: Set[weakref.ref[Stop]] = set()
        self._triggered = False

    def trigger(self) -> None:
        """Cancels the calls that have it, for good. Calls in flight end, unless their response has already been
        accepted; those that begin afterwards send nothing. This does not wait for them. Any thread and any signal
        handler may call it, also more than once.
        """
        # In this order, where `_add` has the reverse, one of the two finds the other. A lock would be a trap: a signal
        # handler may come here while its own thread is in `_add`.
        self._triggered = True
        for reference in self._stops.copy():
            trigger(reference())

    @property
    def triggered(self) -> bool:
        """Whether it has been triggered."""
        return self._triggered

    def _add(self, stop: Stop) -> None:
        self._stops.add(weakref.ref(stop, self._stops.discard))
        if self._triggered:
            trigger(stop)

    def __repr__(self) -> str:
        return f"<Cancel triggered={self._triggered}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Cancel cannot be pickled or copied: it belongs to its process")


def stop_of_call(cancel: Optional[Cancel]) -> Stop:
    """A call's own ``bosauth_cancel``, so that one call can be stopped without the others that share its Cancel."""
    if not isinstance(cancel, (Cancel, type(None))):
        raise TypeError(f"cancel must be a Cancel, not {type(cancel).__name__}")
    stop: Stop = lib.bosauth_cancel_new()
    if cancel is not None:
        cancel._add(stop)
    return stop


def trigger(stop: Optional[Stop]) -> None:
    """Stops a call. One that has ended is left alone."""
    if stop is not None:
        lib.bosauth_cancel_trigger(stop)
