"""A program that interrupts calls at every step, and counts what is left of them: run by test_interrupts.py.

``python interrupted.py steps`` raises KeyboardInterrupt before each instruction of the package in turn, one in each
call. ``python interrupted.py signals`` raises it in a handler of real signals, which come at random from another
process; ``BOSAUTH_TEST_INTERRUPTS`` says how many.
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
from bosauth._library import lib
from bosauth._prototypes import FREE
from support import EMAIL, PASSWORD, URL, WATCHDOG, bound, new_token

PACKAGE = str(Path(bosauth.__file__).parent)

#: Secrets are attributes, so that no frame of this program has them among its variables.
given = type("Given", (), {})()
given.token = bound()
given.unknown, given.password, given.key = (f"canary-{new_token()}" for _ in range(3))
SECRETS = [value for value in vars(given).values()]

#: One instruction of so many is interrupted.
STRIDE = int(os.environ.get("BOSAUTH_TEST_STRIDE", "41"))

# A coroutine that is interrupted before it is awaited.
warnings.simplefilter("ignore", RuntimeWarning)

swallowed = []
sys.unraisablehook = lambda unraisable: swallowed.append(repr(unraisable.exc_value))


class Counts:
    """What is left of calls."""

    def __init__(self):
        gc.collect()
        self.interrupts = self.shown = self.at_entry = 0
        self._owned, self._threads = owned(), threading.active_count()

    def look(self, error):
        """Looks for secrets in the frames of an exception and of those before it."""
        self.interrupts += 1
        for number, frame in enumerate(frames(error)):
            if not frame.f_code.co_filename.startswith(PACKAGE):
                continue
            if not any(secret in shown(value) for value in frame.f_locals.values() for secret in SECRETS):
                continue
            if frame.f_code.co_name == "quiet" and is_at_entry(frame):
                self.at_entry += 1
            else:
                self.shown += 1
                print("shown in", frame, file=sys.stderr)

    def left(self):
        """Handles, threads and swallowed exceptions that are left."""
        wait_for(lambda: threading.active_count() <= self._threads)
        gc.collect()
        leaked = owned() - self._owned
        return f"{leaked} handles, {threading.active_count() - self._threads} threads, {len(swallowed)} swallowed"


def owned():
    """How many objects of the library there are: those that Python owns, and those that the library knows of."""
    gc.collect()
    owners = sum(type(thing) in FREE for thing in gc.get_objects())
    return owners + places(lib.bosauth_cancel_new)


def places(new):
    """How many handles of a kind there are: more than the library has free places are made, and the last says it."""
    many = [new() for _ in range(64)]
    return max(handle.value & 0xFFFFFF for handle in many) + 1 - len(many)


def frames(error):
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
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
    """Whether a function is at the instructions before its `try` blocks hold, at which Python runs no signal handler."""
    entry = ("RESUME", "NOP", "SETUP_FINALLY")
    before = [step.offset for step in dis.get_instructions(frame.f_code) if step.opname in entry]
    return frame.f_lasti in (-1, *before[:3])


def wait_for(holds):
    limit = time.monotonic() + WATCHDOG
    while not holds() and time.monotonic() < limit:
        time.sleep(0.001)


client = BosBase(URL)
users = client.collection("users")
cancel = Cancel()


def make():
    BosBase(URL, headers={"Authorization": given.key}).close()


CALLS = {
    "a client": make,
    "a login": lambda: users.auth_with_token(given.token, cancel=cancel),
    "an unknown token": lambda: users.auth_with_token(given.unknown, headers={"X-Key": given.key}, cancel=cancel),
    "a wrong password": lambda: users.bind_custom_token(EMAIL, given.password, given.unknown),
    "a bad argument": lambda: users.bind_custom_token(EMAIL, given.password, given.unknown + "\0"),
    "a session": lambda: client.auth_store.save(given.key, {"id": "r"}),
    "a snapshot": lambda: client.auth_store.token,
    "a coroutine": lambda: run(users.aio.auth_with_token(given.unknown, cancel=cancel)),
}


def run(coroutine):
    """Runs a coroutine in the loop of this program."""
    return LOOP.run_until_complete(coroutine)


LOOP = asyncio.new_event_loop()


def is_edge_of_handler(frame):
    """Whether the next instruction begins or ends an `except`. No signal handler runs there, and an exception of a tracer would
    break Python 3.11 itself, which would take what was handled for what is being handled from then on."""
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] in ("PUSH_EXC_INFO", "COPY", "POP_EXCEPT", "RERAISE")


class Injector:
    """Raises KeyboardInterrupt before the n-th instruction of the package that is run."""

    def __init__(self, number):
        self.left = number
        self.has_raised = False

    def __call__(self, frame, event, argument):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            if self.left > 0:
                self.left -= 1
            elif not is_edge_of_handler(frame):
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
            counts.look(error)
        sys.settrace(None)
        if ended and not injector.has_raised:
            break
    print(f"{name}: {counts.interrupts} interrupts, {counts.shown} secrets shown, {counts.at_entry} at entry, {counts.left()}")


def steps():
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
    """Interrupts calls by as many real signals as is wanted."""
    wanted = int(os.environ.get("BOSAUTH_TEST_INTERRUPTS", "500"))
    is_calling = False

    def interrupt(*_):
        nonlocal is_calling
        if is_calling:
            is_calling = False
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    faulthandler.dump_traceback_later(WATCHDOG, exit=True)
    counts = Counts()
    calls = [CALLS[name] for name in CALLS if name != "a coroutine"]
    sender = subprocess.Popen([sys.executable, "-c", SENDER, str(os.getpid())])
    try:
        while counts.interrupts < wanted:
            try:
                try:
                    is_calling = True
                    random.choice(calls)()
                    is_calling = False
                except ClientResponseError:
                    is_calling = False
            except KeyboardInterrupt as error:
                counts.look(error)
    finally:
        sender.kill()
        sender.wait()
    print(f"{counts.interrupts} interrupts, {counts.shown} secrets shown, {counts.at_entry} at entry, {counts.left()}")


if __name__ == "__main__":
    {"steps": steps, "signals": signals}[sys.argv[1]]()
