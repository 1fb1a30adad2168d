"""Secrets are not in strings that the package creates and not in freed memory."""

import asyncio
import ctypes
import gc
import io
import logging
import secrets
import signal
import sys
import traceback
import unittest
import unittest.mock
from pathlib import Path

from bosauth import BosBase, ClientResponseError
from bosauth._json import JsonString, to_json
from bosauth._strings import SecretCopy, c_string, zeroize
from support import EMAIL, URL, WATCHDOG, MockServer, bound_token, new_token, response, start_python


def shown(error):
    """Returns every representation of an error, including the variables of its frames."""
    with_locals = traceback.TracebackException.from_exception(error, capture_locals=True)
    written = io.StringIO()
    logging.StreamHandler(written).handle(
        logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, (type(error), error, error.__traceback__))
    )
    without = traceback.format_exception(type(error), error, error.__traceback__)
    tracebacks = ["".join(with_locals.format()), "".join(without)]
    return tracebacks + [repr(error), str(error), repr(error.args), repr(vars(error)), written.getvalue()]


class Stored:
    """A session store with a string."""

    def __init__(self, text):
        self.text = text

    def load(self):
        return self.text

    def save(self, text):
        raise OSError("full")


class Secrets(unittest.TestCase):
    """Secrets are attributes, so that no frame of a test contains them in a variable."""

    def setUp(self):
        self.client = BosBase(URL)
        self.users = self.client.collection("users")
        self.password, self.token, self.key = (f"canary-{new_token()}" for _ in range(3))

    def assert_hidden(self, strings):
        for secret in (self.password, self.token, self.key):
            for string in strings:
                self.assertNotIn(secret, string)

    def failing(self):
        bind, login = self.users.bind_custom_token, self.users.auth_with_token
        nul = "\0"
        yield lambda: bind(EMAIL, self.password, self.token)
        yield lambda: bind(EMAIL, self.password, self.token, headers={"Authorization": self.key})
        yield lambda: bind(EMAIL, self.password, self.token, headers={"Authorization": self.key + nul})
        yield lambda: bind(EMAIL, self.password, self.token, body={"key": self.key, "invalid": object()})
        yield lambda: bind(EMAIL, self.password, self.token + nul, body={"key": self.key})
        yield lambda: bind(EMAIL, [self.password], self.token)
        yield lambda: bind(EMAIL, self.password + "\ud800", self.token)
        yield lambda: bind(EMAIL, self.password, self.token, timeout=self.key)
        yield lambda: bind(EMAIL, self.password)
        yield lambda: login(self.token)
        yield lambda: login(self.token, mfa_id=self.key + "/")
        yield lambda: login({self.token})
        password, otp, send = self.users.auth_with_password, self.users.auth_with_otp, self.client.send
        yield lambda: password(EMAIL, self.password, headers={"X-Key": self.key})
        yield lambda: password(EMAIL, self.password + nul, body={"key": self.key})
        yield lambda: password(EMAIL, [self.password])
        yield lambda: password(EMAIL, self.password, auto_refresh_threshold=1)
        yield lambda: otp("id", self.password)
        yield lambda: otp("id", self.password + "\ud800", mfa_id=self.key)
        yield lambda: otp(self.key + "/", self.password)
        yield lambda: self.users.request_otp(self.password)
        yield lambda: self.users.request_otp({self.password})
        yield lambda: self.users.auth_refresh(headers={"X-Key": self.key})
        yield lambda: self.users.auth_refresh(timeout=self.key)
        yield lambda: send("/api/none", method="POST", body={"password": self.password, "list": [self.token]})
        yield lambda: send("/x", method="POST", body={"password": self.password, "invalid": object()})
        yield lambda: send("/x", method="POST", body=[self.password, {"invalid": float("nan")}])
        yield lambda: send("/x", method="POST", body={self.password})
        yield lambda: send("/x", method="POST", body=self.password + "\ud800")
        yield lambda: send("/x", body=self.password.encode())
        yield lambda: send(self.key, headers={"Authorization": self.key})
        yield lambda: self.client.send_raw("/api/none", method=self.key, body=self.password)
        yield lambda: asyncio.run(self.client.aio.send("/api/none", method="POST", body={"password": self.password}))
        yield lambda: asyncio.run(self.client.aio.send_raw("/x", method="POST", body={"password": {self.password}}))
        yield lambda: asyncio.run(self.users.aio.auth_with_password(EMAIL, self.password))
        yield lambda: asyncio.run(self.users.aio.auth_with_otp("id", self.password, mfa_id=self.key))
        yield lambda: asyncio.run(self.users.aio.bind_custom_token(EMAIL, self.password, self.token))
        yield lambda: asyncio.run(self.users.aio.bind_custom_token(EMAIL, [self.password], self.token))
        yield lambda: asyncio.run(self.users.aio.auth_with_token(self.token, mfa_id=self.key + "/"))
        yield lambda: self.client.auth_store.save(self.token + " ", {"key": self.key})
        yield lambda: self.client.auth_store.save(self.token, {"key": self.key, "invalid": b""})
        yield lambda: self.client.auth_store.import_session(self.token)
        yield lambda: self.client.auth_store.import_session(self.token + "\0")
        yield lambda: self.client.auth_store.import_session({self.token})
        yield lambda: BosBase(f"http://user:{self.password}@127.0.0.1")
        yield lambda: BosBase(URL, headers={"Authorization": self.key + "\n"})

    def test_errors_contain_no_secret(self):
        for number, call in enumerate(self.failing()):
            with self.subTest(number):
                with self.assertRaises((ClientResponseError, TypeError)) as raised:
                    call()
                self.assert_hidden(shown(raised.exception.with_traceback(raised.exception.__traceback__)))

    @unittest.skipUnless(hasattr(signal, "setitimer"), "setitimer is not available")
    def test_signal_exception_contains_no_secret(self):
        def interrupt(*_):
            raise KeyboardInterrupt

        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, interrupt))
        with MockServer() as server:
            users = BosBase(server.url).collection("users")
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            try:
                users.bind_custom_token(EMAIL, self.password, self.token, headers={"X-Key": self.key})
            except KeyboardInterrupt as error:
                self.assert_hidden(shown(error))
                return
        self.fail("no exception was raised")

    def test_tracebacks_contain_no_secret(self):
        """assertRaises clears the frames, so this checks them as they are raised."""
        for number, call in enumerate(self.failing()):
            with self.subTest(number):
                try:
                    call()
                except (ClientResponseError, TypeError) as error:
                    self.assert_hidden(shown(error))
                    frames = traceback.extract_tb(error.__traceback__)
                    own = {frame.name for frame in frames if "bosauth" in Path(frame.filename).parent.name}
                    self.assertEqual(own, {"wrapper"})
                    self.assertIsNone(error.__context__)
                    self.assertIsNone(error.__cause__)
                else:
                    self.fail("no exception was raised")

    def test_failures_of_a_store_contain_no_session(self):
        """Neither in the frames of this package nor in an interrupted listener."""
        store = Stored(None)
        client, reported = BosBase(URL, session_store=store), []
        client.auth_store.subscribe(lambda change: 1 / 0)
        with unittest.mock.patch("sys.unraisablehook", lambda raised: reported.append(raised.exc_value)):
            client.auth_store.save(self.token, {"key": self.key})
            try:
                client.auth_store.sync()
            except ClientResponseError as error:
                reported += [error, error.__cause__]
        store.text = f'{{"token":"{self.token}","key":"{self.key}'
        with self.assertRaises(ClientResponseError) as raised:
            BosBase(URL, session_store=store).auth_store.snapshot()
        self.assert_hidden([repr(raised.exception), str(raised.exception)])
        self.assertEqual(len(reported), 4)
        store_frames = 0
        for error in reported:
            for frame, _ in traceback.walk_tb(error.__traceback__):
                if frame.f_code is Stored.save.__code__:
                    store_frames += 1
                elif frame.f_code.co_name != "<lambda>":
                    self.assert_hidden([repr(value) for value in frame.f_locals.values() if value is not reported])
            self.assert_hidden([repr(error), str(error)])
        self.assertEqual(store_frames, 2)

    def test_other_exceptions_contain_no_secret(self):
        """Another exception inside a call, such as KeyboardInterrupt."""

        test = self

        class Interrupting(dict):
            def items(self):
                try:
                    raise ValueError(test.key)
                except ValueError:
                    raise KeyboardInterrupt

        try:
            self.users.bind_custom_token(EMAIL, self.password, self.token, headers=Interrupting(x="y"))
        except KeyboardInterrupt as error:
            self.assert_hidden(shown(error))
        else:
            self.fail("no exception was raised")

    def test_echoed_secrets_are_redacted(self):
        with MockServer(response(400, f'{{"message":"{self.token}","data":{{"x":"{self.token}"}}}}'.encode())) as server:
            try:
                BosBase(server.url).collection("users").auth_with_token(self.token)
            except ClientResponseError as error:
                self.assert_hidden(shown(error))
                self.assertEqual(error.response, {"message": "***", "data": {"x": "***"}})

    def test_echoed_secrets_of_a_request_are_redacted(self):
        echo = '{{"message":"{}","data":{{"x":"{}"}},"status":400}}'
        with MockServer(response(400, echo.format(self.password, self.token).encode())) as server:
            client = BosBase(server.url)
            client.auth_store.save(self.token)
            try:
                client.send("/x", method="POST", body={"user": {"oldPassword": self.password}})
            except ClientResponseError as error:
                self.assert_hidden(shown(error))
                self.assertEqual(error.response, {"message": "***", "data": {"x": "***"}, "status": 400})

    def test_representations_contain_no_secret(self):
        self.token = bound_token()
        result = self.users.auth_with_token(self.token)
        self.key = result["token"]
        store = self.client.auth_store
        received = self.client.send_raw("/api/collections/users/auth-refresh", method="POST")
        self.assertEqual(received.data["token"], self.key)
        changes = []
        store.subscribe(changes.append)
        store.import_session(store.export_session())
        shown = (self.client, self.users, store, store.snapshot(), result, result.session, [result], received)
        for instance in (*shown, changes[0], changes):
            self.assert_hidden([repr(instance), str(instance), f"{instance}"])


