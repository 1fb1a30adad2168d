"""Runs a prepared call: on the calling thread, with signal handlers enabled in the main thread, or on another thread
for a coroutine or greenlet."""

from __future__ import annotations

import sys
import threading
from functools import partial, wraps
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Dict, Generator, Generic, List, Optional, TypeVar, cast

from . import _greenlets, _threads
from ._cancel import trigger
from ._interrupts import without_entry_signals
from ._library import IS_MAIN_INTERPRETER, lib
from ._prototypes import Cancel, Options, WaitHook

if TYPE_CHECKING:
    import asyncio

    from typing_extensions import Concatenate, ParamSpec

    _Arguments = ParamSpec("_Arguments")

Result = TypeVar("Result")


class Call(Generic[Result]):
    """A call that can be run once, on any thread. It owns its arguments: when it is deleted, strings are zeroized and
    the options are freed.

    ``run`` makes the call with options. ``options`` are None if none is set, ``cancel`` is None if the call cannot be
    cancelled.
    """

    __slots__ = ("options", "cancel", "run")

    def __init__(
        self, options: Optional[Options], cancel: Optional[Cancel], run: Callable[[Optional[Options]], Result]
    ) -> None:
        self.options = options
        self.cancel = cancel
        self.run = run

    def make_cancellable(self) -> Cancel:
        """Returns the cancellation handle of the call. Creates it if the call has none."""
        if self.cancel is None:
            self.cancel = lib.bosauth_cancel_new()
            if self.options is None:
                self.options = lib.bosauth_options_new()
            lib.bosauth_options_set_cancel(self.options, self.cancel)
        return self.cancel


class Job(Generic[Result]):
    """A call that runs on another thread than the one that waits for it."""

    __slots__ = ("is_done", "_call", "_cancel", "_owner", "_result", "_error")

    def __init__(self, call: Call[Result]) -> None:
        self.is_done = False
        self._call = call
        self._cancel = call.make_cancellable()
        self._owner: Dict[str, str] = {}
        self._result: Any = None
        self._error: Optional[BaseException] = None

    def run(self) -> None:
        """Runs the call, unless it was cancelled before."""
        if not self._claim("thread"):
            return
        try:
            self._result = self._call.run(self._call.options)
        except BaseException as error:
            self._error = error
        self.is_done = True

    def cancel(self) -> bool:
        """Cancels the call. Returns True if it never starts; otherwise the caller must wait until it is done."""
        trigger(self._cancel)
        return self._claim("waiter")

    def result(self) -> Result:
        """Returns the result of the call, or raises its error."""
        if self._error is not None:
            raise self._error
        result: Result = self._result
        return result

    def guard(self) -> CancelOnDelete:
        """Returns an object that cancels the call when it is deleted."""
        return CancelOnDelete(self._cancel)

    def _claim(self, owner: str) -> bool:
        """Returns whether `owner` is the first to claim the call. Repeated claims of an owner have the same result."""
        return self._owner.setdefault("is", owner) == owner


class CancelOnDelete:
    """Cancels a call when it is deleted. The code that waits for a call on another thread holds one, so that any exit
    from the wait cancels the call, even a signal between two bytecode instructions."""

    __slots__ = ("_trigger",)

    # Runs no Python bytecode, see `_prototypes.finalizer`.
    __del__ = property(attrgetter("_trigger"))

    def __init__(self, cancel: Cancel) -> None:
        self._trigger = partial(lib.bosauth_cancel_trigger, cancel)


def blocking(call: Call[Result]) -> Result:
    """Runs a call and waits for it."""
    runner = _greenlets.runner()
    if runner is not None:
        return _in_greenlet(call, runner)
    # Python runs signal handlers only in the main thread of the main interpreter.
    if threading.get_ident() == threading.main_thread().ident and IS_MAIN_INTERPRETER and not sys.is_finalizing():
        return _with_signals(call)
    return call.run(call.options)


def _with_signals(call: Call[Result]) -> Result:
    """Runs a call during which signal handlers run. An exception of a handler ends the call."""
    try:
        hook = _idle_hooks.pop()
    except IndexError:
        hook = SignalHook()
    try:
        return call.run(hook.added_to(call.options))
    finally:
        hook.check()
        _idle_hooks.append(hook)


