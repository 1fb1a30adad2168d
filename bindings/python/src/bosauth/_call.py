"""A call of the library from the moment it is ready, and the ways to make it: on the thread that wants it, with an
ear for signals in the main thread, or on another thread for a coroutine or a greenlet."""

from __future__ import annotations

import sys
import threading
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Callable, Dict, Generator, Generic, List, Optional, TypeVar

from . import _greenlets, _threads
from ._cancel import trigger
from ._library import IS_MAIN_INTERPRETER, lib
from ._prototypes import Cancel, Options, WaitHook

if TYPE_CHECKING:
    import asyncio

Result = TypeVar("Result")


class Call(Generic[Result]):
    """A call that is ready to be made once, by any thread. It holds what the library is given: as nobody refers to
    it any more, strings are zeroized and the options are freed."""

    __slots__ = ("stop", "options", "make")

    def __init__(self, stop: Cancel, options: Options, make: Callable[[], Result]) -> None:
        self.stop = stop
        self.options = options
        self.make = make


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
        trigger(self._call.stop)
        return self._belongs_to("waiter")

    def result(self) -> Result:
        """What the call gave, or its error raised."""
        if self._error is not None:
            raise self._error
        result: Result = self._result
        return result

    def stopper(self) -> Stopper:
        """What stops the call at its own end."""
        return Stopper(self._call.stop)

    def _belongs_to(self, who: str) -> bool:
        """Whether the call is this one's to make or to discard: the first to ask has it, however often it asks."""
        return self._owner.setdefault("is", who) == who


class Stopper:
    """Stops a call at its own end. Whoever waits for a call on another thread holds one, so that whatever ends the
    waiting, be it a signal between two steps of Python, ends the call too."""

    __slots__ = ("_trigger",)

    # Without a step of Python, see `_prototypes.at_end`.
    __del__ = property(attrgetter("_trigger"))

    def __init__(self, stop: Cancel) -> None:
        self._trigger = partial(lib.bosauth_cancel_trigger, stop)


def blocking(call: Call[Result]) -> Result:
    """Makes a call and waits for it."""
    run = _greenlets.runner()
    if run is not None:
        return _in_greenlet(call, run)
    # Elsewhere Python runs no signal handlers.
    if threading.get_ident() == threading.main_thread().ident and IS_MAIN_INTERPRETER and not sys.is_finalizing():
        return _with_signals(call)
    return call.make()


def _with_signals(call: Call[Result]) -> Result:
    """Makes a call during which signal handlers run. What one of them raises ends the call."""
    raised: List[BaseException] = []
    handlers = _signal_handlers(raised)
    # Past its first line, before which nothing is caught.
    next(handlers)
    # The library passes NULL to it, which is None.
    hook = WaitHook(handlers.send)
    lib.bosauth_options_set_wait_hook(call.options, hook, None)
    try:
        return call.make()
    finally:
        handlers.close()
        if raised:
            raise raised.pop()


def _signal_handlers(raised: List[BaseException]) -> Generator[int, Any, None]:
    """The wait hook. Python runs signal handlers as it goes on here.

    A function would not do: Python would run them before its first line, and what is raised there is lost in ctypes.
    For the same reason nothing is called after ``except``.
    """
    try:
        while True:
            yield 0
    except GeneratorExit:
        return
    except BaseException as error:
        raised += [error]
        yield 1


def _in_greenlet(call: Call[Result], run: _greenlets.Runner) -> Result:
    """Has another thread make a call while other greenlets run. What is raised here meanwhile stops the call."""
    job = Job(call)
    stopper = job.stopper()
    raised: Optional[BaseException] = None
    try:
        run(job.run)
    except BaseException as error:
        if job.stop():
            raise
        raised = error
    while not job.is_over:
        try:
            _greenlets.pause()
        except BaseException as error:
            raised = error
    del stopper
    if raised is not None:
        raise raised
    return job.result()


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
    stopper = job.stopper()
    thread = _threads.start(job, partial(_tell, loop, over))
    if thread is None:
        raise RuntimeError("there is no thread left for another call")
    cancelled: Optional[BaseException] = None
    while not over.done():
        try:
            await asyncio.shield(over)
        except BaseException as error:
            if job.stop() or not isinstance(error, asyncio.CancelledError):
                raise
            cancelled = error
    # It has nothing more to do, and no thread is to outlive its call.
    thread.join()
    del stopper
    if cancelled is not None:
        raise cancelled
    return job.result()


def _tell(loop: asyncio.AbstractEventLoop, over: asyncio.Future[None]) -> None:
    try:
        loop.call_soon_threadsafe(over.set_result, None)
    except RuntimeError:
        # The loop is closed: nobody waits any more.
        pass
