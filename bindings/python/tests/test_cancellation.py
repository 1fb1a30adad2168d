"""Cancellation by a Cancel, by a signal handler, and by closing the client."""

import copy
import linecache
import os
import pickle
import signal
import sys
import threading
import time
import unittest
from functools import partial

from bosauth import BosBase, Cancel, ClientResponseError, Status
from bosauth._call import _idle_hooks
from support import EMAIL, URL, WATCHDOG, MockServer, bound_token, response

LOGIN = response(200, b'{"token":"a.b.c","record":{"id":"r"}}')


def calls(client):
    """Yields every call, without its options."""
    client.auth_store.save("a.b.c", {"id": "r", "collectionId": "users"})
    users = client.collection("users")
    yield partial(users.bind_custom_token, "e", "p", "t")
    yield partial(users.unbind_custom_token, "e", "p", "t")
    yield partial(users.auth_with_token, "t")
    yield partial(users.auth_with_password, "i", "p")
    yield partial(users.request_otp, "e")
    yield partial(users.auth_with_otp, "o", "c")
    yield users.auth_refresh
    yield partial(client.send, "/x")
    yield partial(client.send_raw, "/x", method="POST")


class Caller(threading.Thread):
    """A thread that makes a call and stores its result or error."""

    def __init__(self, call, *arguments, **options):
        super().__init__()
        self._call = lambda: call(*arguments, **options)
        self.error = self.result = None
        self.start()

    def run(self):
        try:
            self.result = self._call()
        except ClientResponseError as error:
            self.error = error

    def joined_error(self):
        self.join(WATCHDOG)
        assert not self.is_alive(), "the call has not ended"
        return self.error


class Cancellation(unittest.TestCase):
    def assert_cancelled(self, error, is_sent):
        self.assertIs(type(error), ClientResponseError)
        self.assertEqual((error.code, error.status, error.is_abort), (Status.CANCELLED, 0, True))
        self.assertIsNone(error.original_error)
        self.assertEqual(error.outcome_unknown, is_sent)


class Cancels(Cancellation):
    def test_trigger_before_the_call(self):
        cancel = Cancel()
        self.assertFalse(cancel.triggered)
        cancel.trigger()
        cancel.trigger()
        self.assertTrue(cancel.triggered)
        self.assertEqual(repr(cancel), "<Cancel triggered=True>")
        with MockServer(LOGIN) as server:
            client = BosBase(server.url)
            for call in calls(client):
                # In the main thread and in another thread.
                with self.assertRaises(ClientResponseError) as raised:
                    call(cancel=cancel)
                self.assert_cancelled(raised.exception, is_sent=False)
                self.assert_cancelled(Caller(call, cancel=cancel).joined_error(), is_sent=False)
            with self.assertRaises(ClientResponseError) as raised:
                client.collection("users").auth_with_token("", cancel=cancel)
            self.assertEqual(raised.exception.argument, "token", "invalid arguments are reported first")
            self.assertEqual(server.requests, [])

    def test_cancel_shared_by_calls_and_clients(self):
        with MockServer() as server:
            shared, other = Cancel(), Cancel()
            clients = [BosBase(server.url), BosBase(server.url)]
            calls = [
                Caller(clients[number % 2].collection("users").auth_with_token, "t", cancel=shared)
                for number in range(8)
            ]
            others = Caller(clients[0].collection("users").auth_with_token, "t", cancel=other)
            server.wait_for(9)
            shared.trigger()
            for call in calls:
                self.assert_cancelled(call.joined_error(), is_sent=True)
            self.assertTrue(others.is_alive())
            other.trigger()
            self.assert_cancelled(others.joined_error(), is_sent=True)

    def test_trigger_from_another_thread(self):
        with MockServer() as server:
            for number, call in enumerate(calls(BosBase(server.url, timeout=10 * WATCHDOG)), 1):
                cancel = Cancel()
                threading.Thread(target=lambda: (server.wait_for(number), cancel.trigger())).start()
                with self.subTest(number), self.assertRaises(ClientResponseError) as raised:
                    call(cancel=cancel)
                self.assert_cancelled(raised.exception, is_sent=True)

    def test_deleted_cancel_cancels_nothing(self):
        users, token = BosBase(URL).collection("users"), bound_token()
        self.assertEqual(users.auth_with_token(token, cancel=Cancel())["record"]["email"], EMAIL)
        cancel = Cancel()
        result = users.auth_with_token(token, cancel=cancel)
        cancel.trigger()
        self.assertTrue(result.session.was_kept)
        self.assertEqual(users.auth_with_token(token)["record"]["email"], EMAIL)

    def test_trigger_at_varying_times(self):
        client, token = BosBase(URL), bound_token()
        users, outcomes = client.collection("users"), set()
        for number in range(200):
            client.auth_store.save("before")
            cancel = Cancel()
            call = Caller(users.auth_with_token, token, cancel=cancel)
            time.sleep(number / 200 * 0.004)
            cancel.trigger()
            error = call.joined_error()
            outcomes.add(error is None)
            if error is None:
                self.assertEqual(client.auth_store.token, call.result["token"])
            else:
                self.assertEqual((error.code, client.auth_store.token), (Status.CANCELLED, "before"))
            self.assertEqual(cancel._handles, set(), "the handle of the call is removed")

    def test_wrong_types_and_pickle(self):
        users = BosBase(URL).collection("users")
        for wrong in (1, True, threading.Event(), Cancel):
            with self.subTest(wrong), self.assertRaisesRegex(TypeError, "cancel must be a Cancel"):
                users.auth_with_token("t", cancel=wrong)
        for copier in (pickle.dumps, copy.deepcopy):
            with self.assertRaises(TypeError):
                copier(Cancel())


