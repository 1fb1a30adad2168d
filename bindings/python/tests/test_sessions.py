"""Sessions that outlive the process: files, stores, export and import; listeners for their changes."""

import asyncio
import contextlib
import gc
import json
import multiprocessing
import os
import signal
import stat
import sys
import tempfile
import threading
import unittest
import weakref
from pathlib import Path
from unittest import mock

import bosauth
from bosauth import BosBase, ChangeKind, ClientResponseError, SessionChange, Status, StoreUnavailable
from bosauth import _callbacks
from support import EMAIL, PASSWORD, URL, WATCHDOG, MockServer, bound_token, response, run_python

RECORD = b'{"id":"r","collectionName":"users","collectionId":"c","email":"\xc3\xa9@example.com"}'
LOGIN = response(200, b'{"token":"a.b.c","record":' + RECORD + b',"meta":{"isNew":true}}')


FAILURES = ((OSError("full"), Status.STORE), (StoreUnavailable("locked"), Status.STORE_UNAVAILABLE))


class Memory:
    """A session store in memory. It raises ``error`` if that is set."""

    def __init__(self, text=None):
        self.text, self.error, self.threads = text, None, []

    def load(self):
        self._use()
        return self.text

    def save(self, text):
        self._use()
        self.text = text

    def _use(self):
        self.threads.append(threading.current_thread().name)
        if self.error is not None:
            raise self.error


class AuthStore:
    """A store with the interface of the official package."""

    def __init__(self):
        self.token, self.record = "", None

    def save(self, token, record):
        self.token, self.record = token, record

    def clear(self):
        self.save("", None)


class Sessions(unittest.TestCase):
    def setUp(self):
        self.reported = []
        patch = mock.patch("sys.unraisablehook", lambda raised: self.reported.append(raised.exc_value))
        patch.start()
        self.addCleanup(patch.stop)
        # A thread or a failed test may still reference clients of other tests.
        self.receivers = set(_callbacks._receivers)

    def receivers_of_test(self):
        return set(_callbacks._receivers) - self.receivers

    def assert_released(self):
        gc.collect()
        self.assertEqual(self.receivers_of_test(), set())

    def path(self, name="session"):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return Path(directory.name, name)

    def error(self, call, *arguments, **options):
        with self.assertRaises(ClientResponseError) as raised:
            call(*arguments, **options)
        return raised.exception

    def assert_store_error(self, call, status, cause=None):
        error = self.error(call)
        self.assertEqual((error.code, error.status), (status, 0))
        self.assertIs(error.__cause__, cause)
        self.assertEqual(self.reported, [])
        return error