class SignalHook:
    """A wait hook that runs signal handlers, for one call at a time. It cannot be used again after one has raised."""

    __slots__ = ("_raised", "_handlers", "_function", "_options")

    def __init__(self) -> None:
        self._raised: List[BaseException] = []
        self._handlers = _signal_handlers(self._raised)
        # Enters its `try`, where a handler may already have raised.
        next(self._handlers)
        self.check()
        # The library passes NULL, which becomes None.
        self._function = WaitHook(self._handlers.send)
        self._options: Options = lib.bosauth_options_new()
        self.added_to(self._options)

    def added_to(self, options: Optional[Options]) -> Options:
        """Sets the hook in options and returns them. Returns options with the hook only for None."""
        if options is None:
            return self._options
        lib.bosauth_options_set_wait_hook(options, self._function, None)
        return options

    def check(self) -> None:
        """Raises the exception of a handler, if there is one."""
        if self._raised:
            # Otherwise the generator would run, and with it signal handlers, when it is deleted.
            self._handlers.close()
            raise self._raised.pop()


#: Hooks that no call uses: one, unless a signal handler makes calls during a call.
_idle_hooks: List[SignalHook] = []


def _signal_handlers(raised: List[BaseException]) -> Generator[int, Any, None]:
    """The function of a hook. Python runs signal handlers when the generator resumes.

    In a plain function, Python would run them before the first line, and ctypes would discard their exceptions. For the
    same reason, nothing is called in the ``except`` block.
    """
    try:
        while True:
            yield 0
    except GeneratorExit:
        return
    except BaseException as error:
        raised += [error]
        yield 1


def _in_greenlet(call: Call[Result], runner: _greenlets.Runner) -> Result:
    """Runs a call on another thread while other greenlets run. An exception in this greenlet cancels the call."""
    job = Job(call)
    guard = job.guard()
    raised: Optional[BaseException] = None
    try:
        runner(job.run)
    except BaseException as error:
        if job.cancel():
            raise
        raised = error
    while not job.is_done:
        try:
            _greenlets.pause()
        except BaseException as error:
            raised = error
    del guard
    if raised is not None:
        raise raised
    return job.result()


async def awaiting(call: Call[Result]) -> Result:
    """Runs a call on another thread and waits for it without blocking the event loop.

    Cancelling the task cancels the call. CancelledError is raised after the call has ended, so that no part of it
    continues in the background.
    """
    # Imported here because it takes longer to import than this package, and a program with coroutines has imported it.
    import asyncio

    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    job = Job(call)
    guard = job.guard()
    thread = _threads.start(job, partial(_notify, loop, done))
    if thread is None:
        raise RuntimeError("cannot start a thread for the call")
    cancelled: Optional[BaseException] = None
    while not done.done():
        try:
            await asyncio.shield(done)
        except BaseException as error:
            if job.cancel() or not isinstance(error, asyncio.CancelledError):
                raise
            cancelled = error
    # The thread is about to exit, and must not outlive its call.
    thread.join()
    del guard
    if cancelled is not None:
        raise cancelled
    return job.result()


def awaited(
    method: Callable[Concatenate[Any, _Arguments], Result],
) -> Callable[Concatenate[Any, _Arguments], Coroutine[Any, Any, Result]]:
    """Returns the coroutine function of a method: its object has the methods that return coroutines as ``_calls``.

    As with :func:`hides_arguments`, its errors have no frames with secrets.
    """

    @wraps(method)
    @without_entry_signals
    async def wrapper(self: Any, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Result:
        try:
            try:
                arguments: Any = [kwargs, args]
                args = kwargs = None  # type: ignore[assignment]
                return await cast(
                    "Coroutine[Any, Any, Result]", method(self._calls, *arguments.pop(), **arguments.pop())
                )
            except BaseException as error:
                args = kwargs = arguments = None  # type: ignore[assignment]
                error.__traceback__ = error.__context__ = None
                raise error
        except BaseException as error:
            args = kwargs = arguments = None  # type: ignore[assignment]
            error.__traceback__ = error.__context__ = None
            raise error

    return wrapper


def _notify(loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]) -> None:
    try:
        loop.call_soon_threadsafe(done.set_result, None)
    except RuntimeError:
        # The loop is closed, so no task waits.
        pass
