"""Test helpers: the server, a mock server with fixed responses, and child processes."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

from bosauth import BosBase
from bosauth._call import Call

# Resets inherited signal dispositions: ``nohup`` and ``&`` ignore signals, and child processes would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
for name in ("SIGHUP", "SIGTERM", "SIGCHLD", "SIGALRM", "SIGUSR1"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
if hasattr(signal, "pthread_sigmask"):
    signal.pthread_sigmask(signal.SIG_SETMASK, ())

URL = os.environ["BOSAUTH_TEST_URL"]
EMAIL, PASSWORD = "user@example.com", "correct horse 1"
SUPERUSER = "admin@example.com"

#: A timeout in seconds that only a hanging test exceeds.
WATCHDOG = 120


def new_token():
    """Returns a new, unbound token."""
    return secrets.token_urlsafe(32)


def bound_token(client=None):
    """Returns a new token that is bound to the user."""
    token = new_token()
    (client or BosBase(URL)).collection("users").bind_custom_token(EMAIL, PASSWORD, token)
    return token


def control(command, **arguments):
    """Executes a control command of the server and returns its result, or None."""
    body = json.dumps({"do": command, **arguments}).encode()
    with urllib.request.urlopen(f"{URL}/_local/control", body, WATCHDOG) as received:
        return json.loads(received.read() or "null")


def guarded_account():
    """Creates an account of the collection "guarded", which requires two factors, and returns its email."""
    email = f"{secrets.token_hex(8)}@example.com"
    control("create_account", account={"collection": "guarded", "email": email, "password": PASSWORD})
    return email


def one_time_password(client, email):
    """Requests a one-time password for an account of "guarded", and returns its id and code."""
    otp_id = client.collection("guarded").request_otp(email)["otpId"]
    return otp_id, control("last_otp", account={"collection": "guarded", "email": email})["code"]


def response(status, body=b"", headers=""):
    """Returns the bytes of an HTTP response."""
    head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n{headers}"
    length = "" if status == 204 else f"Content-Length: {len(body)}\r\n"
    return f"{head}{length}Connection: close\r\n\r\n".encode() + body


class MockServer:
    """A server that sends the same response to every request, or none, and stores the requests.

    With ``hold`` it sends the responses when ``release`` is called.
    """

    def __init__(self, response=None, hold=False):
        self.response = response
        self.requests = []
        self.has_request = threading.Event()
        self._changed = threading.Condition()
        self._holds = hold or response is None
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
        """Waits until this many requests have been received."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= requests, WATCHDOG):
                raise AssertionError(f"received {len(self.requests)} of {requests} requests")

    def release(self):
        """Sends the responses to the requests received so far."""
        for connection in self._open:
            self._respond(connection)

    def is_disconnected(self):
        """Waits until the last client without a response has closed its connection."""
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
            with self._changed:
                self.requests.append(request)
                self._changed.notify_all()
            self.has_request.set()
            if not self._holds:
                self._respond(connection)

    def _respond(self, connection):
        connection.sendall(self.response)
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


class SlowCall(Call):
    """A call that ignores its cancellation until it may end."""

    def __init__(self):
        super().__init__(None, None, self._work)
        self.started, self.may_end, self.has_ended = threading.Event(), threading.Event(), False

    def _work(self, _):
        self.started.set()
        self.has_ended = self.may_end.wait(WATCHDOG)


def unused_url():
    """Returns the URL of a port that is bound but not listening, and its socket, which reserves the port."""
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))
    return reserved, f"http://127.0.0.1:{reserved.getsockname()[1]}"


def start_python(program, *arguments, **environment):
    """Starts a program in a new interpreter, with pipes."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", program, *arguments],
        env={**os.environ, **environment},
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )


def run_python(program, *arguments, **environment):
    """Runs a program in a new interpreter and returns its exit code and output."""
    with start_python(program, *arguments, **environment) as child:
        try:
            output, errors = child.communicate(timeout=WATCHDOG)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
    return subprocess.CompletedProcess(program, child.returncode, output, errors)
