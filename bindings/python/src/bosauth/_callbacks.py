"""Functions that the library calls: those of session stores, and listeners.

Each kind has one function, which is never deleted. Its ``user_data`` is a key of the object that receives the call. The
client owns that object, so both can be collected, also in a reference cycle.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import threading
import weakref
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Set

from ._codes import Action, Status
from ._errors import failure
from ._failures import keep, pending, report, strip, thread_id
from ._interrupts import without_entry_signals
from ._library import IS_MAIN_INTERPRETER, lib
from ._prototypes import Changed, StoreLoad, StoreSave
from ._strings import c_bytes

if TYPE_CHECKING:
    from ._handle import Handle
    from ._strings import StringLike

#: The maximum time in milliseconds that the interpreter waits for calls when it exits.
_EXIT_WAIT = 1000


class StoreUnavailable(Exception):
    """Raised by a session store that cannot be used at the moment, such as a locked keyring.

    The call that needs the store fails with STORE_UNAVAILABLE. Nothing is lost: a later call tries again.
    """


#: The stores and listeners by key.
_receivers: Dict[int, weakref.ref[Any]] = {}
_keys = itertools.count(1)

#: The clients with a store or listener.
_clients: Set[weakref.ref[Handle]] = set()


def register(receiver: object) -> int:
    """Returns the ``user_data`` of a store or listener.

    The library is given no function to release it: that would need the GIL on the thread that ends the last call of a
    client, which may be a daemon thread after the exit of the interpreter.
    """
    if not IS_MAIN_INTERPRETER:
        message = "session stores and listeners are not supported in subinterpreters: use session_file and sync()"
        raise failure(Status.UNSUPPORTED, Action.FIX_CALL, message)
    key = next(_keys)
    # A deleted one is removed without running Python bytecode, which a signal could interrupt: the reference becomes
    # the default of `pop`.
    _receivers[key] = weakref.ref(receiver, functools.partial(_receivers.pop, key))
    return key


def add_client(handle: Handle) -> None:
    """Adds a client with a store or listener to those that are closed when the interpreter exits."""
    _clients.add(weakref.ref(handle, _clients.discard))


# Registered first, so that it runs after the exit handlers of the program.
@atexit.register
def _at_exit() -> None:
    """Closes the clients if other threads may be inside of a call.

    A daemon thread ends as soon as it needs the GIL after the exit of the interpreter. Inside of a callback, that would
    abort the process.
    """
    main = threading.main_thread()
    if any(thread.daemon for thread in threading.enumerate() if thread is not main):
        for reference in _clients.copy():
            handle = reference()
            if handle is not None:
                handle.close(_EXIT_WAIT)


def _callback(prototype: Any) -> Callable[[Callable[..., Any]], Any]:
    """Returns a decorator for a function that the library calls.

    Its exceptions are kept for the call in which it runs: ctypes would discard them.
    """

    def decorated(function: Callable[..., Any]) -> Any:
        # A signal handler may raise between any two instructions: there are two `try` blocks, as in `hides_arguments`.
        @without_entry_signals
        def callback(key: int, *arguments: Any) -> Any:
            try:
                try:
                    return function(key, *arguments)
                except BaseException as error:
                    keep(error)
                    return _status(error)
            except BaseException as error:
                keep(error)
                return Status.STORE.value

        return prototype(functools.wraps(function)(callback))

    return decorated


def _status(error: BaseException) -> int:
    return (Status.STORE_UNAVAILABLE if isinstance(error, StoreUnavailable) else Status.STORE).value


def _receiver(key: int) -> Any:
    reference = _receivers.get(key)
    return reference and reference()


def _store(key: int) -> Any:
    store = _receiver(key)
    if store is None:
        # The garbage collector has cleared the reference, and runs a destructor that uses the client.
        raise StoreUnavailable("the client is being deleted")
    return store


@_callback(StoreLoad)
def LOAD(key: int, string: Any) -> int:
    """``bosauth_store_load_fn``."""
    text: StringLike = _store(key).load()
    if not text:
        return Status.OK.value
    if not isinstance(text, (str, bytes, bytearray)):
        raise TypeError(f"load() of a session store must return str or None, not {type(text).__name__}")
    pointer, length = c_bytes(text, "session")
    if lib.bosauth_string_set(string, pointer, length):
        raise ValueError("load() of a session store returned a string that is too long, contains NUL or is not UTF-8")
    return Status.OK.value


@_callback(StoreSave)
def SAVE(key: int, session: Any) -> int:
    """``bosauth_store_save_fn``."""
    _store(key).save(session and session.decode("utf-8"))
    return Status.OK.value


@_callback(Changed)
def CHANGED(key: int, client: int, kind: int, generation: int, session: Any) -> None:
    """``bosauth_change_fn``. There is no listener if it was removed on another thread, or as in `_store`."""
    receiver = _receiver(key)
    if receiver is None:
        return
    # Calls of the listener must not raise the exceptions of the call that it runs in.
    thread = thread_id()
    outer: List[BaseException] = pending.pop(thread, [])
    try:
        receiver.changed(kind, generation, session)
    except Exception as error:
        report(strip(error))
    finally:
        if outer:
            pending[thread] = outer + pending.pop(thread, [])
