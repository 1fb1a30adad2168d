"""Secrets: in no text that the package makes, and in no memory that it leaves behind."""

import asyncio
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
from bosauth._text import Secret, wipe
from support import EMAIL, URL, WATCHDOG, Peer, answer, bound, new_token, process


def shown(error):
    """All that Python writes about an error, with the variables of every frame."""
    with_locals = traceback.TracebackException.from_exception(error, capture_locals=True)
    written = io.StringIO()
    logging.StreamHandler(written).handle(
        logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, (type(error), error, error.__traceback__))
    )
    without = traceback.format_exception(type(error), error, error.__traceback__)
    texts = ["".join(with_locals.format()), "".join(without)]
    return texts + [repr(error), str(error), repr(error.args), repr(vars(error)), written.getvalue()]


class Secrets(unittest.TestCase):
    """The secrets are attributes, so that no frame of a test has them among its variables."""

    def setUp(self):
        self.client = BosBase(URL)
        self.users = self.client.collection("users")
        self.password, self.token, self.key = (f"canary-{new_token()}" for _ in range(3))

    def assert_hidden(self, texts):
        for secret in (self.password, self.token, self.key):
            for text in texts:
                self.assertNotIn(secret, text)

    def failing(self):
        bind, login = self.users.bind_custom_token, self.users.auth_with_token
        bad = "\0"
        yield lambda: bind(EMAIL, self.password, self.token)
        yield lambda: bind(EMAIL, self.password, self.token, headers={"Authorization": self.key})
        yield lambda: bind(EMAIL, self.password, self.token, headers={"Authorization": self.key + bad})
        yield lambda: bind(EMAIL, self.password, self.token, body={"key": self.key, "bad": object()})
        yield lambda: bind(EMAIL, self.password, self.token + bad, body={"key": self.key})
        yield lambda: bind(EMAIL, [self.password], self.token)
        yield lambda: bind(EMAIL, self.password + "\ud800", self.token)
        yield lambda: bind(EMAIL, self.password, self.token, timeout=self.key)
        yield lambda: bind(EMAIL, self.password)
        yield lambda: login(self.token)
        yield lambda: login(self.token, mfa_id=self.key + "/")
        yield lambda: login({self.token})
        yield lambda: asyncio.run(self.users.aio.bind_custom_token(EMAIL, self.password, self.token))
        yield lambda: asyncio.run(self.users.aio.bind_custom_token(EMAIL, [self.password], self.token))
        yield lambda: asyncio.run(self.users.aio.auth_with_token(self.token, mfa_id=self.key + "/"))
        yield lambda: self.client.auth_store.save(self.token + " ", {"key": self.key})
        yield lambda: self.client.auth_store.save(self.token, {"key": self.key, "bad": b""})
        yield lambda: BosBase(f"http://user:{self.password}@127.0.0.1")
        yield lambda: BosBase(URL, headers={"Authorization": self.key + "\n"})

    def test_errors_show_none(self):
        for number, call in enumerate(self.failing()):
            with self.subTest(number):
                with self.assertRaises((ClientResponseError, TypeError)) as raised:
                    call()
                self.assert_hidden(shown(raised.exception.with_traceback(raised.exception.__traceback__)))

    @unittest.skipUnless(hasattr(signal, "setitimer"), "there are no such signals here")
    def test_an_interrupted_call_shows_none(self):
        def interrupt(*_):
            raise KeyboardInterrupt

        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, interrupt))
        with Peer() as peer:
            users = BosBase(peer.url).collection("users")
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            try:
                users.bind_custom_token(EMAIL, self.password, self.token, headers={"X-Key": self.key})
            except KeyboardInterrupt as error:
                self.assert_hidden(shown(error))
                return
        self.fail("nothing was raised")

    def test_tracebacks_show_none(self):
        """assertRaises clears the frames, so here they are looked at as they are raised."""
        for number, call in enumerate(self.failing()):
            with self.subTest(number):
                try:
                    call()
                except (ClientResponseError, TypeError) as error:
                    self.assert_hidden(shown(error))
                    frames = traceback.extract_tb(error.__traceback__)
                    ours = {frame.name for frame in frames if "bosauth" in Path(frame.filename).parent.name}
                    self.assertEqual(ours, {"quiet"})
                    self.assertIsNone(error.__context__)
                    self.assertIsNone(error.__cause__)
                else:
                    self.fail("it should fail")

    def test_an_interrupt_shows_none(self):
        """Something else that is raised inside a call, as Ctrl-C is."""

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
            self.fail("it should be interrupted")

    def test_an_answer_that_echoes_shows_none(self):
        with Peer(answer(400, f'{{"message":"{self.token}","data":{{"x":"{self.token}"}}}}'.encode())) as peer:
            try:
                BosBase(peer.url).collection("users").auth_with_token(self.token)
            except ClientResponseError as error:
                self.assert_hidden(shown(error))
                self.assertEqual(error.response, {"message": "***", "data": {"x": "***"}})

    def test_objects_show_none(self):
        self.token = bound()
        result = self.users.auth_with_token(self.token)
        self.key = result["token"]
        store = self.client.auth_store
        for thing in (self.client, self.users, store, store.snapshot(), result, result.session, [result]):
            self.assert_hidden([repr(thing), str(thing), f"{thing}"])