class Files(Sessions):
    def test_new_process_is_logged_in_without_a_server(self):
        path = self.path()
        program = "import sys\nfrom bosauth import BosBase\nclient = BosBase(sys.argv[1], session_file=sys.argv[2])\n"
        log_in = "client.collection('users').auth_with_token('t')\n"
        with MockServer(LOGIN) as server:
            ended = run_python(program + log_in, server.url, str(path))
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        show = "store = client.auth_store\nprint(store.token, store.record['id'], store.snapshot().meta)\n"
        ended = run_python(program + show, server.url, str(path))
        self.assertEqual((ended.stdout, ended.stderr), ("a.b.c r {'isNew': True}\n", ""))

    @unittest.skipUnless(os.name == "posix", "requires permissions of POSIX")
    def test_only_the_user_can_read_the_file(self):
        path = self.path()
        BosBase(URL, session_file=path).auth_store.save("a.b.c")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_paths(self):
        path = self.path("sitzung-\u00e9\u6f22")
        for kind in (path, str(path)):
            BosBase(URL, session_file=kind).auth_store.save("a.b.c")
            self.assertEqual(BosBase(URL, session_file=kind).auth_store.token, "a.b.c")
            BosBase(URL, session_file=kind).auth_store.clear()
            self.assertFalse(path.exists())

    def test_relative_path_is_made_absolute(self):
        path = self.path()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(path.parent)
        client = BosBase(URL, session_file=path.name)
        os.chdir("/")
        client.auth_store.save("a.b.c")
        self.assertTrue(path.exists())

    def test_invalid_paths(self):
        invalid = {"": Status.INVALID_ARGUMENT, "a\0": Status.INVALID_ARGUMENT, "\ud800": Status.INVALID_UTF8}
        for path, status in invalid.items():
            error = self.error(BosBase, URL, session_file=path)
            self.assertEqual((error.code, error.argument), (status, "session_file"))
            self.assertIn("session_file", error.message)
        missing = self.path("path/session")
        self.assertIn(str(missing.parent), self.error(BosBase, URL, session_file=missing).message)
        for path in (5, object()):
            self.assertRaises(TypeError, BosBase, URL, session_file=path)
        with self.assertRaisesRegex(TypeError, "session_file and session_store exclude each other"):
            BosBase(URL, session_file="x", session_store=Memory())

    def test_properties_raise_if_the_file_cannot_be_read(self):
        path = self.path()
        client = BosBase(URL, session_file=path)
        store = client.auth_store
        path.mkdir()
        reads = [lambda name=name: getattr(store, name) for name in ("token", "record", "is_superuser", "store_status")]
        reads += [store.is_valid, store.snapshot, store.sync, store.export_session, lambda: client.send("/api/health")]
        reads += [client.collection("users").auth_refresh]
        for read in reads:
            self.assertIsInstance(self.assert_store_error(read, Status.STORE), bosauth.FixCallError)
        path.rmdir()
        self.assertEqual(store.token, "")

    def test_corrupt_file_is_kept(self):
        path = self.path()
        path.touch(0o600)
        path.write_text("garbage")
        store = BosBase(URL, session_file=path).auth_store
        error = self.assert_store_error(lambda: store.token, Status.STORE_CORRUPT)
        self.assertIsInstance(error, bosauth.AskCredentialsError)
        self.assertEqual(path.read_text(), "garbage")

    def test_export_and_import(self):
        store = BosBase(URL).auth_store
        self.assertIsNone(store.export_session())
        with MockServer(LOGIN) as server:
            client = BosBase(server.url)
            session = client.collection("users").auth_with_token("t").session
            text = client.auth_store.export_session()
            self.assertEqual(session.export(), text)
            fields = {"bosauth": 1, "baseUrl": server.url, "token": "a.b.c", "meta": {"isNew": True}}
            self.assertEqual(json.loads(text), {**fields, "record": session.record})
            other = BosBase(server.url).auth_store
            for kind in (text, text.encode(), bytearray(text.encode())):
                other.clear()
                other.import_session(kind)
                self.assertEqual((other.token, other.record, other.export_session()), ("a.b.c", session.record, text))
            for invalid in (text.replace(":1,", ":2,"), text.replace(server.url, URL), "{}", "", text[:-1]):
                error = self.error(other.import_session, invalid)
                self.assertEqual((error.code, error.argument), (Status.INVALID_ARGUMENT, "text"))
            self.assertRaises(TypeError, other.import_session, None)
            self.assertEqual(other.token, "a.b.c")