class Closing(Cancellation):
    def test_close_cancels_calls_in_flight(self):
        variants = (BosBase.close, lambda client: client.close(wait=60), lambda client: client.__exit__(None, None, None))
        for close in variants:
            with self.subTest(close), MockServer() as server:
                client = BosBase(server.url)
                users = client.collection("users")
                calls = [Caller(users.auth_with_token, "t") for _ in range(8)]
                server.wait_for(8)
                self.assertIn(close(client), (True, None))
                for call in calls:
                    self.assert_cancelled(call.joined_error(), is_sent=True)
                with self.assertRaises(ClientResponseError) as raised:
                    users.auth_with_token("t")
                self.assertEqual(raised.exception.code, Status.INVALID_HANDLE)
                self.assertTrue(client.close(), "closing again returns the same")

    def test_invalid_wait(self):
        client = BosBase(URL)
        for wait in (0, -1, 86400.001, float("nan")):
            with self.subTest(wait), self.assertRaises(ClientResponseError) as raised:
                client.close(wait)
            self.assertEqual((raised.exception.code, raised.exception.argument), (Status.INVALID_ARGUMENT, "wait"))
        with self.assertRaises(TypeError):
            client.close("1")
        client.auth_store.clear()
        self.assertTrue(client.close(0.001))

    def test_call_in_flight_keeps_its_client_open(self):
        with MockServer() as server:
            cancel = Cancel()
            call = Caller(BosBase(server.url).collection("users").auth_with_token, "t", cancel=cancel)
            server.wait_for(1)
            self.assertTrue(call.is_alive())
            cancel.trigger()
            self.assert_cancelled(call.joined_error(), is_sent=True)


