"""Calls that are stopped: by a Cancel, by a signal, by the end of their client."""

import copy
import os
import pickle
import signal
import threading
import time
import unittest

from bosauth import BosBase, Cancel, ClientResponseError, Status
from support import EMAIL, URL, WATCHDOG, Peer, answer, bound

LOGIN = answer(200, b'{"token":"a.b.c","record":{"id":"r"}}')


class Caller(threading.Thread):
    """A thread in a call, and what came of it."""

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

    def ended(self):
        self.join(WATCHDOG)
        assert not self.is_alive(), "the call goes on"
        return self.error


class Stopping(unittest.TestCase):
    def assert_cancelled(self, error, is_sent):
        self.assertIs(type(error), ClientResponseError)
        self.assertEqual((error.code, error.status, error.is_abort), (Status.CANCELLED, 0, True))
        self.assertIsNone(error.original_error)
        self.assertEqual(error.outcome_unknown, is_sent)


class Cancels(Stopping):
    def test_before_the_call(self):
        cancel = Cancel()
        self.assertFalse(cancel.triggered)
        cancel.trigger()
        cancel.trigger()
        self.assertTrue(cancel.triggered)
        self.assertEqual(repr(cancel), "<Cancel triggered=True>")
        with Peer(LOGIN) as peer:
            users = BosBase(peer.url).collection("users")
            calls = (
                lambda: users.bind_custom_token("e", "p", "t", cancel=cancel),
                lambda: users.unbind_custom_token("e", "p", "t", cancel=cancel),
                lambda: users.auth_with_token("t", cancel=cancel),
            )
            for call in calls:
                # In the main thread and in another one.
                with self.assertRaises(ClientResponseError) as raised:
                    call()
                self.assert_cancelled(raised.exception, is_sent=False)
                self.assert_cancelled(Caller(call).ended(), is_sent=False)
            with self.assertRaises(ClientResponseError) as raised:
                users.auth_with_token("", cancel=cancel)
            self.assertEqual(raised.exception.argument, "token", "a bad argument is told first")
            self.assertEqual(peer.requests, [])

    def test_one_for_several_calls_and_clients(self):
        with Peer() as peer:
            shared, other = Cancel(), Cancel()
            clients = [BosBase(peer.url), BosBase(peer.url)]
            calls = [
                Caller(clients[number % 2].collection("users").auth_with_token, "t", cancel=shared)
                for number in range(8)
            ]
            others = Caller(clients[0].collection("users").auth_with_token, "t", cancel=other)
            peer.wait_for(9)
            shared.trigger()
            for call in calls:
                self.assert_cancelled(call.ended(), is_sent=True)
            self.assertTrue(others.is_alive())
            other.trigger()
            self.assert_cancelled(others.ended(), is_sent=True)

    def test_the_main_thread_is_stopped_from_another(self):
        with Peer() as peer:
            cancel = Cancel()
            threading.Thread(target=lambda: (peer.wait_for(1), cancel.trigger())).start()
            with self.assertRaises(ClientResponseError) as raised:
                BosBase(peer.url).collection("users").bind_custom_token("e", "p", "t", cancel=cancel)
            self.assert_cancelled(raised.exception, is_sent=True)

    def test_one_that_is_dropped_stops_nothing(self):
        users, token = BosBase(URL).collection("users"), bound()
        self.assertEqual(users.auth_with_token(token, cancel=Cancel())["record"]["email"], EMAIL)
        cancel = Cancel()
        result = users.auth_with_token(token, cancel=cancel)
        cancel.trigger()
        self.assertTrue(result.session.was_kept)
        self.assertEqual(users.auth_with_token(token)["record"]["email"], EMAIL)

    def test_at_any_moment(self):
        client, token = BosBase(URL), bound()
        users, ends = client.collection("users"), set()
        for number in range(200):
            client.auth_store.save("before")
            cancel = Cancel()
            call = Caller(users.auth_with_token, token, cancel=cancel)
            time.sleep(number / 200 * 0.004)
            cancel.trigger()
            error = call.ended()
            ends.add(error is None)
            if error is None:
                self.assertEqual(client.auth_store.token, call.result["token"])
            else:
                self.assertEqual((error.code, client.auth_store.token), (Status.CANCELLED, "before"))
            self.assertEqual(cancel._stops, set(), "nothing is left of the call")

    def test_wrong_types(self):
        users = BosBase(URL).collection("users")
        for wrong in (1, True, threading.Event(), Cancel):
            with self.subTest(wrong), self.assertRaisesRegex(TypeError, "cancel must be a Cancel"):
                users.auth_with_token("t", cancel=wrong)
        for way in (pickle.dumps, copy.deepcopy):
            with self.assertRaises(TypeError):
                way(Cancel())


