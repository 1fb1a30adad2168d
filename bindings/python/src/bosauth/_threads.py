"""Threads of the package's own, on which calls are made for those who cannot wait in them."""

from __future__ import annotations

import os
import threading
from queue import Empty, SimpleQueue
from typing import Callable, Tuple

#: Threads that stay for the next call when they have nothing to do.
KEPT = 4

# Not a lock: who waits here may be interrupted at any step, and a signal handler may come here too. What is lost then
# is a place in `_idle`; its thread still takes work.
_work: SimpleQueue[Tuple[Callable[[], None], Callable[[], None]]]
_idle: SimpleQueue[None]


def start(work: Callable[[], None], tell: Callable[[], None]) -> bool:
    """Has a thread do the work and tell of its end; neither may raise. False if there is no thread for it: then
    nothing is done."""
    try:
        _idle.get_nowait()
    except Empty:
        try:
            # The process ends without waiting for it.
            threading.Thread(target=_run, name="bosauth", daemon=True).start()
        except RuntimeError:
            return False
    _work.put((work, tell))
    return True


def _run() -> None:
    stays = True
    while stays:
        work, tell = _work.get()
        work()
        stays = _idle.qsize() < KEPT
        if stays:
            # Before it tells, so that the next call of whoever is told finds it.
            _idle.put(None)
        tell()
        # What they hold is not to live until there is something to do again.
        del work, tell


def _forget() -> None:
    """A process begins without threads, and so does a child of a fork."""
    global _work, _idle
    _work, _idle = SimpleQueue(), SimpleQueue()


_forget()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
