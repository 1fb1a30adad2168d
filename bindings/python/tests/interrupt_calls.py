"""Interrupts calls at every point and counts leaks: run by test_interrupts.py.

``python interrupt_calls.py steps`` raises KeyboardInterrupt before each instruction of the package in turn, once per
call. ``python interrupt_calls.py signals`` raises it in a signal handler, for signals that another process sends at
random times; ``BOSAUTH_TEST_INTERRUPTS`` is their number.
"""

import asyncio
import dis
import faulthandler
import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import bosauth
from bosauth import BosBase, Cancel, ClientResponseError
from bosauth._call import _idle_hooks
from bosauth._errors import _unused
from bosauth._library import lib
from bosauth._prototypes import FREE
from support import EMAIL, PASSWORD, URL, WATCHDOG, bound_token, new_token

PACKAGE = str(Path(bosauth.__file__).parent)

#: Secrets are attributes, so that no frame of this program contains them in a variable.
arguments = type("Arguments", (), {})()
arguments.token = bound_token()
arguments.unknown, arguments.password, arguments.key = (f"canary-{new_token()}" for _ in range(3))
SECRETS = [value for value in vars(arguments).values()]

#: Every STRIDE-th instruction is interrupted.
STRIDE = int(os.environ.get("BOSAUTH_TEST_STRIDE", "41"))

# For coroutines that are interrupted before they are awaited.
warnings.simplefilter("ignore", RuntimeWarning)

unraisable = []
# Runs no bytecode, which a signal could interrupt.
sys.unraisablehook = unraisable.append


class Counts:
    """Counts interrupts, secrets shown and leaks."""

    def __init__(self):
        gc.collect()
        self.interrupts = self.shown = self.at_entry = 0
        self._owned, self._threads = owned(), threading.active_count()

    def inspect(self, error):
        """Searches for secrets in the frames of an exception and of its context."""
        self.interrupts += 1
        for number, frame in enumerate(frames(error)):
            if not frame.f_code.co_filename.startswith(PACKAGE):
                continue
            if not any(secret in shown(value) for value in frame.f_locals.values() for secret in SECRETS):
                continue
            if frame.f_code.co_name == "wrapper" and is_at_entry(frame):
                self.at_entry += 1
            else:
                self.shown += 1
                print("shown in", frame, file=sys.stderr)

    def leaks(self):
        """Returns the numbers of leaked handles and threads and of swallowed exceptions."""
        wait_for(lambda: threading.active_count() <= self._threads)
        # The session store fails.
        swallowed = sum(not isinstance(raised.exc_value, bosauth.StoreUnavailable) for raised in unraisable)
        unraisable.clear()
        gc.collect()
        leaked = owned() - self._owned
        return f"{leaked} handles, {threading.active_count() - self._threads} threads, {swallowed} swallowed"


def owned():
    """Counts the objects of the library: owners in Python, and handles in the library. Those that the package keeps for
    reuse do not count: each idle hook has its options."""
    gc.collect()
    owners = sum(type(instance) in FREE for instance in gc.get_objects()) - len(_unused) - len(_idle_hooks)
    return owners + live_handles(lib.bosauth_cancel_new)


def live_handles(new):
    """Counts live handles: creates more than the table has free slots, so that the last index is the count."""
    handles = [new() for _ in range(64)]
    return max(handle.value & 0xFFFFFF for handle in handles) + 1 - len(handles)


def frames(error):
    visited = set()
    while error is not None and id(error) not in visited:
        visited.add(id(error))
        step = error.__traceback__
        while step is not None:
            yield step.tb_frame
            step = step.tb_next
        error = error.__context__


def shown(value):
    try:
        return repr(value)
    except Exception:
        return ""


def is_at_entry(frame):
    """Returns whether a function is before its `try` blocks, where Python runs no signal handler."""
    entry = ("RESUME", "NOP", "SETUP_FINALLY")
    before = [step.offset for step in dis.get_instructions(frame.f_code) if step.opname in entry]
    return frame.f_lasti in (-1, *before[:3])


def wait_for(condition):
    limit = time.monotonic() + WATCHDOG
    while not condition() and time.monotonic() < limit:
        time.sleep(0.001)


client = BosBase(URL)
client.auth_store.add_listener(lambda token, record: None)
users, guarded = client.collection("users"), client.collection("guarded")
cancel = Cancel()


def new_client():
    BosBase(URL, headers={"Authorization": arguments.key}).close()


class Store:
    """A session store that fails every other time."""

    fails = False

    def load(self):
        self.fails = not self.fails
        if self.fails:
            raise bosauth.StoreUnavailable

    def save(self, text):
        self.load()


def changed(change):
    """A listener that makes a call."""
    if not change.token:
        stored.auth_store.save(arguments.key)


stored = BosBase(URL, session_store=Store())
stored.auth_store.subscribe(changed)


def ignore(token, record):
    """A listener."""


def listen():
    """Adds and removes a listener. An interrupt may leave it registered."""
    try:
        client.auth_store.on_change(ignore)()
    finally:
        client.auth_store.remove_listener(ignore)