class Stores(Sessions):
    def test_session_is_stored_and_loaded(self):
        store = Memory()
        with MockServer(LOGIN) as server:
            client = BosBase(server.url, session_store=store)
            self.assertEqual(client.auth_store.token, "")
            client.collection("users").auth_with_token("t")
            self.assertEqual((client.auth_store.store_status, client.auth_store.generation), (Status.OK, 1))
            again = BosBase(server.url, session_store=store)
            self.assertEqual(again.auth_store.record["email"], "\u00e9@example.com")
            again.auth_store.clear()
            self.assertIsNone(store.text)
            self.assertEqual(client.auth_store.token, "a.b.c")
            client.auth_store.sync()
            self.assertEqual((client.auth_store.token, client.auth_store.generation), ("", 2))

    def test_store_may_return_bytes_or_an_empty_string(self):
        text = f'{{"bosauth":1,"baseUrl":"{URL}","token":"a","record":{{"name":"\u00e9"}}}}'
        for kind in (text, text.encode(), bytearray(text.encode())):
            self.assertEqual(BosBase(URL, session_store=Memory(kind)).auth_store.record, {"name": "\u00e9"})
        for none in ("", b"", None):
            self.assertIsNone(BosBase(URL, session_store=Memory(none)).auth_store.snapshot())

    def test_failing_load(self):
        for error, status in FAILURES:
            store = Memory()
            client = BosBase(URL, session_store=store)
            store.error = error
            users, current = client.collection("users"), client.auth_store
            for call in (current.snapshot, current.sync, users.auth_refresh, lambda: client.send("/x")):
                raised = self.assert_store_error(call, status, error)
                self.assertEqual(raised.action == bosauth.Action.RETRY_LATER, status == Status.STORE_UNAVAILABLE)
            # Calls without session are not affected.
            self.assertEqual(client.send_raw("/api/health", headers={"Authorization": "x"}).status, 200)
            self.assertTrue(users.bind_custom_token(EMAIL, PASSWORD, "token-of-sessions"))
            store.error = None
            self.assertEqual(client.auth_store.token, "")

    def test_cause_shows_the_store_and_no_frame_of_the_package(self):
        store = Memory()
        store.error = ValueError("failed")
        error = self.error(BosBase(URL, session_store=store).auth_store.snapshot)
        step, names = error.__cause__.__traceback__, []
        while step:
            names.append(step.tb_frame.f_code.co_name)
            step = step.tb_next
        self.assertEqual(names, ["load", "_use"])

    def test_invalid_result_of_load(self):
        for result, cause in ((5, TypeError), ({}, type(None)), ({1}, TypeError), ("a\0b", ValueError)):
            store = BosBase(URL, session_store=Memory(result)).auth_store
            if not result:
                self.assertIsNone(store.snapshot())
                continue
            error = self.error(store.snapshot)
            self.assertEqual((error.code, type(error.__cause__)), (Status.STORE, cause))
        error = self.error(BosBase(URL, session_store=Memory("\ud800")).auth_store.snapshot)
        self.assertEqual((error.code, error.__cause__.code), (Status.STORE, Status.INVALID_UTF8))
        store = Memory("garbage")
        client = BosBase(URL, session_store=store)
        self.assert_store_error(lambda: client.auth_store.record, Status.STORE_CORRUPT)
        client.auth_store.save("a.b.c")
        self.assertIn("a.b.c", store.text)

    def test_failing_save(self):
        for error, status in FAILURES:
            store = Memory()
            with MockServer(LOGIN) as server:
                client = BosBase(server.url, session_store=store)
                store.error = error
                session = client.collection("users").auth_with_token("t").session
                self.assertEqual((session.was_kept, self.reported), (True, [error]))
                self.reported.clear()
                current = client.auth_store
                self.assertEqual((current.token, current.store_status), ("a.b.c", status))
                self.assert_store_error(current.sync, status, error)
                store.error = None
                current.sync()
                self.assertEqual((current.store_status, json.loads(store.text)["token"]), (Status.OK, "a.b.c"))
                store.error = error
                self.assert_store_error(current.clear, status, error)
                self.assertEqual((current.token, store.text is None), ("", False))
                store.error = None
                current.sync()
                self.assertIsNone(store.text)
                self.assertEqual(self.reported, [])

    def test_refresh_does_not_replace_a_later_login(self):
        store = Memory()
        with MockServer(LOGIN) as server:
            client = BosBase(server.url, session_store=store)
            client.collection("users").auth_with_token("t")
            BosBase(server.url, session_store=store).auth_store.save("later")
            client.collection("users").auth_refresh()
            self.assertEqual(json.loads(store.text)["token"], "later")
            client.auth_store.sync()
            self.assertEqual(client.auth_store.token, "later")

    def test_store_may_use_the_client(self):
        class Calling(Memory):
            def load(self):
                self.seen = client.auth_store.token
                return super().load()

            def save(self, text):
                super().save(text)
                if client.auth_store.token == "first":
                    client.auth_store.save("second")

        store = Calling(f'{{"bosauth":1,"baseUrl":"{URL}","token":"stored"}}')
        client = BosBase(URL, session_store=store)
        self.assertEqual((client.auth_store.token, store.seen), ("stored", ""))
        client.auth_store.save("first")
        self.assertEqual((client.auth_store.token, json.loads(store.text)["token"]), ("second", "second"))

    def test_exceptions_that_are_not_errors_are_raised(self):
        for error in (KeyboardInterrupt(), SystemExit(3)):
            store = Memory()
            client = BosBase(URL, session_store=store)
            store.error = error
            for call in (client.auth_store.snapshot, lambda: client.auth_store.save("a"), client.auth_store.clear):
                with self.assertRaises(type(error)) as raised:
                    call()
                self.assertIs(raised.exception, error)
        self.assertEqual((self.reported, client.auth_store.token), ([], ""))

    @unittest.skipUnless(hasattr(os, "kill"), "os.kill is not available")
    def test_ctrl_c_in_a_store(self):
        class Interrupted(Memory):
            def save(self, text):
                os.kill(os.getpid(), signal.SIGINT)
                threading.Event().wait(WATCHDOG)

        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        client = BosBase(URL, session_store=Interrupted())
        self.assertRaises(KeyboardInterrupt, client.auth_store.save, "a.b.c")
        self.assertEqual((client.auth_store.token, client.auth_store.store_status), ("a.b.c", Status.STORE))
        self.assertEqual(self.reported, [])

    def test_other_objects_are_rejected(self):
        for store in (5, object(), "path", {"load": 1}):
            with self.assertRaisesRegex(TypeError, "session_store must be an object with load"):
                BosBase(URL, session_store=store)

    def test_store_is_kept_as_long_as_its_client(self):
        store = Memory()
        reference = weakref.ref(store)
        client = BosBase(URL, session_store=store)
        store.client = client
        del store
        gc.collect()
        client.auth_store.save("a.b.c")
        self.assertIsNotNone(reference().text)
        del client
        self.assert_released()
        self.assertIsNone(reference())

    def test_store_of_a_client_that_is_closed_in_its_function(self):
        class Closing(Memory):
            def load(self):
                client.close()

        client = BosBase(URL, session_store=Closing())
        with contextlib.suppress(ClientResponseError):
            client.auth_store.snapshot()
        self.assertEqual(self.error(client.auth_store.snapshot).code, Status.INVALID_HANDLE)

    def test_store_that_replaces_its_functions(self):
        """Bound once, so that a client has one store."""
        store = Memory()
        client = BosBase(URL, session_store=store)
        store.load = None
        self.assertEqual(client.auth_store.token, "")


