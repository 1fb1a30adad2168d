"""Stopping calls: the wish that a program makes known, and the part of it that each call has."""

from __future__ import annotations

from typing import NoReturn, Optional, Set

from ._library import lib


class Cancel:
    """A wish that calls stop. Give it to calls as ``cancel=``: to any number, of any client and thread.

    A call that is stopped raises CANCELLED. Letting go of a Cancel stops nothing.
    """

    __slots__ = ("_stops", "_triggered")

    def __init__(self) -> None:
        self._stops: Set[Stop] = set()
        self._triggered = False

    def trigger(self) -> None:
        """Makes the wish known, for good. Calls under way end, unless their answer has already been accepted; those
        that begin afterwards send nothing. This does not wait for them. Any thread and any signal handler may do it,
        also more than once.
        """
        # In this order, where a Stop has the reverse, one of the two finds the other. A lock would be a trap: a signal
        # handler may come here while its own thread makes a Stop.
        self._triggered = True
        for stop in tuple(self._stops):
            stop.trigger()

    @property
    def triggered(self) -> bool:
        """Whether it has been triggered."""
        return self._triggered

    def __repr__(self) -> str:
        return f"<Cancel triggered={self._triggered}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Cancel cannot be pickled or copied: it belongs to its process")


class Stop:
    """A call's own ``bosauth_cancel`` for as long as the block runs, so that one call can be stopped without the
    others that share its Cancel."""

    __slots__ = ("_wish", "handle")

    def __init__(self, wish: Optional[Cancel]) -> None:
        if not isinstance(wish, (Cancel, type(None))):
            raise TypeError(f"cancel must be a Cancel, not {type(wish).__name__}")
        self._wish = wish
        self.handle: int = 0

    def __enter__(self) -> Stop:
        self.handle = lib.bosauth_cancel_new()
        if self._wish is not None:
            self._wish._stops.add(self)
            if self._wish.triggered:
                self.trigger()
        return self

    def trigger(self) -> None:
        """Stops the call. One that has ended does not mind: the library knows that its handle is gone."""
        lib.bosauth_cancel_trigger(self.handle)

    def __exit__(self, *_: object) -> None:
        if self._wish is not None:
            self._wish._stops.discard(self)
        lib.bosauth_cancel_free(self.handle)