@unittest.skipUnless(hasattr(signal, "setitimer"), "setitimer is not available")
class Signals(Cancellation):
    """Signals during a call in the main thread."""

    def set_handler(self, number, handler):
        before = signal.signal(number, handler)
        self.addCleanup(signal.signal, number, before)

    def when_sent(self, server, work, *arguments):
        """Runs a function after the server has received the request."""
        thread = threading.Thread(target=lambda: (server.wait_for(1), work(*arguments)))
        thread.start()
        self.addCleanup(thread.join)

    def kill_when_sent(self, server, number):
        self.when_sent(server, os.kill, os.getpid(), number)

    def test_ctrl_c_ends_every_call(self):
        self.set_handler(signal.SIGINT, signal.default_int_handler)
        for number in range(len(list(calls(BosBase(URL))))):
            with self.subTest(number), MockServer() as server:
                self.kill_when_sent(server, signal.SIGINT)
                client = BosBase(server.url, timeout=10 * WATCHDOG)
                with self.assertRaises(KeyboardInterrupt):
                    list(calls(client))[number]()
                self.assertTrue(server.is_disconnected(), "the call has ended")
                self.assertTrue(client.close(0.001), "no call is in flight")

    def test_raising_handler_ends_the_call(self):
        def late(*_):
            raise TimeoutError("from the handler")

        self.set_handler(signal.SIGALRM, late)
        with MockServer() as server:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with self.assertRaisesRegex(TimeoutError, "from the handler"):
                BosBase(server.url, timeout=10 * WATCHDOG).collection("users").auth_with_token("t")

    def test_returning_handler_does_not_end_the_call(self):
        seen = threading.Semaphore(0)
        self.set_handler(signal.SIGUSR1, lambda *_: seen.release())

        def kill_and_release():
            for _ in range(5):
                os.kill(os.getpid(), signal.SIGUSR1)
                seen.acquire(timeout=WATCHDOG)
            server.release()

        with MockServer(LOGIN, hold=True) as server:
            self.when_sent(server, kill_and_release)
            users = BosBase(server.url, timeout=10 * WATCHDOG).collection("users")
            self.assertEqual(users.auth_with_token("t")["token"], "a.b.c")

    def test_handler_may_make_calls_and_trigger(self):
        token, cancel, emails = bound_token(), Cancel(), []

        def handler(*_):
            emails.append(BosBase(URL).collection("users").auth_with_token(token)["record"]["email"])
            cancel.trigger()

        self.set_handler(signal.SIGUSR1, handler)
        with MockServer() as server:
            self.kill_when_sent(server, signal.SIGUSR1)
            with self.assertRaises(ClientResponseError) as raised:
                BosBase(server.url).collection("users").auth_with_token("t", cancel=cancel)
            self.assert_cancelled(raised.exception, is_sent=True)
        self.assertEqual(emails, [EMAIL])

    def test_signal_delivered_to_another_thread(self):
        """The system then interrupts that thread, so the main thread must poll for signals."""
        self.set_handler(signal.SIGINT, signal.default_int_handler)
        with MockServer() as server:
            self.kill_when_sent(server, signal.SIGINT)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            self.addCleanup(signal.pthread_sigmask, signal.SIG_UNBLOCK, [signal.SIGINT])
            with self.assertRaises(KeyboardInterrupt):
                BosBase(server.url, timeout=10 * WATCHDOG).collection("users").auth_with_token("t")

    def test_hook_of_an_interrupted_call_is_not_used_again(self):
        self.set_handler(signal.SIGINT, signal.default_int_handler)
        for _ in range(3):
            with MockServer() as server:
                self.kill_when_sent(server, signal.SIGINT)
                with self.assertRaises(KeyboardInterrupt):
                    BosBase(server.url, timeout=10 * WATCHDOG).collection("users").auth_with_token("t")
        users, token = BosBase(URL).collection("users"), bound_token()
        self.assertEqual(users.auth_with_token(token)["record"]["email"], EMAIL)
        self.assertEqual(len(_idle_hooks), 1)

    def test_handler_that_raises_while_the_hook_is_created_prevents_the_call(self):
        """CPython before 3.11 runs signal handlers when the generator of a hook starts."""

        def interrupt(frame, event, _):
            if "yield 0" in linecache.getline(frame.f_code.co_filename, frame.f_lineno) and event == "line":
                raise KeyboardInterrupt
            return interrupt

        self.addCleanup(sys.settrace, sys.gettrace())
        _idle_hooks.clear()
        with MockServer(LOGIN) as server:
            users = BosBase(server.url).collection("users")
            with self.assertRaises(KeyboardInterrupt):
                sys.settrace(interrupt)
                users.auth_with_token("t")
            sys.settrace(None)
            self.assertEqual((server.requests, _idle_hooks), ([], []))
            self.assertEqual(users.auth_with_token("t")["token"], "a.b.c")

    def test_signal_does_not_trigger_the_cancel(self):
        self.set_handler(signal.SIGINT, signal.default_int_handler)
        with MockServer() as server:
            self.kill_when_sent(server, signal.SIGINT)
            cancel = Cancel()
            with self.assertRaises(KeyboardInterrupt):
                BosBase(server.url).collection("users").auth_with_token("t", cancel=cancel)
            self.assertFalse(cancel.triggered)
            self.assertEqual(cancel._handles, set())


if __name__ == "__main__":
    unittest.main()
