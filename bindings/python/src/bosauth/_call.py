"""A call of the library from the moment it is made ready, and the ways to make it: on the thread that wants it, in
the main thread with an ear for signals, or for a coroutine."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Callable, Dict, Generic, Optional, TypeVar

from . import _threads
from ._cancel import Stop

if TYPE_CHECKING:
    import asyncio

Result = TypeVar("Result")

#: Seconds between two looks at signals that came to another thread, or on a system where nothing ends a wait.
LOOK = 0.2


class Call(Generic[Result]):
    """A call that is ready to be made by any thread. It owns what the library is given, and is used up by one use."""

    __slots__ = ("stop", "_owned", "_work")

    def __init__(self, stop: Stop, owned: ExitStack, work: Callable[[], Result]) -> None:
        """Takes over what is owned: texts to wipe, options to free, ``stop`` among them."""
        self.stop = stop
        self._owned = owned.pop_all()
        self._work = work

    def make(self) -> Result:
        """Makes it."""
        with self._owned:
            return self._work()

    def discard(self) -> None:
        """Lets go of it unmade."""
        self._owned.close()


class Job(Generic[Result]):
    """A call that another thread makes for the one that waits."""

    __slots__ = ("is_over", "_call", "_owner", "_result", "_error")

    def __init__(self, call: Call[Result]) -> None:
        self.is_over = False
        self._call = call
        self._owner: Dict[str, str] = {}
        self._result: Any = None
        self._error: Optional[BaseException] = None

    def run(self) -> None:
        """Makes the call, unless the one that waits has taken it back."""
        if not self._belongs_to("thread"):
            return
        try:
            self._result = self._call.make()
        except BaseException as error:
            self._error = error
        self.is_over = True

    def stop(self) -> bool:
        """Stops the call. Whether it never began and never will; else there is still its end to wait for."""
        self._call.stop.trigger()
        if not self._belongs_to("waiter"):
            return False
        self._call.discard()
        return True

    def result(self) -> Result:
        """What the call gave, or its error raised."""
        if self._error is not None:
            raise self._error
        result: Result = self._result
        return result

    def _belongs_to(self, who: str) -> bool:
        """Whether the call is this one's to make or to discard: the first to ask has it, however often it asks."""
        return self._owner.setdefault("is", who) == who


def blocking(call: Call[Result]) -> Result:
    """Makes a call and waits for it.

    Python runs signal handlers in the main thread alone, and only between two steps of Python. So there another
    thread makes the call and this one waits for it. The call belongs to that thread: whenever a handler raises,
    nothing is freed that the library still uses.
    """
    if threading.get_ident() != threading.main_thread().ident or sys.is_finalizing():
        return call.make()
    over = threading.Lock()
    over.acquire()
    job = Job(call)
    try:
        if not _threads.start(job.run, over.release):
            return call.make()
        _wait(job, over)
    except BaseException:
        _end(job, over)
        raise
    return job.result()


def _wait(job: Job[Any], over: threading.Lock) -> None:
    # Looked at before the lock, which a wait that was interrupted at its last step has acquired already.
    while not job.is_over:
        over.acquire(timeout=LOOK)


def _end(job: Job[Any], over: threading.Lock) -> None:
    """Stops a job and waits until it is over. What is raised meanwhile, such as by a second Ctrl-C, comes after it."""
    raised: Optional[BaseException] = None
    while True:
        try:
            if not job.stop():
                _wait(job, over)
            break
        except BaseException as error:
            raised = error
    if raised is not None:
        raise raised


async def awaiting(call: Call[Result]) -> Result:
    """Makes a call on another thread and waits for it without holding up the loop.

    A task that is cancelled stops the call. The cancellation goes on when the call has ended, so that nothing of it
    runs on behind the task's back.
    """
    # It takes longer to import than this package, and who awaits something has it already.
    import asyncio

    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    job = Job(call)
    if not _threads.start(job.run, lambda: _tell(loop, over)):
        call.discard()
        raise RuntimeError("there is no thread left for another call")
    cancelled: Optional[BaseException] = None
    while not over.done():
        try:
            await asyncio.shield(over)
        except BaseException as error:
            if job.stop() or not isinstance(error, asyncio.CancelledError):
                raise
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return job.result()


def _tell(loop: asyncio.AbstractEventLoop, over: asyncio.Future[None]) -> None:
    try:
        loop.call_soon_threadsafe(over.set_result, None)
    except RuntimeError:
        # The loop is closed: nobody waits any more.
        pass
