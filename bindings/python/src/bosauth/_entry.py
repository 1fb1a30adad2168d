"""The first instruction of functions that are given secrets.

CPython 3.11 and later runs signal handlers as a function begins, before its first line. What they raise there has a
traceback with a frame that holds the arguments, and no ``try`` of the function is reached. CPython does not do so where
the instruction RESUME says that the function goes on after an ``await``. Before 3.11 nothing is run ahead of a ``try``.
"""

from __future__ import annotations

import dis
import sys
from types import CodeType, FunctionType
from typing import Any, Callable, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])

#: What RESUME says: a function begins; it goes on after an ``await``.
_BEGINS, _AFTER_AWAIT = 0, 3


def without_signals(function: _Function) -> _Function:
    """The function, at whose first instruction no signal handler runs. Everything in it is to be in a ``try``."""
    if sys.implementation.name == "cpython" and (3, 11) <= sys.version_info < (3, 15):
        cast(FunctionType, function).__code__ = _going_on(cast(FunctionType, function).__code__)
    return function


def _going_on(code: CodeType) -> CodeType:
    resume = next(step for step in dis.get_instructions(code) if step.opname == "RESUME")
    if resume.arg != _BEGINS:
        return code
    instructions = bytearray(code.co_code)
    instructions[resume.offset + 1] = _AFTER_AWAIT
    return code.replace(co_code=bytes(instructions))