class Memory(unittest.TestCase):
    def test_copy_is_zeroized(self):
        for string in ("se\u00e9\u6f22\U0001f600cret", bytearray(b"secret")):
            secret = c_string(string, "token")
            self.assertIs(type(secret), SecretCopy)
            buffer = secret._as_parameter_
            expected = string.encode() if isinstance(string, str) else bytes(string)
            self.assertEqual(buffer.value, expected)
            self.assertEqual(buffer.raw.rstrip(b"\0"), expected)
            del secret
            self.assertEqual(buffer.raw, bytes(len(buffer)))

    def test_copies_are_zeroized_if_a_later_argument_is_invalid(self):
        buffers = []

        class Watched(SecretCopy):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                buffers.append(self._as_parameter_)

        with unittest.mock.patch("bosauth._strings.SecretCopy", Watched):
            with self.assertRaises(ClientResponseError):
                BosBase(URL).collection("users").bind_custom_token("\u00e9", bytearray(b"p"), "t\0")
        self.assertEqual([buffer.raw.strip(b"\0") for buffer in buffers], [b"", b""])

    def test_json_is_zeroized(self):
        strings = []

        class Watched(JsonString):
            __slots__ = ()

            def __init__(self, value):
                super().__init__(value)
                strings.append(self._as_parameter_)

        value = {"password": "".join(("sec", "ret")), "list": ["\u6f22\"", 1, None, {}]}
        with unittest.mock.patch("bosauth._json.JsonString", Watched):
            body = to_json(value, "body")
            buffer = body._as_parameter_
            self.assertEqual(buffer.value, rb'{"password":"secret","list":["\u6f22\"",1,null,{}]}')
            self.assertEqual(body.length, len(buffer.value))
            with self.assertRaises(ClientResponseError):
                to_json({"password": "secret", "invalid": object()}, "body")
        self.assertEqual([pointer.string.strip("\0") for pointer in strings], [""] * len(strings))
        self.assertGreater(len(strings), 4)
        del body
        self.assertEqual(buffer.raw, bytes(len(buffer)))
        self.assertEqual(value["password"], "secret", "the string of the program is unchanged")

    def test_strings_that_contain_their_encoding_are_not_copied(self):
        string = "".join(("sec", "ret"))
        address = ctypes.cast(c_string(string, "token"), ctypes.c_void_p).value
        self.assertIn(address - id(string), range(sys.getsizeof(string)))
        self.assertIs(c_string(b"secret", "token"), c_string(b"secret", "token"))

    def test_pointer_keeps_its_string_alive(self):
        pointer = c_string("".join(("sec", "ret")), "token")
        gc.collect()
        self.assertEqual(pointer.value, b"secret")
        self.assertNotIn("secret", repr(pointer))

    def test_zeroize(self):
        buffer = bytearray(b"secret")
        zeroize(buffer)
        self.assertEqual(buffer, bytes(6))

    @unittest.skipUnless(sys.platform == "linux", "needs /proc")
    def test_process_memory_contains_no_secret(self):
        """Scans the memory of a program that stores its secrets in bytearrays and zeroizes them."""
        values = [secrets.token_hex(length).encode() for length in (120, 350, 350)]
        # With lazy binding, the first call of a function saves vector registers to the stack (see docs/secrets.md).
        with start_python(CALLING, URL, EMAIL, LD_BIND_NOW="1") as child:
            for secret in values:
                child.stdin.write(bytes(byte ^ MASK for byte in secret).hex() + "\n")
            child.stdin.flush()
            self.assertEqual(child.stdout.readline(), "done\n")
            found = [in_memory(child.pid, secret) for secret in values]
            child.stdin.close()
            self.assertEqual((child.wait(WATCHDOG), child.stderr.read()), (0, ""))
        self.assertEqual(found, [False, False, True], "only the secret that the program keeps is found")


