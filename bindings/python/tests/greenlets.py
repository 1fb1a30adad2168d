"""A program whose threads are greenlets: ``python greenlets.py gevent`` or ``eventlet``, both from the registry.

Calls let the other greenlets run, and end with what ends their greenlet.
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
from bosauth._prototypes import FREE
from support import EMAIL, URL, WATCHDOG, bound


class Silent:
    """A server, in greenlets, that answers nothing and sees who leaves."""

    def __init__(self):
        self.came, self.left = 0, 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        spawn(self._accept)

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            spawn(self._hold, connection)

    def _hold(self, connection):
        with connection:
            while b"\r\n\r\n" not in connection.recv(65536):
                pass
            self.came += 1
            while connection.recv(65536):
                pass
            self.left += 1


def until(holds):
    for _ in range(1000 * WATCHDOG):
        if holds():
            return
        sleep(0.001)
    raise AssertionError("it does not come about")


def owned():
    gc.collect()
    return sum(type(thing) in FREE for thing in gc.get_objects())


token = bound()
client = bosauth.BosBase(URL)
assert client.collection("users").auth_with_token(token)["record"]["email"] == EMAIL
before = owned()

# Several at once; errors are raised in the greenlet of the call.
log_in = lambda: client.collection("users").auth_with_token(token, keep_session=False)["record"]["email"]
assert [result(call) for call in [spawn(log_in) for _ in range(20)]] == [EMAIL] * 20
try:
    client.collection("users").auth_with_token("nobody bound this")
except bosauth.AskCredentialsError as error:
    assert error.code == bosauth.Status.UNKNOWN_TOKEN
print("calls")

# The server is in this thread: it gets no request unless the call lets other greenlets run.
server = Silent()
users = bosauth.BosBase(server.url, timeout=10 * WATCHDOG).collection("users")
try:
    with Timeout(0.2):
        users.auth_with_token("t")
except Timeout:
    print("timeout")
until(lambda: (server.came, server.left) == (1, 1))

call = spawn(users.auth_with_token, "t")
until(lambda: server.came == 2)
kill(call)
until(lambda: server.left == 2)
print("killed")

cancel = bosauth.Cancel()
call = spawn(users.auth_with_token, "t", cancel=cancel)
until(lambda: server.came == 3)
cancel.trigger()
try:
    result(call)
except bosauth.ClientResponseError as error:
    print(error.name)
until(lambda: server.left == 3)

del users, call
try:
    del error
except NameError:
    pass
until(lambda: owned() == before)
print("nothing is left")