class OfficialStores(Sessions):
    def test_session_is_stored_and_loaded(self):
        for url in (URL, URL + "/", URL.upper().replace("HTTP", "http"), URL.encode()):
            store = AuthStore()
            client = BosBase(url, session_store=store)
            self.assertEqual(client.auth_store.snapshot(), None)
            client.auth_store.save("a.b.c", {"id": "\u00e9"})
            self.assertEqual((store.token, store.record), ("a.b.c", {"id": "\u00e9"}))
            again = BosBase(url, session_store=store).auth_store
            self.assertEqual((again.token, again.record), ("a.b.c", {"id": "\u00e9"}))
            again.clear()
            self.assertEqual((store.token, store.record), ("", None))

    def test_sync_sees_only_changes(self):
        """A session with extra JSON, which the store does not keep, is the same one."""
        store = AuthStore()
        with MockServer(LOGIN) as server:
            client = BosBase(server.url, session_store=store)
            client.collection("users").auth_with_token("t")
            client.auth_store.sync()
            self.assertEqual((client.auth_store.generation, client.auth_store.snapshot().meta), (1, {"isNew": True}))
            store.record["name"] = "n"
            client.auth_store.sync()
            self.assertEqual((client.auth_store.generation, client.auth_store.record["name"]), (2, "n"))
            store.save("d.e.f", None)
            client.auth_store.sync()
            self.assertEqual((client.auth_store.token, client.auth_store.record), ("d.e.f", None))
            store.clear()
            client.auth_store.sync()
            self.assertEqual(client.auth_store.token, "")

    def test_failures(self):
        class Failing(AuthStore):
            def save(self, token, record):
                raise OSError("full")

        client = BosBase(URL, session_store=Failing())
        client.auth_store.save("a.b.c")
        self.assertEqual((client.auth_store.store_status, str(self.reported.pop())), (Status.STORE, "full"))
        store = AuthStore()
        store.token, store.record = "a.b.c", {1, 2}
        error = self.error(BosBase(URL, session_store=store).auth_store.snapshot)
        self.assertEqual((error.code, type(error.__cause__)), (Status.STORE, TypeError))
        store.token = "not a token"
        store.record = None
        self.assert_store_error(BosBase(URL, session_store=store).auth_store.snapshot, Status.STORE_CORRUPT)


