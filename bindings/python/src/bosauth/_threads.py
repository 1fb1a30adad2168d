"""Threads that make calls for coroutines, one for each call.

They are not daemon threads: some subinterpreters do not allow these, and none may outlive a subinterpreter. So that
they do not delay the exit of the interpreter, it cancels the calls that no thread waits for.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any, Callable, Optional, Set

if TYPE_CHECKING:
    from ._call import Job


class Work:
    """A job in flight, and the thread that waits for it."""

    __slots__ = ("_job", "_notify", "_waiter", "_is_abandoned", "__weakref__")

    def __init__(self, job: Job[Any], notify: Callable[[], None]) -> None:
        self._job = job
        self._notify = notify
        self._waiter = threading.current_thread()
        self._is_abandoned = False

    def run(self) -> None:
        """Runs the job and notifies the waiting thread."""
        self._job.run()
        if not self._is_abandoned:
            self._notify()

    def abandon(self) -> None:
        """Cancels the job if the interpreter exits without joining the waiting thread."""
        waiter = self._waiter
        if waiter.daemon or waiter is threading.main_thread() or not waiter.is_alive():
            self._is_abandoned = True
            self._job.cancel()


_in_flight: Set[weakref.ref[Work]] = set()
_is_exiting = False
_is_registered = False


def start(job: Job[Any], notify: Callable[[], None]) -> Optional[threading.Thread]:
    """Starts a thread that runs the job and then calls ``notify``. The caller must join it.

    Returns None, without running the job, if no thread can be started.
    """
    work = Work(job, notify)
    # A completed job is removed without running Python bytecode, which a signal could interrupt.
    _in_flight.add(weakref.ref(work, _in_flight.discard))
    if _is_exiting and threading.current_thread().daemon:
        return None
    thread = threading.Thread(target=work.run, name="bosauth", daemon=False)
    try:
        _register()
        thread.start()
    except RuntimeError:
        return None
    return thread


def _register() -> None:
    """Registers `_at_exit` to run before the interpreter joins threads. ``atexit`` handlers run after that."""
    global _is_registered
    if not _is_registered:
        register: Callable[[Callable[[], None]], None] = getattr(threading, "_register_atexit")
        register(_at_exit)
        _is_registered = True


def _at_exit() -> None:
    global _is_exiting
    _is_exiting = True
    for reference in _in_flight.copy():
        work = reference()
        if work is not None:
            work.abandon()
