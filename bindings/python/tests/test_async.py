"""Coroutine calls: concurrency and cancellation."""

import asyncio
import inspect
import threading
import unittest

import bosauth
from bosauth import BosBase, Cancel, ClientResponseError, Status
from bosauth._call import awaiting
from support import (
    EMAIL,
    PASSWORD,
    URL,
    WATCHDOG,
    MockServer,
    SlowCall,
    bound_token,
    guarded_account,
    new_token,
    one_time_password,
    response,
    run_python,
)

LOGIN = response(200, b'{"token":"a.b.c","record":{"id":"r"}}')


class Calls(unittest.IsolatedAsyncioTestCase):
    async def test_bind_login_unbind(self):
        client, token = BosBase(URL), new_token()
        users = client.collection("users").aio
        self.assertIs(await users.bind_custom_token(EMAIL, PASSWORD, token), True)
        result = await users.auth_with_token(token, fields="token,record", timeout=60)
        self.assertEqual(result["record"]["email"], EMAIL)
        self.assertEqual(client.auth_store.token, result["token"])
        self.assertIs(await users.unbind_custom_token(EMAIL, PASSWORD, token), True)
        with self.assertRaises(bosauth.AskCredentialsError) as raised:
            await users.auth_with_token(token)
        self.assertEqual(raised.exception.code, Status.UNKNOWN_TOKEN)
        self.assertEqual(repr(users), "<AsyncCollection 'users'>")

    async def test_two_factors_refresh_and_send(self):
        client, email = BosBase(URL), guarded_account()
        guarded = client.collection("guarded").aio
        with self.assertRaises(bosauth.SecondFactorError) as raised:
            await guarded.auth_with_password(email, PASSWORD)
        otp_id, code = one_time_password(client, email)
        result = await guarded.auth_with_otp(otp_id, code, mfa_id=raised.exception.mfa_id)
        self.assertEqual(await guarded.auth_refresh(), result)
        self.assertEqual(list(await guarded.request_otp(email)), ["otpId"])
        path = f"/api/collections/guarded/records/{result['record']['id']}"
        self.assertEqual(await client.aio.send(path, query={"fields": "email"}), {"email": email})
        received = await client.aio.send_raw(path)
        self.assertEqual((received.status, received.data["email"]), (200, email))
        self.assertEqual(repr(client.aio), "<AsyncClient>")

    async def test_signatures_and_docstrings(self):
        client = BosBase(URL)
        calls = ("bind_custom_token", "unbind_custom_token", "auth_with_token", "auth_with_password", "request_otp")
        for owner, names in (
            (client.collection("users"), (*calls, "auth_with_otp", "auth_refresh")),
            (client, ("send", "send_raw")),
        ):
            for name in names:
                call, coroutine = getattr(owner, name), getattr(owner.aio, name)
                self.assertTrue(inspect.iscoroutinefunction(coroutine))
                self.assertEqual(inspect.signature(coroutine), inspect.signature(call))
                self.assertEqual(coroutine.__doc__, call.__doc__)

    async def test_invalid_arguments(self):
        users = BosBase(URL).collection("users").aio
        with self.assertRaises(TypeError):
            await users.auth_with_token(5)
        with self.assertRaises(bosauth.FixCallError) as raised:
            await users.auth_with_token("")
        self.assertEqual(raised.exception.argument, "token")
        with self.assertRaises(bosauth.FixCallError) as raised:
            await BosBase(URL).aio.send("/../x")
        self.assertEqual(raised.exception.argument, "path")

    async def test_hundred_concurrent_calls(self):
        """All calls are in flight at once: the server responds after it has received the last request."""
        with MockServer(LOGIN, hold=True) as server:
            users = BosBase(server.url, timeout=10 * WATCHDOG).collection("users").aio
            calls = [asyncio.ensure_future(users.auth_with_token("t", keep_session=False)) for _ in range(100)]
            await asyncio.get_running_loop().run_in_executor(None, server.wait_for, 100)
            server.release()
            for result in await asyncio.gather(*calls):
                self.assertEqual(result["token"], "a.b.c")
        self.assertEqual(threads(), 0, "no thread outlives its call")