class Closing(Stopping):
    def test_calls_under_way_are_cancelled(self):
        ways = (BosBase.close, lambda client: client.close(wait=60), lambda client: client.__exit__(None, None, None))
        for close in ways:
            with self.subTest(close), Peer() as peer:
                client = BosBase(peer.url)
                users = client.collection("users")
                calls = [Caller(users.auth_with_token, "t") for _ in range(8)]
                peer.wait_for(8)
                self.assertIn(close(client), (True, None))
                for call in calls:
                    self.assert_cancelled(call.ended(), is_sent=True)
                with self.assertRaises(ClientResponseError) as raised:
                    users.auth_with_token("t")
                self.assertEqual(raised.exception.code, Status.INVALID_HANDLE)
                self.assertTrue(client.close(), "closing again says what is known")

    def test_a_wait_that_is_none(self):
        client = BosBase(URL)
        for wait in (0, -1, 86400.001, float("nan")):
            with self.subTest(wait), self.assertRaises(ClientResponseError) as raised:
                client.close(wait)
            self.assertEqual((raised.exception.code, raised.exception.argument), (Status.INVALID_ARGUMENT, "wait"))
        with self.assertRaises(TypeError):
            client.close("1")
        client.auth_store.clear()
        self.assertTrue(client.close(0.001))

    def test_a_client_that_nobody_refers_to_waits_for_its_calls(self):
        with Peer() as peer:
            cancel = Cancel()
            call = Caller(BosBase(peer.url).collection("users").auth_with_token, "t", cancel=cancel)
            peer.wait_for(1)
            self.assertTrue(call.is_alive())
            cancel.trigger()
            self.assert_cancelled(call.ended(), is_sent=True)


@unittest.skipUnless(hasattr(signal, "setitimer"), "there are no such signals here")
class Signals(Stopping):
    """Signals that come to this process while its main thread is in a call."""

    def on(self, number, handler):
        before = signal.signal(number, handler)
        self.addCleanup(signal.signal, number, before)

    def when_sent(self, peer, work, *arguments):
        """Does something when the peer has got the request."""
        thread = threading.Thread(target=lambda: (peer.wait_for(1), work(*arguments)))
        thread.start()
        self.addCleanup(thread.join)

    def kill_when_sent(self, peer, number):
        self.when_sent(peer, os.kill, os.getpid(), number)

    def test_ctrl_c_ends_every_call(self):
        self.on(signal.SIGINT, signal.default_int_handler)
        calls = {
            "bind_custom_token": ("e", "p", "t"),
            "unbind_custom_token": ("e", "p", "t"),
            "auth_with_token": ("t",),
        }
        for name, arguments in calls.items():
            with self.subTest(name), Peer() as peer:
                self.kill_when_sent(peer, signal.SIGINT)
                client = BosBase(peer.url, timeout=10 * WATCHDOG)
                with self.assertRaises(KeyboardInterrupt) as raised:
                    getattr(client.collection("users"), name)(*arguments)
                self.assertTrue(peer.was_left(), "the call has ended")
                self.assertTrue(client.close(0.001), "nothing is under way any more")

    def test_any_handler_that_raises_does(self):
        def late(*_):
            raise TimeoutError("the app's own")

        self.on(signal.SIGALRM, late)
        with Peer() as peer:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with self.assertRaisesRegex(TimeoutError, "the app's own"):
                BosBase(peer.url, timeout=10 * WATCHDOG).collection("users").auth_with_token("t")

    def test_a_handler_that_does_not_raise_lets_the_call_go_on(self):
        seen = threading.Semaphore(0)
        self.on(signal.SIGUSR1, lambda *_: seen.release())

        def kill_and_release():
            for _ in range(5):
                os.kill(os.getpid(), signal.SIGUSR1)
                seen.acquire(timeout=WATCHDOG)
            peer.release()

        with Peer(LOGIN, hold=True) as peer:
            self.when_sent(peer, kill_and_release)
            users = BosBase(peer.url, timeout=10 * WATCHDOG).collection("users")
            self.assertEqual(users.auth_with_token("t")["token"], "a.b.c")

    def test_a_handler_may_call_and_trigger(self):
        token, cancel, made = bound(), Cancel(), []

        def handler(*_):
            made.append(BosBase(URL).collection("users").auth_with_token(token)["record"]["email"])
            cancel.trigger()

        self.on(signal.SIGUSR1, handler)
        with Peer() as peer:
            self.kill_when_sent(peer, signal.SIGUSR1)
            with self.assertRaises(ClientResponseError) as raised:
                BosBase(peer.url).collection("users").auth_with_token("t", cancel=cancel)
            self.assert_cancelled(raised.exception, is_sent=True)
        self.assertEqual(made, [EMAIL])

    def test_a_signal_that_another_thread_gets(self):
        """The system wakes that thread then, not the main one, which has to look by itself."""
        self.on(signal.SIGINT, signal.default_int_handler)
        with Peer() as peer:
            self.kill_when_sent(peer, signal.SIGINT)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            self.addCleanup(signal.pthread_sigmask, signal.SIG_UNBLOCK, [signal.SIGINT])
            with self.assertRaises(KeyboardInterrupt):
                BosBase(peer.url, timeout=10 * WATCHDOG).collection("users").auth_with_token("t")

    def test_another_cancel_is_left_alone(self):
        self.on(signal.SIGINT, signal.default_int_handler)
        with Peer() as peer:
            self.kill_when_sent(peer, signal.SIGINT)
            cancel = Cancel()
            with self.assertRaises(KeyboardInterrupt):
                BosBase(peer.url).collection("users").auth_with_token("t", cancel=cancel)
            self.assertFalse(cancel.triggered)
            self.assertEqual(cancel._stops, set())


if __name__ == "__main__":
    unittest.main()