class Listeners(Sessions):
    def setUp(self):
        super().setUp()
        self.changes = []

    def test_changes(self):
        stored = Memory()
        with MockServer(LOGIN) as server:
            client = BosBase(server.url, session_store=stored)
            store = client.auth_store
            store.subscribe(self.changes.append)
            client.collection("users").auth_with_token("t")
            client.collection("users").auth_refresh()
            store.save("d.e.f")
            text = store.export_session()
            store.clear()
            store.import_session(text)
            BosBase(server.url, session_store=stored).auth_store.save("later", {"id": "l"})
            store.sync()
            kinds = ("LOGIN", "REFRESH", "SAVE", "CLEAR", "IMPORT", "LOAD")
            tokens = ("a.b.c", "a.b.c", "d.e.f", "", "d.e.f", "later")
            seen = [(change.kind.name, change.generation, change.token) for change in self.changes]
            self.assertEqual(seen, list(zip(kinds, range(1, 7), tokens)))
            ids = [(change.record or {}).get("id") for change in self.changes]
            self.assertEqual(ids, ["r", "r", None, None, None, "l"])
            self.assertEqual(self.changes[3], SessionChange(ChangeKind.CLEAR, 4, "", None))
            self.assertEqual(store.generation, 6)
            self.assertEqual(repr(self.changes[0]), "<SessionChange LOGIN 1>")

    def test_names_of_the_official_package(self):
        store = BosBase(URL).auth_store
        calls = []
        changed = lambda token, record: calls.append((token, record))
        store.save("a.b.c", {"id": "r"})
        remove = store.on_change(changed, fire_immediately=True)
        self.assertEqual(calls, [("a.b.c", {"id": "r"})])
        store.clear()
        store.add_listener(calls.append)
        store.remove_listener(calls.append)
        store.remove_listener(calls.append)
        self.assertIsNone(remove())
        self.assertIsNone(remove())
        store.save("x")
        self.assertEqual(calls[1:], [("", None)])
        store.add_listener(changed)
        store.add_listener(changed)
        store.remove_listener(changed)
        store.save("y")
        self.assertEqual(calls[2:], [("y", None)])
        self.assertEqual(len(store._handle.listeners), 1)

    def test_fire_immediately_with_a_failing_store(self):
        stored = Memory()
        stored.error = ValueError()
        store = BosBase(URL, session_store=stored).auth_store
        add = lambda: store.on_change(self.changes.append, fire_immediately=True)
        self.assert_store_error(add, Status.STORE, stored.error)
        self.assertEqual(store._handle.listeners, [])

    def test_change_in_a_listener_is_told_later(self):
        store = BosBase(URL).auth_store

        def first(change):
            if change.token == "a":
                store.save("b")
            self.changes.append(("first", change.token, store.token))

        store.subscribe(first)
        store.subscribe(lambda change: self.changes.append(("second", change.token)))
        store.save("a")
        self.assertEqual(self.changes, [("first", "a", "b"), ("second", "a"), ("first", "b", "b"), ("second", "b")])

    def test_removal_in_listeners(self):
        store = BosBase(URL).auth_store

        def first(change):
            self.changes.append("first")
            removers[0]()
            removers[2]()

        removers = [store.subscribe(first)]
        removers.append(store.subscribe(lambda change: self.changes.append("second")))
        removers.append(store.subscribe(lambda change: self.changes.append("third")))
        store.save("a")
        store.save("b")
        self.assertEqual(self.changes, ["first", "second", "second"])

    def test_client_closed_in_a_listener(self):
        for close in (lambda client: client.close(), lambda client: client.close(5)):
            client = BosBase(URL)
            self.changes.clear()

            def first(change):
                self.changes.append(change.token)
                self.assertIs(close(client), True)

            client.auth_store.subscribe(first)
            client.auth_store.subscribe(self.changes.append)
            client.auth_store.save("a")
            self.assertEqual((self.changes, self.reported), (["a"], []))
            self.assertEqual(self.error(client.auth_store.subscribe, print).code, Status.INVALID_HANDLE)
            self.assertEqual(self.error(lambda: client.auth_store.generation).code, Status.INVALID_HANDLE)

    def test_client_deleted_in_a_listener(self):
        clients = [BosBase(URL)]
        clients[0].auth_store.subscribe(lambda change: (self.changes.append(change.token), clients.clear()))
        clients[0].auth_store.save("a")
        self.assertEqual((self.changes, clients, self.reported), (["a"], [], []))
        self.assert_released()

    def test_exceptions(self):
        store = BosBase(URL).auth_store
        failed = ValueError("failed")

        def failing(change):
            raise failed

        store.subscribe(failing)
        store.subscribe(self.changes.append)
        store.save("a")
        self.assertEqual((self.reported, [change.token for change in self.changes]), ([failed], ["a"]))
        for kind in (KeyboardInterrupt, SystemExit):
            failed = kind()
            self.assertRaises(kind, store.save, "b")
        self.assertEqual((len(self.changes), len(self.reported)), (3, 1))

    def test_calls_of_a_listener_do_not_raise_exceptions_of_the_store(self):
        stored = Memory()
        store = BosBase(URL, session_store=stored).auth_store
        store.save("a")
        store.subscribe(lambda change: self.changes.append(store.token))
        stored.error = ValueError("failed")
        self.assert_store_error(store.clear, Status.STORE, stored.error)
        self.assertEqual(self.changes, [""])

    def test_client_with_listeners_can_be_collected(self):
        client = BosBase(URL)
        client.auth_store.subscribe(lambda change, client=client: None)
        removers = [client.auth_store.on_change(lambda token, record, client=client: None)]
        reference = weakref.ref(client)
        del client
        removers.clear()
        self.assert_released()
        self.assertIsNone(reference())

    def test_remover_does_not_keep_the_client(self):
        client = BosBase(URL)
        remove = client.auth_store.subscribe(print)
        handle = weakref.ref(client._handle)
        del client
        self.assertIsNone(handle())
        remove()

    def test_threads(self):
        store = BosBase(URL).auth_store
        store.subscribe(self.changes.append)
        work = lambda: [store.save(f"{threading.get_ident()}.{number}") for number in range(50)]
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WATCHDOG)
        # A save that another one has overtaken is no change.
        self.assertEqual([change.generation for change in self.changes], list(range(1, store.generation + 1)))


