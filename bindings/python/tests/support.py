"""What the tests share: the service that they talk to, a peer that answers what it is told, and other processes."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading

from bosauth import BosBase
from bosauth._call import Call
from bosauth._library import lib

# What this process has inherited is the shell's: ``nohup`` and ``&`` ignore signals, and so would everything that is
# started here.
signal.signal(signal.SIGINT, signal.default_int_handler)
for name in ("SIGHUP", "SIGTERM", "SIGCHLD", "SIGALRM", "SIGUSR1"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_SETMASK, ())

URL = os.environ["BOSAUTH_TEST_URL"]
EMAIL, PASSWORD = "user@example.com", "correct horse 1"
SUPERUSER = "admin@example.com"

#: Far longer than anything takes that works.
WATCHDOG = 120


def new_token():
    """A token that nobody has bound."""
    return secrets.token_urlsafe(32)


def bound(client=None):
    """A token that is bound to the user."""
    token = new_token()
    (client or BosBase(URL)).collection("users").bind_custom_token(EMAIL, PASSWORD, token)
    return token


def answer(status, body=b"", headers=""):
    """The bytes of an HTTP answer."""
    head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n{headers}"
    length = "" if status == 204 else f"Content-Length: {len(body)}\r\n"
    return f"{head}{length}Connection: close\r\n\r\n".encode() + body


class Peer:
    """A server that gives every request the same bytes, or none at all, and keeps what it was sent.

    With ``hold`` it answers those that have come when it is released.
    """

    def __init__(self, reply=None, hold=False):
        self.reply = reply
        self.requests = []
        self.came = threading.Event()
        self._another = threading.Condition()
        self._holds = hold or reply is None
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        for connection in self._open:
            connection.close()

    def wait_for(self, requests):
        """Waits until so many requests have come."""
        with self._another:
            if not self._another.wait_for(lambda: len(self.requests) >= requests, WATCHDOG):
                raise AssertionError(f"{len(self.requests)} of {requests} requests have come")

    def release(self):
        """Answers the requests that have come."""
        for connection in self._open:
            self._answer(connection)

    def was_left(self):
        """Whether the last caller that got no answer has gone."""
        self._open[-1].settimeout(WATCHDOG)
        return self._open[-1].recv(1) == b""

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            request = self._request(connection)
            if self._holds:
                self._open.append(connection)
            with self._another:
                self.requests.append(request)
                self._another.notify_all()
            self.came.set()
            if not self._holds:
                self._answer(connection)

    def _answer(self, connection):
        connection.sendall(self.reply)
        connection.close()

    @staticmethod
    def _request(connection):
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, body = received.split(b"\r\n\r\n", 1)
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        while len(body) < int(fields.get("Content-Length", 0)):
            body += connection.recv(65536)
        return head, body


class Slow(Call):
    """A call that goes on after it was stopped, until it may end."""

    def __init__(self):
        super().__init__(lib.bosauth_cancel_new(), lib.bosauth_options_new(), self._work)
        self.began, self.may_end, self.has_ended = threading.Event(), threading.Event(), False

    def _work(self):
        self.began.set()
        self.has_ended = self.may_end.wait(WATCHDOG)


def unused_url():
    """The address of a port that is taken, but on which nobody listens; it stays so with the socket."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return taken, f"http://127.0.0.1:{taken.getsockname()[1]}"


def process(program, *arguments, **environment):
    """Starts a program in an interpreter of its own, with pipes to it."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", program, *arguments],
        env={**os.environ, **environment},
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )


def python(program, *arguments, **environment):
    """Runs such a program and gives its exit code and what it wrote."""
    with process(program, *arguments, **environment) as child:
        try:
            output, errors = child.communicate(timeout=WATCHDOG)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
    return subprocess.CompletedProcess(program, child.returncode, output, errors)
