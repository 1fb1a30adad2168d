"""Sessions in the auth stores of the package bosbase and in keyrings of the package keyring."""

import importlib.util
import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import bosauth
from bosauth import BosBase, ClientResponseError, KeyringStore, Status, StoreUnavailable
from support import EMAIL, URL, bound_token, run_python

HAS_OFFICIAL = importlib.util.find_spec("bosbase") is not None
HAS_KEYRING = importlib.util.find_spec("keyring") is not None and importlib.util.find_spec("keyrings.alt") is not None


@unittest.skipUnless(HAS_OFFICIAL, "bosbase is not installed")
class OfficialStores(unittest.TestCase):
    def path(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return str(Path(directory.name, "auth.json"))

    def test_local_auth_store(self):
        from bosbase.auth import LocalAuthStore

        path = self.path()
        client = BosBase(URL, session_store=LocalAuthStore(storage_path=path))
        self.assertEqual(client.auth_store.token, "")
        login = client.collection("users").auth_with_token(bound_token())
        self.assertEqual(client.auth_store.store_status, Status.OK)
        # A program of the official package, after a restart.
        official = LocalAuthStore(storage_path=path)
        self.assertEqual((official.token, official.record), (login["token"], login["record"]))
        # A program of this package, after a restart.
        again = BosBase(URL, session_store=LocalAuthStore(storage_path=path))
        self.assertEqual(again.send("/api/collections/users/auth-refresh", method="POST")["record"]["email"], EMAIL)
        self.assertEqual(again.collection("users").auth_refresh()["token"], login["token"])
        client.auth_store.sync()
        self.assertEqual(client.auth_store.generation, 1)
        again.auth_store.clear()
        self.assertEqual(LocalAuthStore(storage_path=path).token, "")

    def test_session_of_the_official_package(self):
        import bosbase
        from bosbase.auth import LocalAuthStore

        path = self.path()
        official = bosbase.BosBase(URL, auth_store=LocalAuthStore(storage_path=path))
        login = official.collection("users").auth_with_token(bound_token())
        client = BosBase(URL, session_store=LocalAuthStore(storage_path=path))
        self.assertEqual((client.auth_store.token, client.auth_store.record), (login["token"], login["record"]))
        self.assertEqual(client.collection("users").auth_refresh()["record"]["email"], EMAIL)
        # Both in one process.
        shared = BosBase(URL, session_store=official.auth_store)
        self.assertEqual(shared.auth_store.token, login["token"])
        shared.auth_store.clear()
        self.assertFalse(official.auth_store.is_valid())

    def test_file_that_cannot_be_written(self):
        from bosbase.auth import LocalAuthStore

        path = self.path()
        os.mkdir(path)
        client = BosBase(URL, session_store=LocalAuthStore(storage_path=path))
        with mock.patch("sys.unraisablehook") as hook:
            client.auth_store.save("a.b.c")
        self.assertIsInstance(hook.call_args[0][0].exc_value, IsADirectoryError)
        self.assertEqual((client.auth_store.token, client.auth_store.store_status), ("a.b.c", Status.STORE))

    def test_other_stores(self):
        from bosbase.auth import AsyncAuthStore, BaseAuthStore

        saved = []
        for store in (BaseAuthStore(), AsyncAuthStore(save=saved.append)):
            BosBase(URL, session_store=store).auth_store.save("a.b.c", {"id": "r"})
            self.assertEqual(BosBase(URL, session_store=store).auth_store.record, {"id": "r"})
        store._queue.join()
        self.assertEqual(json.loads(saved.pop())["token"], "a.b.c")


class MissingKeyring(unittest.TestCase):
    def test_missing_package_is_named(self):
        with mock.patch.dict("sys.modules", {"keyring": None}):
            with self.assertRaisesRegex(ImportError, r"pip install 'bosauth\[keyring\]'"):
                KeyringStore("s", "u")

    def test_package_is_imported_when_it_is_used(self):
        ended = run_python("import sys, bosauth; print('keyring' in sys.modules, 'asyncio' in sys.modules)")
        self.assertEqual((ended.stdout, ended.stderr), ("False False\n", ""))


@unittest.skipUnless(HAS_KEYRING, "keyring is not installed")
class Keyrings(unittest.TestCase):
    def setUp(self):
        import keyring
        from keyrings.alt.file import PlaintextKeyring

        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.addCleanup(keyring.set_keyring, keyring.get_keyring())
        self.keyring = PlaintextKeyring()
        self.keyring.file_path = str(Path(directory.name, "keyring.cfg"))
        keyring.set_keyring(self.keyring)

    def client(self):
        return BosBase(URL, session_store=KeyringStore("bosauth-tests", "session"))

    def failing(self, error):
        """A keyring of which every function fails."""
        names = ("get_password", "set_password", "delete_password")
        return mock.patch.multiple(self.keyring, **{name: mock.Mock(side_effect=error) for name in names})

    def test_session_is_stored(self):
        client = self.client()
        self.assertEqual(client.auth_store.token, "")
        login = client.collection("users").auth_with_token(bound_token())
        self.assertEqual(client.auth_store.store_status, Status.OK)
        again = self.client()
        self.assertEqual((again.auth_store.token, again.auth_store.record), (login["token"], login["record"]))
        again.auth_store.clear()
        again.auth_store.clear()
        self.assertEqual(self.client().auth_store.token, "")
        self.assertEqual(self.keyring.get_password("bosauth-tests", "session"), None)

    def test_unavailable_keyring(self):
        from keyring.errors import InitError, KeyringLocked, NoKeyringError

        for kind in (InitError, KeyringLocked, NoKeyringError):
            client = self.client()
            with self.failing(kind("why")):
                with self.assertRaises(bosauth.RetryLaterError) as raised:
                    client.auth_store.snapshot()
                self.assertEqual(raised.exception.code, Status.STORE_UNAVAILABLE)
                cause = raised.exception.__cause__
                self.assertEqual((type(cause), str(cause)), (StoreUnavailable, f"{kind.__name__}: why"))
                with mock.patch("sys.unraisablehook"):
                    client.auth_store.save("a.b.c")
                self.assertEqual(client.auth_store.store_status, Status.STORE_UNAVAILABLE)
            client.auth_store.sync()
            self.assertEqual(self.client().auth_store.token, "a.b.c")
            client.auth_store.clear()

    def test_failing_keyring(self):
        from keyring.errors import PasswordSetError

        client = self.client()
        client.auth_store.save("a.b.c")
        for error in (PasswordSetError("too large"), OSError("full")):
            with self.failing(error):
                with self.assertRaises(ClientResponseError) as raised:
                    client.auth_store.clear()
            self.assertEqual((raised.exception.code, raised.exception.__cause__), (Status.STORE, error))
            client.auth_store.save("a.b.c")

    def test_no_keyring(self):
        """The backend of a system without keyring."""
        import keyring
        from keyring.backends.fail import Keyring

        keyring.set_keyring(Keyring())
        with self.assertRaises(ClientResponseError) as raised:
            self.client().auth_store.snapshot()
        self.assertEqual(raised.exception.code, Status.STORE_UNAVAILABLE)
        self.assertIn("NoKeyringError", str(raised.exception.__cause__))

    def test_errors_contain_no_session(self):
        def failing(service, username, password):
            raise OSError("full") from ValueError(password)

        token = "canary.a.b"
        client, errors = self.client(), []
        with mock.patch.object(self.keyring, "set_password", failing), mock.patch("sys.unraisablehook", errors.append):
            client.auth_store.save(token)
            with self.assertRaises(ClientResponseError) as raised:
                client.auth_store.sync()
        for error in (errors.pop().exc_value, raised.exception.__cause__):
            step, frames = error.__traceback__, []
            while step:
                frames += [repr(step.tb_frame.f_locals)] if "bosauth_callback" not in str(step.tb_frame) else []
                step = step.tb_next
            self.assertNotIn(token, "".join(frames))
            self.assertEqual((error.__cause__, error.__context__), (None, None))

    def test_arguments(self):
        for arguments in ((5, "u"), ("s", None)):
            self.assertRaises(TypeError, KeyringStore, *arguments)
        self.assertEqual(repr(KeyringStore("s", "u")), "<KeyringStore 's' 'u'>")


if __name__ == "__main__":
    unittest.main()
