"""Calls in subinterpreters and their exit, in child processes, which an error would abort."""

import importlib.util
import os
import subprocess
import sys
import sysconfig
import tempfile
import unittest
from pathlib import Path

from support import EMAIL, URL, WATCHDOG, MockServer, bound_token, run_python

#: Runs in each subinterpreter: blocking and coroutine calls. If `silent` is a URL, a coroutine call is in flight at exit.
WORK = """
import asyncio, sys, threading
from bosauth import BosBase

def log_in(url, token, silent):
    client = BosBase(url)
    users = client.collection("users")
    emails = [users.auth_with_token(token)["record"]["email"]]
    emails.append(asyncio.run(several(users, token)))
    if silent:
        start_call(silent)
    globals()["kept"] = client
    return emails

def start_call(silent):
    loop = asyncio.new_event_loop()
    call = BosBase(silent, timeout=3600).collection("users").aio.auth_with_token("t")
    task = loop.create_task(call)
    task._log_destroy_pending = False
    loop.run_until_complete(asyncio.sleep(0.05))
    globals()["in_flight"] = (loop, task)

async def several(users, token):
    logins = await asyncio.gather(*(users.aio.auth_with_token(token, keep_session=False) for _ in range(8)))
    return {login["record"]["email"] for login in logins}
"""

#: Stores and listeners are rejected, files are not.
UNSUPPORTED = """
import tempfile
from bosauth import BosBase, ClientResponseError, Status

class Store:
    load = save = print

client = BosBase("http://localhost")
for call in (lambda: BosBase("http://localhost", session_store=Store()), lambda: client.auth_store.subscribe(print)):
    try:
        call()
    except ClientResponseError as error:
        assert error.code == Status.UNSUPPORTED, error
    else:
        raise AssertionError
with tempfile.TemporaryDirectory() as directory:
    BosBase("http://localhost", session_file=directory + "/session").auth_store.save("a.b.c")
    assert BosBase("http://localhost", session_file=directory + "/session").auth_store.token == "a.b.c"
"""

#: Creates and destroys subinterpreters with the module of the Python version.
PROGRAM = r"""
import sys
arguments, email, work, unsupported = sys.argv[1:4], *sys.argv[4:7]
if sys.version_info >= (3, 13):
    import _interpreters
    kinds = ("legacy", "isolated")
    new, run, destroy = _interpreters.create, _interpreters.run_string, _interpreters.destroy
else:
    import _xxsubinterpreters as interpreters
    # Isolated subinterpreters of 3.12 do not support ctypes.
    kinds = (False,)
    new = lambda kind: interpreters.create(isolated=kind)
    run, destroy = interpreters.run_string, interpreters.destroy
import bosauth
for kind in kinds:
    for _ in range(5):
        interpreter = new(kind)
        failed = run(interpreter, work + f"\nassert log_in(*{arguments!r}) == [{email!r}, {{{email!r}}}]\n")
        assert failed is None, failed
        destroy(interpreter)
    interpreter = new(kind)
    failed = run(interpreter, unsupported)
    assert failed is None, failed
    destroy(interpreter)
users = bosauth.BosBase(arguments[0]).collection("users")
print(users.auth_with_token(arguments[1])["record"]["email"])
"""

EMBEDDING = r"""
#include <Python.h>
#include <stdio.h>

int main(int argc, char **argv) {
    Py_Initialize();
    PyThreadState *main_state = PyThreadState_Get();
    for (int round = 0; round < 5; ++round) {
        PyThreadState *state = Py_NewInterpreter();
        if (state == NULL || PyRun_SimpleString(argv[1]) != 0) {
            return 1;
        }
        Py_EndInterpreter(state);
        PyThreadState_Swap(main_state);
    }
    if (PyRun_SimpleString(argv[1]) != 0) {
        return 1;
    }
    puts(Py_FinalizeEx() == 0 ? "ended" : "not ended");
    return 0;
}
"""


class Subinterpreters(unittest.TestCase):
    @unittest.skipUnless(
        importlib.util.find_spec("_xxsubinterpreters") or importlib.util.find_spec("_interpreters"),
        "subinterpreters are not available",
    )
    def test_calls_in_subinterpreters(self):
        with MockServer() as server:
            # Before 3.12, a subinterpreter with threads cannot be destroyed.
            silent = server.url if sys.version_info >= (3, 12) else ""
            ended = run_python(PROGRAM, URL, bound_token(), silent, EMAIL, WORK, UNSUPPORTED)
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, EMAIL + "\n", ""))

    def test_embedded_python(self):
        program = self.embedding()
        with MockServer() as server:
            work = WORK + f"\nassert log_in({URL!r}, {bound_token()!r}, {server.url!r}) == [{EMAIL!r}, {{{EMAIL!r}}}]\n"
            # Finds the package as this process does, also with Python in a non-standard prefix.
            environment = {**os.environ, "PYTHONHOME": sysconfig.get_config_var("prefix")}
            ended = subprocess.run(
                [program, work], env=environment, capture_output=True, text=True, timeout=WATCHDOG
            )
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "ended\n", ""))

    def embedding(self):
        """Compiles the program, if Python is available as a library."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        source, program = (Path(directory.name, name) for name in ("embedding.c", "embedding"))
        source.write_text(EMBEDDING)
        paths, value = sysconfig.get_paths(), sysconfig.get_config_var
        libraries = value("LIBDIR")
        command = [os.environ.get("CC", "cc"), source, "-o", program, "-I", paths["include"], "-L", libraries]
        command += [f"-Wl,-rpath,{libraries}", f"-lpython{value('LDVERSION')}", "-rdynamic"]
        command += [*value("LIBS").split(), *value("SYSLIBS").split()]
        built = subprocess.run(command, capture_output=True, text=True)
        if built.returncode != 0:
            self.skipTest(f"Python is not available as a library: {built.stderr.strip().splitlines()[-1]}")
        return program


if __name__ == "__main__":
    unittest.main()