class Memory(unittest.TestCase):
    def test_the_copy_is_wiped(self):
        for text in ("se\u00e9\u6f22\U0001f600cret", b"secret", bytearray(b"secret")):
            secret = Secret(text, "token")
            buffer = secret._as_parameter_
            expected = text.encode() if isinstance(text, str) else bytes(text)
            self.assertEqual(buffer.value, expected)
            self.assertEqual(buffer.raw.rstrip(b"\0"), expected)
            del secret
            self.assertEqual(buffer.raw, bytes(len(buffer)))

    def test_copies_are_wiped_also_when_a_later_text_is_bad(self):
        made = []

        class Watched(Secret):
            def __init__(self, *arguments):
                super().__init__(*arguments)
                made.append(self._as_parameter_)

        with unittest.mock.patch("bosauth._collection.Secret", Watched):
            with self.assertRaises(ClientResponseError):
                BosBase(URL).collection("users").bind_custom_token("e", "p", "t\0")
        self.assertEqual([buffer.raw.strip(b"\0") for buffer in made], [b"", b"", b""])

    def test_wiping(self):
        buffer = bytearray(b"secret")
        wipe(buffer)
        self.assertEqual(buffer, bytes(6))

    @unittest.skipUnless(sys.platform == "linux", "needs /proc")
    def test_nothing_is_left_in_memory(self):
        """A program that holds its secrets in bytearrays, and wipes them, is looked at from outside."""
        texts = [secrets.token_hex(length).encode() for length in (120, 350, 350)]
        with process(CALLING, URL, EMAIL) as child:
            for text in texts:
                child.stdin.write(bytes(byte ^ MASK for byte in text).hex() + "\n")
            child.stdin.flush()
            self.assertEqual(child.stdout.readline(), "over\n")
            found = [in_memory(child.pid, text) for text in texts]
            child.stdin.close()
            self.assertEqual((child.wait(WATCHDOG), child.stderr.read()), (0, ""))
        self.assertEqual(found, [False, False, True], "only what the program keeps is there")


#: With it secrets go to the program: unmasked they would be in what it reads.
MASK = 0x55


def in_memory(process, text):
    """Whether a part of a text is anywhere in the writable memory of a process.

    Freed memory loses its ends first. A vector register, which may be kept on the stack, holds 64 bytes at most.
    """
    parts = [text[at : at + 80] for at in range(0, len(text) - 79, 80)]
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(number, 16) for number in span.split("-"))
            held = read(memory, start, end - start) if rights.startswith("rw") else b""
            if any(part in held for part in parts):
                return True
    return False


def read(memory, start, length):
    try:
        memory.seek(start)
        return memory.read(length)
    except OSError:
        # A guard page, or the kernel's own.
        return b""


CALLING = r"""
import gc, sys
from bosauth import BosBase, ClientResponseError
from bosauth._text import wipe

def received():
    masked = bytes.fromhex(sys.stdin.readline())
    text = bytearray(len(masked))
    for at, byte in enumerate(masked):
        text[at] = byte ^ 0x55
    return text

password, token, kept = received(), received(), received()
url, email = sys.argv[1:]
client = BosBase(url)
users = client.collection("users")
for call in (
    lambda: users.bind_custom_token(email, password, token),
    lambda: users.unbind_custom_token(email, password, token),
    lambda: users.auth_with_token(token, headers={"X-Key": token}),
):
    try:
        call()
    except ClientResponseError as error:
        assert error.status == 400
wipe(password)
wipe(token)
client.close()
gc.collect()
print("over", flush=True)
sys.stdin.read()
"""


if __name__ == "__main__":
    unittest.main()
