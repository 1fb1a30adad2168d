"""Threads, forks, spawned processes, and the end of the interpreter."""

import multiprocessing
import os
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

from bosauth import BosBase, ClientResponseError, Status
from support import EMAIL, PASSWORD, URL, WATCHDOG, Peer, bound, new_token, python


def log_in(url, token, answers):
    """What a spawned process does."""
    record = BosBase(url).collection("users").auth_with_token(token)["record"]
    try:
        BosBase(url).collection("users").auth_with_token("nobody bound this")
    except ClientResponseError as error:
        answers.put((record["email"], error))


class Threads(unittest.TestCase):
    def test_one_client_serves_many(self):
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

    def test_others_run_while_a_call_waits(self):
        with Peer() as peer:
            users = BosBase(peer.url).collection("users")
            ended = []

            def wait():
                with self.assertRaises(ClientResponseError) as raised:
                    users.auth_with_token("t", timeout=1)
                ended.append(raised.exception.code)

            thread = threading.Thread(target=wait)
            thread.start()
            self.assertTrue(peer.came.wait(WATCHDOG), "the call holds up every other thread")
            self.assertEqual(ended, [])
            thread.join(WATCHDOG)
            self.assertEqual(ended, [Status.TIMEOUT])


class Ends(unittest.TestCase):
    """An interpreter that ends with something still alive ends well."""

    def assert_ends(self, program, *arguments, output=""):
        ended = python("import threading\nfrom bosauth import BosBase\n" + program, *arguments)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, output, ""))

    def test_with_a_live_client(self):
        token = bound()
        self.assert_ends(
            "import sys\nclient = BosBase(sys.argv[1])\n"
            "result = client.collection('users').auth_with_token(sys.argv[2])\n"
            "session = client.auth_store.snapshot()\nkeep = [client]; keep.append(keep)\n"
            "print(session.is_valid())",
            URL,
            token,
            output="True\n",
        )

    def test_with_a_thread_in_a_call(self):
        with Peer() as peer:
            program = (
                "import sys\nclient = BosBase(sys.argv[1])\n"
                "call = lambda: client.collection('users').auth_with_token('t', timeout=float(sys.argv[2]))\n"
                "for _ in range(4):\n    threading.Thread(target=call, daemon=True).start()\n"
            )
            # The call ends long after the interpreter, or just about then.
            self.assert_ends(program + "import time\ntime.sleep(0.3)", peer.url, "3600")
            self.assertTrue(peer.requests)
            quiet = "threading.excepthook = lambda _: None\n"
            for seconds in ("0.05", "0.1", "0.2"):
                self.assert_ends(quiet + program + "import time\ntime.sleep(0.1)", peer.url, seconds)

    def test_at_once_whatever_is_under_way(self):
        """Each way to end, many times over: calls of an hour hold up none of them."""
        with Peer() as peer, ThreadPoolExecutor(4) as several:
            ways = [(END[way], way) for way in END] * int(os.environ.get("BOSAUTH_TEST_ROUNDS", "2"))
            for ended, way in several.map(lambda way: (python(LEAVING + way[0], peer.url), way[1]), ways):
                with self.subTest(way):
                    self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (7, "under way\n", ""))

    def test_calls_at_the_very_end(self):
        """In an exit handler, and in the destructor of what lives as long as the interpreter."""
        for first in ("", "users.auth_with_token(token)\n"):
            self.assert_ends(
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
                bound(),
                output="exit handler\ndestructor\n",
            )


#: Calls in daemon threads, in tasks of a loop in one, and one in the main thread, which a signal handler ends. Then
#: comes one of the ways to end.
LEAVING = r"""
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
    print("under way", flush=True)
"""

END = {
    "sys.exit": "sys.exit(7)\n",
    "os._exit": "os._exit(7)\n",
    "an exit handler that closes": "atexit.register(client.close)\nthreading.excepthook = lambda _: None\nsys.exit(7)\n",
    "sys.exit in a thread too": "threading.Thread(target=sys.exit, args=(3,)).start()\nsys.exit(7)\n",
    "in the middle of a call": (
        "def leave(*_):\n    os._exit(7)\nsignal.signal(signal.SIGALRM, leave)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05)\nusers.auth_with_token('t')\n"
    ),
    "SystemExit in a call": (
        "def leave(*_):\n    sys.exit(7)\nsignal.signal(signal.SIGALRM, leave)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.05)\nusers.auth_with_token('t')\n"
    ),
}


@unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
class Forks(unittest.TestCase):
    """In processes of their own: a fork of the test runner would take its threads' locks along."""

    def test_children_of_a_busy_process_log_in(self):
        ended = python(FORKING, URL, bound(), EMAIL)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""), ended.stdout)
        self.assertEqual(ended.stdout, "bad 0 failed 0 worked True email True\n")

    def test_a_child_makes_threads_of_its_own(self):
        """The main thread's calls and those of coroutines, in a process whose parent had threads for them."""
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
        ended = python(program, URL, bound())
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
        ended = python(program, URL, bound())
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, f"{{'{EMAIL}'}}\n", ""))


FORKING = r"""
import os, sys, threading, warnings
from bosauth import BosBase

# Python 3.12 and later warn of what is tried here.
warnings.simplefilter("ignore", DeprecationWarning)
url, token, email = sys.argv[1:]
client = BosBase(url)
users = client.collection("users")
users.auth_with_token(token)
over, failed, calls = threading.Event(), [], []

def work():
    while not over.is_set():
        try:
            users.auth_with_token(token, keep_session=False)
            calls.append(1)
        except Exception as error:
            failed.append(error)

def child():
    session = client.auth_store.snapshot()
    good = session.field("email") == email
    good = good and users.auth_with_token(token)["record"]["email"] == email
    with BosBase(url) as own:
        good = good and own.collection("users").auth_with_token(token)["record"]["email"] == email
    client.close()
    os._exit(0 if good else 1)

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
bad = 0
for _ in range(40):
    process = os.fork()
    if process == 0:
        try:
            child()
        finally:
            os._exit(2)
    bad += os.waitpid(process, 0)[1] != 0
over.set()
for thread in threads:
    thread.join()
print("bad", bad, "failed", len(failed), "worked", bool(calls), "email", client.auth_store.record["email"] == email)
"""


class Spawned(unittest.TestCase):
    def test_a_spawned_process_makes_its_own_client(self):
        context = multiprocessing.get_context("spawn")
        answers = context.Queue()
        process = context.Process(target=log_in, args=(URL, bound(), answers))
        process.start()
        email, error = answers.get(timeout=WATCHDOG)
        process.join(WATCHDOG)
        self.assertEqual((process.exitcode, email), (0, EMAIL))
        self.assertEqual((error.code, error.status), (Status.UNKNOWN_TOKEN, 400))

    def test_a_client_is_not_passed_on(self):
        context = multiprocessing.get_context("spawn")
        with self.assertRaisesRegex(TypeError, "make one in each process"):
            context.Process(target=print, args=(BosBase(URL),)).start()


if __name__ == "__main__":
    unittest.main()