CALLS = {
    "client": new_client,
    "login": lambda: users.auth_with_token(arguments.token, cancel=cancel),
    "unknown token": lambda: users.auth_with_token(arguments.unknown, headers={"X-Key": arguments.key}, cancel=cancel),
    "wrong password": lambda: users.bind_custom_token(EMAIL, arguments.password, arguments.unknown),
    "invalid argument": lambda: users.bind_custom_token(EMAIL, arguments.password, arguments.unknown + "\0"),
    "password": lambda: users.auth_with_password(EMAIL, arguments.password, mfa_id="m"),
    "otp": lambda: guarded.request_otp(arguments.key),
    "refresh": lambda: users.auth_refresh(headers={"X-Key": arguments.key}, cancel=cancel),
    "request": lambda: client.send("/x", method="POST", body={"password": arguments.password}, cancel=cancel),
    "response": lambda: client.send("/api/health"),
    "session": lambda: client.auth_store.save(arguments.key, {"id": "r"}),
    "export": lambda: client.auth_store.import_session(client.auth_store.export_session() or "{}"),
    "store": stored.auth_store.clear,
    "sync": stored.auth_store.sync,
    "listener": listen,
    "changes": lambda: run(changes()),
    "snapshot": lambda: client.auth_store.token,
    "coroutine": lambda: run(users.aio.auth_with_token(arguments.unknown, cancel=cancel)),
}


async def changes():
    """Iterates until the first change."""
    iterator = client.auth_store.changes()
    client.auth_store.save(arguments.key)
    await iterator.__anext__()
    await iterator.aclose()


def run(coroutine):
    """Runs a coroutine in the event loop of this program."""
    return LOOP.run_until_complete(coroutine)


LOOP = asyncio.new_event_loop()


def is_edge_of_handler(frame):
    """Returns whether the next instruction starts or ends an `except` block. No signal handler runs there, and an
    exception of a tracer would corrupt the exception state of Python 3.11."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] in ("PUSH_EXC_INFO", "COPY", "POP_EXCEPT", "RERAISE")


def is_outside_of_try(frame):
    """Returns whether a function that C calls is before or after its `try` blocks, where Python runs no signal handler.
    The exception of a tracer would be discarded there."""
    if frame.f_code.co_name != "callback":
        return False
    if sys.version_info < (3, 11):
        return True
    entries = dis.Bytecode(frame.f_code).exception_entries
    return not any(entry.start <= frame.f_lasti < entry.end for entry in entries)


class Injector:
    """Raises KeyboardInterrupt before the n-th executed instruction of the package."""

    def __init__(self, number):
        self.remaining = number
        self.has_raised = False

    def __call__(self, frame, event, argument):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            if self.remaining > 0:
                self.remaining -= 1
            elif not is_edge_of_handler(frame) and not is_outside_of_try(frame):
                sys.settrace(None)
                self.has_raised = True
                raise KeyboardInterrupt
        return self


def at_every_step(name):
    """Interrupts a call before each of its instructions in turn."""
    call, counts = CALLS[name], Counts()
    for number in range(0, 100_000, STRIDE):
        injector = Injector(number)
        sys.settrace(injector)
        try:
            call()
            ended = True
        except ClientResponseError:
            ended = True
        except KeyboardInterrupt as error:
            ended = False
            sys.settrace(None)
            counts.inspect(error)
        sys.settrace(None)
        if ended and not injector.has_raised:
            break
    print(f"{name}: {counts.interrupts} interrupts, {counts.shown} secrets shown, {counts.at_entry} at entry, {counts.leaks()}")


def steps():
    # Python 3.12 enables opcode events for tracers that are set after the first frame has requested them.
    sys._getframe().f_trace_opcodes = True
    for name in CALLS:
        at_every_step(name)


SENDER = """if True:
    import os, random, signal, sys, time
    target = int(sys.argv[1])
    while os.getppid() == target:
        time.sleep(random.random() * 0.002)
        os.kill(target, signal.SIGINT)
"""


def signals():
    """Interrupts calls by signals."""
    required = int(os.environ.get("BOSAUTH_TEST_INTERRUPTS", "500"))
    is_calling = False

    def interrupt(*_):
        nonlocal is_calling
        if is_calling:
            is_calling = False
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    faulthandler.dump_traceback_later(WATCHDOG, exit=True)
    counts = Counts()
    calls = [CALLS[name] for name in CALLS if name not in ("coroutine", "changes")]
    sender = subprocess.Popen([sys.executable, "-c", SENDER, str(os.getpid())])
    try:
        while counts.interrupts < required:
            try:
                try:
                    is_calling = True
                    random.choice(calls)()
                    is_calling = False
                except ClientResponseError:
                    is_calling = False
            except KeyboardInterrupt as error:
                counts.inspect(error)
    finally:
        sender.kill()
        sender.wait()
    print(f"{counts.interrupts} interrupts, {counts.shown} secrets shown, {counts.at_entry} at entry, {counts.leaks()}")


if __name__ == "__main__":
    {"steps": steps, "signals": signals}[sys.argv[1]]()
