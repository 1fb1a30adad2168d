"""Calls under gevent and eventlet: ``python greenlets.py gevent`` or ``python greenlets.py eventlet``.

Calls let other greenlets run, and an exception that ends the greenlet cancels its call.
"""

import sys

LIBRARY = sys.argv[1]
if LIBRARY == "gevent":
    import gevent
    from gevent import monkey

    monkey.patch_all()
    spawn, sleep, Timeout, kill = gevent.spawn, gevent.sleep, gevent.Timeout, gevent.kill
    result = gevent.Greenlet.get
else:
    import eventlet

    eventlet.monkey_patch()
    spawn, sleep, Timeout, kill = eventlet.spawn, eventlet.sleep, eventlet.Timeout, eventlet.kill
    result = eventlet.greenthread.GreenThread.wait

import gc
import socket

import bosauth
from bosauth._errors import _unused
from bosauth._prototypes import FREE
from support import EMAIL, URL, WATCHDOG, bound_token


class SilentServer:
    """A server in greenlets that never responds and counts connections."""

    def __init__(self):
        self.requests, self.closed = 0, 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        spawn(self._accept)

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            spawn(self._hold, connection)

    def _hold(self, connection):
        with connection:
            received = b""
            while b"\r\n\r\n" not in received:
                part = connection.recv(65536)
                if not part:
                    return
                received += part
            self.requests += 1
            while connection.recv(65536):
                pass
            self.closed += 1


def until(condition):
    for _ in range(1000 * WATCHDOG):
        if condition():
            return
        sleep(0.001)
    raise AssertionError("the condition does not become true")


def owned():
    """Counts the owners of objects, except the error outputs that the package keeps."""
    gc.collect()
    return sum(type(instance) in FREE for instance in gc.get_objects()) - len(_unused)


token = bound_token()
client = bosauth.BosBase(URL)
assert client.collection("users").auth_with_token(token)["record"]["email"] == EMAIL
before = owned()

# Concurrent calls; errors are raised in the greenlet of the call.
log_in = lambda: client.collection("users").auth_with_token(token, keep_session=False)["record"]["email"]
assert [result(call) for call in [spawn(log_in) for _ in range(20)]] == [EMAIL] * 20
try:
    client.collection("users").auth_with_token("unbound-token")
except bosauth.AskCredentialsError as error:
    assert error.code == bosauth.Status.UNKNOWN_TOKEN
print("calls")

# The server runs in this thread: it receives no request unless the call lets other greenlets run.
server = SilentServer()
users = bosauth.BosBase(server.url, timeout=10 * WATCHDOG).collection("users")
try:
    with Timeout(0.2):
        users.auth_with_token("t")
except Timeout:
    print("timeout")
until(lambda: (server.requests, server.closed) == (1, 1))

call = spawn(users.auth_with_token, "t")
until(lambda: server.requests == 2)
kill(call)
until(lambda: server.closed == 2)
print("killed")

cancel = bosauth.Cancel()
call = spawn(users.auth_with_token, "t", cancel=cancel)
until(lambda: server.requests == 3)
cancel.trigger()
try:
    result(call)
except bosauth.ClientResponseError as error:
    print(error.name)
until(lambda: server.closed == 3)

# The store and the listeners of a call, which may let other greenlets run.
class Store:
    text = None

    def load(self):
        sleep(0.001)
        return self.text

    def save(self, text):
        sleep(0.001)
        self.text = text


stored, changes = bosauth.BosBase(URL, session_store=Store()), []
stored.auth_store.subscribe(changes.append)
calls = [spawn(stored.collection("users").auth_with_token, token) for _ in range(20)]
assert {result(call)["record"]["email"] for call in calls} == {EMAIL}
assert stored.auth_store.store_status == 0
assert [change.generation for change in changes] == list(range(1, stored.auth_store.generation + 1))
print("stored")

del stored, changes, calls
del users, call
try:
    del error
except NameError:
    pass
until(lambda: owned() == before)
print("no leaks")