class Coroutines(Sessions):
    """Not an IsolatedAsyncioTestCase, so that each test has its own loop."""

    def test_calls_of_store_and_listeners_are_on_the_thread_of_the_call(self):
        stored, threads = Memory(), []

        async def work(url):
            client = BosBase(url, session_store=stored)
            client.auth_store.subscribe(lambda change: threads.append(threading.current_thread()))
            await client.collection("users").aio.auth_with_token("t")
            self.assertEqual(client.auth_store.store_status, Status.OK)
            again = BosBase(url, session_store=stored)
            await again.collection("users").aio.auth_refresh()
            await again.aio.send("/x")
            failing = Memory()
            failing.error = ValueError("failed")
            client = BosBase(url, session_store=failing)
            for call in (client.aio.send("/x"), client.collection("users").aio.auth_refresh()):
                with self.assertRaises(ClientResponseError) as raised:
                    await call
                self.assertIs(raised.exception.__cause__, failing.error)
            failing.error = KeyboardInterrupt()
            with self.assertRaises(KeyboardInterrupt):
                await client.aio.send("/x")

        with MockServer(LOGIN) as server:
            asyncio.run(work(server.url))
        self.assertEqual(set(stored.threads), {"bosauth"})
        self.assertEqual([thread.name for thread in threads], ["bosauth"])

    def test_iterator(self):
        async def work():
            client, received = BosBase(URL), []
            changes = client.auth_store.changes()
            client.auth_store.save("before")

            async def iterate():
                async for change in changes:
                    received.append(change)

            def change_and_close():
                for number in range(100):
                    client.auth_store.save(f"t.{number}")
                client.close()

            task = asyncio.ensure_future(iterate())
            await asyncio.sleep(0)
            threading.Thread(target=change_and_close).start()
            await asyncio.wait_for(task, WATCHDOG)
            self.assertEqual([change.generation for change in received], list(range(1, 102)))
            self.assertEqual([change.token for change in received[::100]], ["before", "t.99"])
            with self.assertRaises(StopAsyncIteration):
                await changes.__anext__()
            self.assertEqual(self.error(client.auth_store.changes).code, Status.INVALID_HANDLE)

        asyncio.run(work())

    def test_iterator_is_ended(self):
        async def work():
            client = BosBase(URL)
            changes = client.auth_store.changes()
            waiting = asyncio.ensure_future(changes.__anext__())
            await asyncio.sleep(0)
            await changes.aclose()
            await changes.aclose()
            with self.assertRaises(StopAsyncIteration):
                await waiting
            changes = client.auth_store.changes()
            client.auth_store.save("a")
            async for change in changes:
                break
            self.assertEqual(len(self.receivers_of_test()), 1)
            del changes
            self.assert_released()
            self.assertEqual(client._handle.iterators, set())
            self.assertEqual(change.token, "a")

        asyncio.run(work())

    def test_closing_ends_a_waiting_iterator(self):
        async def work():
            client = BosBase(URL)
            waiting = asyncio.ensure_future(client.auth_store.changes().__anext__())
            await asyncio.sleep(0)
            threading.Thread(target=client.close).start()
            with self.assertRaises(StopAsyncIteration):
                await asyncio.wait_for(waiting, WATCHDOG)

        asyncio.run(work())

    def test_waiting_can_be_cancelled(self):
        async def work():
            client = BosBase(URL)
            changes = client.auth_store.changes()
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(changes.__anext__(), 0.01)
            client.auth_store.save("a")
            self.assertEqual((await changes.__anext__()).token, "a")

        asyncio.run(work())

    def test_changes_after_the_loop(self):
        client = BosBase(URL)

        async def work():
            return client.auth_store.changes()

        changes = asyncio.run(work())
        client.auth_store.save("a")
        client.close()
        self.assertEqual(self.reported, [])
        del changes
        self.assertRaises(RuntimeError, BosBase(URL).auth_store.changes)
        self.assert_released()


