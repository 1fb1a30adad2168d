"""Threads of the package's own, on which calls are made for coroutines: one for each call.

They are not daemons: some subinterpreters allow none, and none may be left at the end of a subinterpreter. So that
they do not delay the end, it stops the calls of threads that are not waited for.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any, Callable, Optional, Set

if TYPE_CHECKING:
    from ._call import Job


class Work:
    """A job in flight, and the thread that waits for it."""

    __slots__ = ("_job", "_tell", "_waiter", "_is_abandoned", "__weakref__")

    def __init__(self, job: Job[Any], tell: Callable[[], None]) -> None:
        self._job = job
        self._tell = tell
        self._waiter = threading.current_thread()
        self._is_abandoned = False

    def run(self) -> None:
        """Does the job and tells of its end."""
        self._job.run()
        if not self._is_abandoned:
            self._tell()

    def end(self) -> None:
        """Stops the job if the interpreter ends without the thread that waits."""
        waiter = self._waiter
        if waiter.daemon or waiter is threading.main_thread() or not waiter.is_alive():
            self._is_abandoned = True
            self._job.stop()


_in_flight: Set[weakref.ref[Work]] = set()
_ends = False
_is_registered = False


def start(job: Job[Any], tell: Callable[[], None]) -> Optional[threading.Thread]:
    """Has a thread do the job and tell of its end, after which it is to be joined. None if there is no thread for it:
    then nothing is done."""
    work = Work(job, tell)
    # A job that is over leaves it without a step of Python, which a signal could interrupt.
    _in_flight.add(weakref.ref(work, _in_flight.discard))
    if _ends and threading.current_thread().daemon:
        return None
    thread = threading.Thread(target=work.run, name="bosauth", daemon=False)
    try:
        _register()
        thread.start()
    except RuntimeError:
        return None
    return thread


def _register() -> None:
    """Has the interpreter call `_end` when it ends, before it waits for threads: ``atexit`` would be too late."""
    global _is_registered
    if not _is_registered:
        register: Callable[[Callable[[], None]], None] = getattr(threading, "_register_atexit")
        register(_end)
        _is_registered = True


def _end() -> None:
    global _ends
    _ends = True
    for reference in _in_flight.copy():
        work = reference()
        if work is not None:
            work.end()
