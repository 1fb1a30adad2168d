"""Support for gevent and eventlet, which replace the parts of ``threading``. A blocking call would block all greenlets,
so it runs on a thread of their thread pool.

Neither package is imported unless the program has imported it.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Callable, Optional

#: Runs a function on another thread and waits for it while other greenlets run.
Runner = Callable[[Callable[[], None]], Any]


def runner() -> Optional[Runner]:
    """Returns a runner for calls, or None if ``threading`` is not patched."""
    if "gevent" not in sys.modules and "eventlet" not in sys.modules:
        return None
    if _has_gevent():
        return _run_in_gevent
    if _has_eventlet():
        return _run_in_eventlet
    return None


def pause() -> None:
    """Lets other greenlets run for a moment."""
    sleep: Any = sys.modules["gevent"].sleep if _has_gevent() else sys.modules["eventlet"].sleep
    sleep(0.001)


def _has_gevent() -> bool:
    monkey: Any = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def _has_eventlet() -> bool:
    patcher: Any = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("thread"))


def _run_in_gevent(work: Callable[[], None]) -> None:
    gevent: Any = sys.modules["gevent"]
    gevent.get_hub().threadpool.spawn(work).get()


def _run_in_eventlet(work: Callable[[], None]) -> None:
    # The import initializes its thread pool.
    tpool: Any = importlib.import_module("eventlet.tpool")
    tpool.execute(work)