def log_in(url, token, path):
    """Runs in another process."""
    BosBase(url, session_file=path).collection("users").auth_with_token(token)


class Processes(Sessions):
    def test_processes_share_a_file(self):
        path = self.path()
        token = bound_token()
        with BosBase(URL, session_file=path) as client:
            self.assertEqual(client.auth_store.token, "")
            process = multiprocessing.get_context("spawn").Process(target=log_in, args=(URL, token, path))
            process.start()
            process.join(WATCHDOG)
            self.assertEqual((process.exitcode, client.auth_store.token), (0, ""))
            client.auth_store.sync()
            self.assertEqual(client.auth_store.record["email"], EMAIL)
            client.auth_store.clear()
        self.assertEqual(BosBase(URL, session_file=path).auth_store.token, "")

    @unittest.skipUnless(hasattr(os, "fork"), "os.fork is not available")
    def test_fork(self):
        """Parent and child use the store, the listeners and the file of one client."""
        ended = run_python(FORKING, URL, str(self.path()))
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "child child\nparent child\n", ""))

    def test_exit(self):
        """Of an interpreter with live stores, listeners and iterators, and calls in other threads."""
        with MockServer() as server:
            for threads in ("", "daemon", "coroutine"):
                ended = run_python(EXITING, server.url, threads)
                output = (ended.returncode, ended.stdout, ended.stderr)
                # The stack of a daemon thread keeps global objects alive.
                last = "" if threads == "daemon" else "destructor\n"
                self.assertEqual(output, (0, "saved\n" + last, ""), threads)

    def test_exit_during_callbacks_of_a_daemon_thread(self):
        for delay in ("0", "0.01", "0.05"):
            ended = run_python(SAVING, URL, delay)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended.stdout)


