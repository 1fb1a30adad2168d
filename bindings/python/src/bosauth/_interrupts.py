"""Disables signal handlers at the entry of functions whose arguments are secrets.

CPython 3.11 and later run signal handlers when a function starts, before its first line. The traceback of an exception
raised there has a frame that contains the arguments, and no ``try`` of the function catches it. CPython does not run
handlers if the argument of the instruction RESUME states that the function resumes after an ``await``. Before 3.11,
handlers never run ahead of a leading ``try``.
"""

from __future__ import annotations

import opcode
import sys
from types import CodeType, FunctionType
from typing import Any, Callable, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])

#: Arguments of RESUME: at function start, and after an ``await``.
_AT_START, _AFTER_AWAIT = 0, 3


def without_entry_signals(function: _Function) -> _Function:
    """Changes a function so that no signal handler runs at its entry. Its whole body must be inside a ``try``."""
    if sys.implementation.name == "cpython" and (3, 11) <= sys.version_info < (3, 15):
        cast(FunctionType, function).__code__ = _resumed(cast(FunctionType, function).__code__)
    return function


def _resumed(code: CodeType) -> CodeType:
    instructions = bytearray(code.co_code)
    # An instruction is an opcode and an argument.
    argument = 2 * instructions[::2].index(opcode.opmap["RESUME"]) + 1
    if instructions[argument] != _AT_START:
        return code
    instructions[argument] = _AFTER_AWAIT
    return code.replace(co_code=bytes(instructions))