class Cancelling(unittest.IsolatedAsyncioTestCase):
    async def in_flight(self, server, calls=1, **options):
        """Returns tasks whose requests the server has received."""
        users = BosBase(server.url, timeout=10 * WATCHDOG).collection("users").aio
        tasks = [asyncio.ensure_future(users.auth_with_token("t", **options)) for _ in range(calls)]
        await asyncio.get_running_loop().run_in_executor(None, server.wait_for, calls)
        return tasks

    async def test_cancelled_task_cancels_its_call(self):
        with MockServer() as server:
            tasks = await self.in_flight(server, 20)
            for task in tasks:
                task.cancel()
            for task in tasks:
                with self.assertRaises(asyncio.CancelledError):
                    await task
            self.assertTrue(server.is_disconnected(), "the call has ended")

    async def test_cancelled_task_cancels_its_request(self):
        with MockServer() as server:
            task = asyncio.ensure_future(BosBase(server.url, timeout=10 * WATCHDOG).aio.send("/x"))
            await asyncio.get_running_loop().run_in_executor(None, server.wait_for, 1)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertTrue(server.is_disconnected(), "the call has ended")

    async def test_task_ends_after_its_call(self):
        ended = []
        with MockServer() as server:
            client = BosBase(server.url, timeout=10 * WATCHDOG)
            task = asyncio.ensure_future(client.collection("users").aio.auth_with_token("t"))
            await asyncio.get_running_loop().run_in_executor(None, server.wait_for, 1)
            task.add_done_callback(lambda _: ended.append(client.close(0.001)))
            for _ in range(3):
                task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
        self.assertEqual(ended, [True], "no call was in flight")

    async def test_task_waits_for_a_slow_cancellation(self):
        call = SlowCall()
        task = asyncio.ensure_future(awaiting(call))
        await asyncio.get_running_loop().run_in_executor(None, call.started.wait)
        task.cancel()
        asyncio.get_running_loop().call_later(0.1, call.may_end.set)
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertTrue(call.has_ended)

    async def test_task_cancelled_before_it_starts(self):
        with MockServer() as server:
            task = asyncio.ensure_future(BosBase(server.url).collection("users").aio.auth_with_token("t"))
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(server.requests, [])

    async def test_wait_for(self):
        with MockServer() as server:
            users = BosBase(server.url, timeout=10 * WATCHDOG).collection("users").aio
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(users.auth_with_token("t"), 0.05)

    @unittest.skipUnless(hasattr(asyncio, "timeout"), "requires Python 3.11")
    async def test_timeout_and_task_group(self):
        with MockServer() as server:
            users = BosBase(server.url, timeout=10 * WATCHDOG).collection("users").aio
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await users.auth_with_token("t")
            self.assertEqual(asyncio.current_task().cancelling(), 0)

            async def fail():
                await asyncio.get_running_loop().run_in_executor(None, server.wait_for, 2)
                raise KeyError

            with self.assertRaises(BaseException) as raised:
                async with asyncio.TaskGroup() as group:
                    call = group.create_task(users.auth_with_token("t"))
                    group.create_task(fail())
            self.assertIsInstance(raised.exception.exceptions[0], KeyError)
            self.assertTrue(call.cancelled())

    async def test_cancel_and_close_raise_client_response_error(self):
        cancel = Cancel()
        with MockServer() as server:
            (task,) = await self.in_flight(server, cancel=cancel)
            cancel.trigger()
            with self.assertRaises(ClientResponseError) as raised:
                await task
            self.assertEqual((raised.exception.code, raised.exception.is_abort), (Status.CANCELLED, True))
        with MockServer() as server:
            client = BosBase(server.url)
            task = asyncio.ensure_future(client.collection("users").aio.auth_with_token("t"))
            await asyncio.get_running_loop().run_in_executor(None, server.wait_for, 1)
            self.assertTrue(client.close())
            with self.assertRaises(ClientResponseError) as raised:
                await task
            self.assertEqual(raised.exception.code, Status.CANCELLED)

    async def test_accepted_response_keeps_the_session(self):
        client, token = BosBase(URL), bound_token()
        cancelled = 0
        for number in range(100):
            client.auth_store.clear()
            task = asyncio.ensure_future(client.collection("users").aio.auth_with_token(token))
            await asyncio.sleep(number / 100 * 0.004)
            task.cancel()
            try:
                result = await task
                self.assertEqual(client.auth_store.token, result["token"])
            except asyncio.CancelledError:
                cancelled += 1
        self.assertTrue(cancelled)

    async def test_closed_coroutine_cancels_its_call(self):
        with MockServer() as server:
            call = BosBase(server.url, timeout=10 * WATCHDOG).collection("users").aio.auth_with_token("t")
            call.send(None)
            await asyncio.get_running_loop().run_in_executor(None, server.wait_for, 1)
            call.close()
            self.assertTrue(server.is_disconnected())


class EventLoops(unittest.TestCase):
    """The end of an event loop, in a child process."""

    def assert_exits(self, program, output, *arguments):
        ended = run_python("import asyncio, sys\nfrom bosauth import *\n" + program, *arguments)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, output, ""))

    def test_run_cancels_remaining_tasks(self):
        program = """
async def call():
    try:
        await BosBase(sys.argv[1], timeout=3600).collection("users").aio.auth_with_token("t")
    except asyncio.CancelledError:
        print("cancelled")
        raise

async def main():
    asyncio.ensure_future(call())
    await asyncio.sleep(0.1)

asyncio.run(main())
"""
        with MockServer() as server:
            self.assert_exits(program, "cancelled\n", server.url)

    def test_ctrl_c_in_run(self):
        program = """
import os, signal, threading

async def main():
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    await BosBase(sys.argv[1], timeout=3600).collection("users").aio.auth_with_token("t")

try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
"""
        with MockServer() as server:
            self.assert_exits(program, "interrupted\n", server.url)

    def test_loop_closed_before_the_call_ends(self):
        program = """
import gc, threading, time
client = BosBase(sys.argv[1], timeout=3600)
loop = asyncio.new_event_loop()
call = client.collection("users").aio.auth_with_token("t")

async def main():
    task = loop.create_task(call)
    task._log_destroy_pending = False
    await asyncio.sleep(0.1)

loop.run_until_complete(main())
loop.close()
print(client.close())
"""
        with MockServer() as server:
            self.assert_exits(program, "True\n", server.url)

    def test_thread_start_failure(self):
        program = """
import threading
from unittest import mock

async def main():
    with mock.patch("threading.Thread.start", side_effect=RuntimeError("can't start new thread")):
        try:
            await BosBase(sys.argv[1]).collection("users").aio.auth_with_token("t")
        except RuntimeError as error:
            print(error)

asyncio.run(main())
"""
        self.assert_exits(program, "cannot start a thread for the call\n", URL)


def threads():
    """Counts the threads of the package."""
    return sum(thread.name == "bosauth" for thread in threading.enumerate())


if __name__ == "__main__":
    unittest.main()
