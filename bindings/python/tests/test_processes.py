"""Threads, forks, spawned processes, and interpreter exit."""

import multiprocessing
import os
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

from bosauth import BosBase, ClientResponseError, Status
from support import EMAIL, PASSWORD, URL, WATCHDOG, MockServer, bound_token, new_token, run_python


def log_in(url, token, results):
    """Runs in a spawned process."""
    record = BosBase(url).collection("users").auth_with_token(token)["record"]
    try:
        BosBase(url).collection("users").auth_with_token("unbound-token")
    except ClientResponseError as error:
        results.put((record["email"], error))


class Threads(unittest.TestCase):
    def test_threads_share_a_client(self):
        client, failures = BosBase(URL), []

        def work(number):
            try:
                users, token = client.collection("users"), new_token()
                for _ in range(5):
                    users.bind_custom_token(EMAIL, PASSWORD, token)
                    assert users.auth_with_token(token)["record"]["email"] == EMAIL
                    client.auth_store.save(f"a.b.{number}")
                    assert client.auth_store.token
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WATCHDOG)
        self.assertEqual(failures, [])

    def test_other_threads_run_during_a_call(self):
        with MockServer() as server:
            users = BosBase(server.url).collection("users")
            statuses = []

            def wait():
                with self.assertRaises(ClientResponseError) as raised:
                    users.auth_with_token("t", timeout=1)
                statuses.append(raised.exception.code)

            thread = threading.Thread(target=wait)
            thread.start()
            self.assertTrue(server.has_request.wait(WATCHDOG), "the call blocks other threads")
            self.assertEqual(statuses, [])
            thread.join(WATCHDOG)
            self.assertEqual(statuses, [Status.TIMEOUT])


class Exits(unittest.TestCase):
    """Interpreter exit with live objects and calls in flight."""

    def assert_exits(self, program, *arguments, output=""):
        ended = run_python("import threading\nfrom bosauth import BosBase\n" + program, *arguments)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, output, ""))

    def test_exit_with_a_live_client(self):
        token = bound_token()
        self.assert_exits(
            "import sys\nclient = BosBase(sys.argv[1])\n"
            "result = client.collection('users').auth_with_token(sys.argv[2])\n"
            "session = client.auth_store.snapshot()\nkeep = [client]; keep.append(keep)\n"
            "print(session.is_valid())",
            URL,
            token,
            output="True\n",
        )

    def test_exit_with_a_thread_in_a_call(self):
        with MockServer() as server:
            program = (
                "import sys\nclient = BosBase(sys.argv[1])\n"
                "call = lambda: client.collection('users').auth_with_token('t', timeout=float(sys.argv[2]))\n"
                "for _ in range(4):\n    threading.Thread(target=call, daemon=True).start()\n"
            )
            # The call ends long after interpreter exit, or about the same time.
            self.assert_exits(program + "import time\ntime.sleep(0.3)", server.url, "3600")
            self.assertTrue(server.requests)
            no_output = "threading.excepthook = lambda _: None\n"
            for seconds in ("0.05", "0.1", "0.2"):
                self.assert_exits(no_output + program + "import time\ntime.sleep(0.1)", server.url, seconds)

    def test_calls_in_flight_do_not_delay_exit(self):
        """Every kind of exit, repeatedly, with calls that have a timeout of an hour."""
        with MockServer() as server, ThreadPoolExecutor(4) as executor:
            names = list(EXITS) * int(os.environ.get("BOSAUTH_TEST_ROUNDS", "2"))
            run = lambda name: (run_python(CALLS_IN_FLIGHT + EXITS[name], server.url), name)
            for ended, name in executor.map(run, names):
                with self.subTest(name):
                    self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (7, "in flight\n", ""))

    def test_calls_during_exit(self):
        """In an exit handler, and in the destructor of a global object."""
        for first in ("", "users.auth_with_token(token)\n"):
            self.assert_exits(
                "import atexit, os, sys\nurl, token = sys.argv[1:]\nusers = BosBase(url).collection('users')\n"
                "class Last:\n"
                "    def __init__(self):\n"
                "        self.login, self.write, self.ending = users.auth_with_token, os.write, sys.is_finalizing\n"
                "    def __del__(self):\n"
                "        assert self.login(self.token)['token'] and self.ending()\n"
                "        self.write(1, b'destructor\\n')\n"
                "last = Last()\nlast.token = token\n"
                "def leave():\n"
                "    assert users.auth_with_token(token)['token']\n"
                "    os.write(1, b'exit handler\\n')\n"
                "atexit.register(leave)\n" + first,
                URL,
                bound_token(),
                output="exit handler\ndestructor\n",
            )


#: Calls in daemon threads, in tasks of an event loop in a daemon thread, and in the main thread, which a signal handler
#: ends. One of EXITS follows.
CALLS_IN_FLIGHT = r"""
import asyncio, atexit, os, signal, sys, threading
from bosauth import BosBase

client = BosBase(sys.argv[1], timeout=3600)
users = client.collection("users")
waiting = threading.Event()

async def tasks():
    calls = [asyncio.ensure_future(users.aio.auth_with_token("t")) for _ in range(4)]
    await asyncio.sleep(0.05)
    waiting.set()
    await asyncio.gather(*calls)

class Stop(Exception):
    pass

def stop(*_):
    raise Stop

for work in (lambda: users.auth_with_token("t"), lambda: users.bind_custom_token("e", "p", "t"), lambda: asyncio.run(tasks())):
    threading.Thread(target=work, daemon=True).start()
waiting.wait()
signal.signal(signal.SIGALRM, stop)
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    users.auth_with_token("t")
except Stop:
    print("in flight", flush=True)
"""

