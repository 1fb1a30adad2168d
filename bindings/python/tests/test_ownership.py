"""Objects of the library are freed if any exception is raised: counts creations and frees of each type over 10,000
rounds."""

import gc
import unittest
from unittest import mock

import bosauth
from bosauth import BosBase, Cancel, ClientResponseError
from bosauth._callbacks import _receivers
from bosauth._library import lib
from bosauth._prototypes import FREE, finalizer
from support import URL

ROUNDS = 10_000


class Raising:
    """A value that raises when it is used."""

    def items(self):
        raise ValueError

    def __str__(self):
        raise ValueError


class Store:
    """A session store that fails if it has an exception."""

    def __init__(self, error=None):
        self.error = error

    def load(self):
        if self.error:
            raise self.error

    def save(self, text):
        self.load()


class Counting:
    """Counts objects created and freed during a block."""

    def __init__(self):
        self.created = {owner: 0 for owner in FREE}
        self.freed = {owner: 0 for owner in FREE}
        self._patches = []
        for owner, name in FREE.items():
            self._count_freed(owner, getattr(lib, name))
            if name.replace("_free", "_new") in ("bosauth_config_new", "bosauth_options_new", "bosauth_cancel_new"):
                self._count_created(owner, name.replace("_free", "_new"))
        for name in ("session", "save_session", "clear_session", "import_session", "sync_session"):
            self._count_outputs(f"bosauth_client_{name}")
        for name in ("new", "add_listener"):
            self._count_outputs(f"bosauth_client_{name}")
        for name in ("bind_token", "auth_with_token", "auth_with_password", "auth_with_otp", "auth_refresh"):
            self._count_outputs(f"bosauth_{name}")
        for name in ("request_otp", "send", "generate_token"):
            self._count_outputs(f"bosauth_{name}")

    def __enter__(self):
        # Objects of earlier tests in reference cycles must not be counted.
        gc.collect()
        # Creates the hook that the package keeps.
        self._log_in_without_token()
        for patch in self._patches:
            patch.start()
        return self

    def __exit__(self, *_):
        for patch in self._patches:
            patch.stop()

    @staticmethod
    def _log_in_without_token():
        try:
            BosBase(URL).collection("users").auth_with_token("")
        except ClientResponseError:
            pass

    def _count_freed(self, owner, free):
        def freeing(instance):
            self.freed[owner] += bool(instance)
            free(instance)

        self._patches.append(mock.patch.object(owner, "__del__", finalizer(freeing)))

    def _count_created(self, owner, name):
        create = getattr(lib, name)

        def creating():
            self.created[owner] += 1
            return create()

        self._patches.append(mock.patch.object(lib, name, creating))

    def _count_outputs(self, name):
        call = getattr(lib, name)

        def calling(*arguments):
            status = call(*arguments)
            for argument in arguments:
                output = getattr(argument, "_obj", None)
                if type(output) in FREE and output:
                    self.created[type(output)] += 1
            return status

        self._patches.append(mock.patch.object(lib, name, calling))


class Ownership(unittest.TestCase):
    def setUp(self):
        # Exceptions of stores and listeners.
        patch = mock.patch("sys.unraisablehook", lambda _: None)
        patch.start()
        self.addCleanup(patch.stop)

    def failing(self):
        """Yields constructors and calls that fail at different points."""
        client = BosBase(URL)
        users = client.collection("users")
        settings = ({"timeout": "5"}, {"timeout": 0}, {"headers": {5: "x"}}, {"headers": Raising()}, {"lang": "a\n"})
        settings += ({"user_agent": 5}, {"max_response_bytes": 1.5}, {"roots_pem": 5}, {"roots_pem": "no"})
        for keywords in settings:
            yield lambda: BosBase(URL, **keywords)
        for url in (None, "", "x", "http://u:p@x", b"\xff", "\ud800", "\0"):
            yield lambda: BosBase(url)
        for url in (URL.encode(), bytearray(URL.encode())):
            yield lambda: BosBase(url).close()
        yield lambda: BosBase(URL)
        options = ({"timeout": "5"}, {"timeout": -1}, {"body": 5}, {"body": {1: {2}}}, {"body": "[]"}, {"query": 5})
        options += ({"query": {"a": Raising()}}, {"headers": {"X": 5}}, {"headers": {"Host": "x"}}, {"cancel": 5})
        for keywords in options:
            yield lambda: users.bind_custom_token("e", "p", "t", cancel=keywords.pop("cancel", Cancel()), **keywords)
        for strings in (("", "p", "t"), ("e", 5, "t"), ("e", "p", "\0"), ("e", "p", "x" * 2000)):
            yield lambda: users.bind_custom_token(*strings)
        yield lambda: users.auth_with_token(5)
        yield lambda: users.auth_with_token("t", mfa_id="a/")
        yield lambda: users.auth_with_password("i", 5)
        yield lambda: users.auth_with_otp("o", "c", mfa_id="a/")
        yield lambda: users.auth_refresh(query={"a": Raising()})
        yield lambda: client.send("/x", method="POST", body={"a": Raising()})
        yield lambda: client.send("/x", body={"a": "x"}, cancel=Cancel())
        yield lambda: client.collection("guarded").request_otp("e@example.com")
        yield lambda: client.send_raw("/api/health").header("\0")
        yield bosauth.generate_token
        yield lambda: client.collection(5).auth_with_token("t")
        yield lambda: client.auth_store.save("a b")
        yield lambda: client.auth_store.save("a.b.c", {1: {2}})
        listening = BosBase(URL)
        listening.auth_store.add_listener(lambda *_: listening)
        for error in (None, ValueError(), bosauth.StoreUnavailable()):
            stored = BosBase(URL, session_store=Store(error))
            yield lambda: stored.auth_store.token
            yield lambda: stored.auth_store.sync()
            yield lambda: stored.auth_store.clear()
            yield lambda: stored.close()
        for store in (5, Raising(), Store(Raising())):
            yield lambda: BosBase(URL, session_store=store)
        yield lambda: BosBase("x", session_store=Store())
        yield lambda: BosBase(URL, session_file=5)
        yield lambda: BosBase(URL, session_file="/")
        yield lambda: client.auth_store.import_session("{}")
        yield lambda: client.auth_store.on_change(lambda *_: None)()
        yield lambda: client.auth_store.subscribe(lambda _: listening)
        yield lambda: listening.auth_store.save("a.b.c")
        yield lambda: listening.auth_store.clear()
        yield lambda: listening.close()
        yield lambda: listening.auth_store.subscribe(print)
        yield lambda: (client.auth_store.save("a.b.c"), client.auth_store.token, client.auth_store.record)

    def test_failures_leak_nothing(self):
        with Counting() as counts:
            receivers = set(_receivers)
            # Every call counts as one round.
            rounds = 0
            while rounds < ROUNDS:
                for call in self.failing():
                    rounds += 1
                    try:
                        call()
                    except (ClientResponseError, TypeError, ValueError):
                        pass
                del call
            gc.collect()
            self.assertEqual(counts.freed, counts.created)
            self.assertEqual(set(_receivers) - receivers, set())
            for owner, created in counts.created.items():
                self.assertGreater(created, 100, owner)

    def test_url_may_be_bytes(self):
        for url in (URL, URL.encode(), bytearray(URL.encode())):
            self.assertEqual(BosBase(url).base_url, URL)

    def test_repr_after_a_failed_constructor(self):
        self.assertEqual(repr(BosBase.__new__(BosBase)), "<BosBase >")


if __name__ == "__main__":
    unittest.main()