FORKING = r"""
import os, sys, threading
from bosauth import BosBase

class Store:
    text = None
    def load(self):
        return self.text
    def save(self, text):
        self.text = text

url, path = sys.argv[1:]
changes = []
clients = [BosBase(url, session_store=Store()), BosBase(url, session_file=path)]
for client in clients:
    client.auth_store.subscribe(lambda change: changes.append(change.token))
    client.auth_store.save("first")
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
    clients[1].auth_store.sync()
else:
    for client in clients:
        client.auth_store.save("child")
        client.auth_store.sync()
    assert changes == ["first", "first", "child", "child"], changes
    print("child", clients[1].auth_store.token, flush=True)
    os._exit(0)
assert changes == ["first", "first", "child"], changes
assert clients[0].auth_store.token == "first"
print("parent", clients[1].auth_store.token)
"""

#: A change in an exit handler and one in a destructor, with a call in flight in a thread of the kind in the arguments.
EXITING = r"""
import asyncio, atexit, builtins, os, sys, threading
from bosauth import BosBase

class Store:
    def load(self):
        return None
    def save(self, text):
        os.write(1, b"saved\n")

class Last:
    def __init__(self):
        self.store, self.write = BosBase(sys.argv[1]).auth_store, os.write
        self.store.subscribe(print)
    def __del__(self):
        self.store.save("last")
        self.write(1, b"destructor\n")

client = BosBase(sys.argv[1], session_store=Store(), timeout=3600)
client.auth_store.subscribe(lambda change: client)
users, keep, threads = client.collection("users"), [client], []
keep.append(keep)

async def call():
    changes = client.auth_store.changes()
    task = asyncio.ensure_future(users.aio.auth_with_token("t"))
    await asyncio.sleep(0.05)
    return changes, task

threading.excepthook = id
if sys.argv[2] == "daemon":
    threading.Thread(target=lambda: users.auth_with_token("t"), daemon=True).start()
elif sys.argv[2] == "coroutine":
    loop = asyncio.new_event_loop()
    changes, task = loop.run_until_complete(call())
    task._log_destroy_pending = False
atexit.register(client.auth_store.save, "x")
if sys.argv[2] != "daemon":
    last = Last()
# Deleted after the modules of the package.
builtins.client = BosBase(sys.argv[1], session_store=Store())
builtins.client.auth_store.subscribe(print)
"""

#: Changes in daemon threads until the process exits.
SAVING = r"""
import sys, threading, time
from bosauth import BosBase

class Store:
    def load(self):
        return None
    def save(self, text):
        time.sleep(0.001)

client = BosBase(sys.argv[1], session_store=Store())
client.auth_store.subscribe(lambda change: time.sleep(0.001))
saved = threading.Event()
threading.excepthook = id

def save():
    while True:
        client.auth_store.save("a")
        saved.set()

for _ in range(4):
    threading.Thread(target=save, daemon=True).start()
saved.wait()
time.sleep(float(sys.argv[2]))
"""


if __name__ == "__main__":
    unittest.main()
