"""Exceptions of session stores and listeners.

The library calls stores and listeners, and ctypes discards exceptions of a callback. Those that a call must raise are
therefore kept by thread until the call of the library has returned.
"""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Dict, Generator, List, Optional, Tuple

_PACKAGE = os.path.dirname(__file__)

#: Identifies a thread. Not looked up at each use: gevent replaces it.
thread_id = threading.get_ident

#: The exceptions of callbacks, by the thread that is inside of a call of the library.
pending: Dict[int, List[BaseException]] = {}


def keep(error: BaseException) -> None:
    """Keeps an exception for the call of this thread."""
    pending.setdefault(thread_id(), []).append(strip(error))


def strip(error: BaseException) -> BaseException:
    """Removes the outer frames of this package, which contain the session, and returns the exception."""
    step: Optional[BaseException] = error
    while step is not None:
        traceback = step.__traceback__
        while traceback is not None and os.path.dirname(traceback.tb_frame.f_code.co_filename) == _PACKAGE:
            traceback = traceback.tb_next
        step.__traceback__ = traceback
        step = step.__context__
    return error


def take() -> Tuple[List[BaseException], List[BaseException]]:
    """Takes the exceptions of this thread: those like KeyboardInterrupt, which a call raises, and the others."""
    errors = pending.pop(thread_id(), [])
    fatal = [error for error in errors if not isinstance(error, Exception)]
    return fatal, [error for error in errors if isinstance(error, Exception)]


def report(error: BaseException) -> None:
    """Passes an exception to ``sys.unraisablehook``, as ctypes does with exceptions of a callback."""
    # A generator that has not started raises it without running Python bytecode, which a signal could interrupt.
    ctypes.PYFUNCTYPE(None, ctypes.py_object)(bosauth_callback().throw)(error)


def bosauth_callback() -> Generator[None, None, None]:
    """Shown as the source of the exception."""
    yield