#: Secrets are masked on standard input, because unmasked ones would remain in its buffers.
MASK = 0x55


def in_memory(process, secret):
    """Returns whether a part of a secret is in the writable memory of a process.

    Freeing overwrites the ends of a block first. A vector register saved on the stack has at most 64 bytes.
    """
    parts = [secret[at : at + 80] for at in range(0, len(secret) - 79, 80)]
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(number, 16) for number in span.split("-"))
            content = read(memory, start, end - start) if rights.startswith("rw") else b""
            if any(part in content for part in parts):
                return True
    return False


def read(memory, start, length):
    try:
        memory.seek(start)
        return memory.read(length)
    except OSError:
        # A guard page or a page of the kernel.
        return b""


CALLING = r"""
import ctypes, gc, sys
from bosauth import BosBase, ClientResponseError
from bosauth._strings import c_string, zeroize

def received():
    masked = bytes.fromhex(sys.stdin.readline())
    secret = bytearray(len(masked))
    for at, byte in enumerate(masked):
        secret[at] = byte ^ 0x55
    return secret

password, token, kept = received(), received(), received()
url, email = sys.argv[1:]
client = BosBase(url)
users, guarded = client.collection("users"), client.collection("guarded")
string = password.decode("ascii")
path = "/api/collections/users/auth-with-password"
for call in (
    lambda: users.bind_custom_token(email, password, token),
    lambda: users.unbind_custom_token(email, password, token),
    lambda: users.auth_with_token(token, headers={"X-Key": token}),
    lambda: users.auth_with_password(password, password),
    lambda: guarded.request_otp(password),
    lambda: guarded.auth_with_otp(password, "code"),
    lambda: client.send(path, method="POST", body=password),
    lambda: client.send(path, method="POST", body={"identity": string, "password": [string]}),
    lambda: users.bind_custom_token(email, password, token, body={"key": string}),
):
    try:
        call()
    except ClientResponseError as error:
        assert error.status == 400
zeroize(password)
zeroize(token)
ctypes.memset(c_string(string, "string"), 0, len(string))
client.close()
gc.collect()
print("done", flush=True)
sys.stdin.read()
"""


if __name__ == "__main__":
    unittest.main()