EXITS = {
    "sys.exit": "sys.exit(7)\n",
    "os._exit": "os._exit(7)\n",
    "exit handler that closes the client": "atexit.register(client.close)\nthreading.excepthook = lambda _: None\nsys.exit(7)\n",
    "sys.exit in a thread as well": "threading.Thread(target=sys.exit, args=(3,)).start()\nsys.exit(7)\n",
    "os._exit in a call": (
        "def leave(*_):\n    os._exit(7)\nsignal.signal(signal.SIGALRM, leave)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05)\nusers.auth_with_token('t')\n"
    ),
    "SystemExit in a call": (
        "def leave(*_):\n    sys.exit(7)\nsignal.signal(signal.SIGALRM, leave)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05)\nusers.auth_with_token('t')\n"
    ),
}


@unittest.skipUnless(hasattr(os, "fork"), "os.fork is not available")
class Forks(unittest.TestCase):
    """In child processes, because a fork of the test runner would copy locked locks of its threads."""

    def test_child_of_a_process_with_calls_in_flight(self):
        ended = run_python(FORKING, URL, bound_token(), EMAIL)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended.stdout)
        self.assertEqual(ended.stdout, "invalid 0 failed 0 calls True email True\n")

    def test_child_starts_new_threads(self):
        """Blocking and coroutine calls in a process whose parent had threads for them."""
        program = (
            "import asyncio, os, sys, bosauth\n"
            "users = bosauth.BosBase(sys.argv[1]).collection('users')\n"
            "def call():\n"
            "    assert users.auth_with_token(sys.argv[2])['token']\n"
            "    assert asyncio.run(users.aio.auth_with_token(sys.argv[2]))['token']\n"
            "call()\n"
            "child = os.fork()\n"
            "call()\n"
            "if child:\n"
            "    print(os.waitpid(child, 0)[1])\n"
        )
        ended = run_python(program, URL, bound_token())
        self.assertEqual((ended.returncode, ended.stdout), (0, "0\n"), ended.stderr)

    def test_multiprocessing_with_fork(self):
        program = (
            "import sys, multiprocessing, bosauth\n"
            "client = bosauth.BosBase(sys.argv[1])\n"
            "client.collection('users').auth_with_token(sys.argv[2])\n"
            "def work(number):\n"
            "    client.collection('users').auth_with_token(sys.argv[2])\n"
            "    return client.auth_store.record['email']\n"
            "if __name__ == '__main__':\n"
            "    with multiprocessing.get_context('fork').Pool(4) as pool:\n"
            "        print(set(pool.map(work, range(16))))\n"
        )
        ended = run_python(program, URL, bound_token())
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, f"{{'{EMAIL}'}}\n", ""))


FORKING = r"""
import os, sys, threading, warnings
from bosauth import BosBase

# Python 3.12 and later warn about forks of multithreaded processes.
warnings.simplefilter("ignore", DeprecationWarning)
url, token, email = sys.argv[1:]
client = BosBase(url)
users = client.collection("users")
users.auth_with_token(token)
done, failed, calls = threading.Event(), [], []

def work():
    while not done.is_set():
        try:
            users.auth_with_token(token, keep_session=False)
            calls.append(1)
        except Exception as error:
            failed.append(error)

def child():
    session = client.auth_store.snapshot()
    valid = session.field("email") == email
    valid = valid and users.auth_with_token(token)["record"]["email"] == email
    with BosBase(url) as new:
        valid = valid and new.collection("users").auth_with_token(token)["record"]["email"] == email
    client.close()
    os._exit(0 if valid else 1)

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
invalid = 0
for _ in range(40):
    process = os.fork()
    if process == 0:
        try:
            child()
        finally:
            os._exit(2)
    invalid += os.waitpid(process, 0)[1] != 0
done.set()
for thread in threads:
    thread.join()
print("invalid", invalid, "failed", len(failed), "calls", bool(calls), "email", client.auth_store.record["email"] == email)
"""


class Spawned(unittest.TestCase):
    def test_spawned_process_creates_a_client(self):
        context = multiprocessing.get_context("spawn")
        results = context.Queue()
        process = context.Process(target=log_in, args=(URL, bound_token(), results))
        process.start()
        email, error = results.get(timeout=WATCHDOG)
        process.join(WATCHDOG)
        self.assertEqual((process.exitcode, email), (0, EMAIL))
        self.assertEqual((error.code, error.status), (Status.UNKNOWN_TOKEN, 400))

    def test_client_cannot_be_passed_to_a_process(self):
        context = multiprocessing.get_context("spawn")
        with self.assertRaisesRegex(TypeError, "create one in each process"):
            context.Process(target=print, args=(BosBase(URL),)).start()


if __name__ == "__main__":
    unittest.main()
