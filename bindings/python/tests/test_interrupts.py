"""Exceptions of signal handlers at any point of a call leak nothing, and no frame contains a secret.

`interrupt_calls.py` is the program. To interrupt calls by 10,000 signals and at every instruction, which takes a few
minutes: ``BOSAUTH_TEST_INTERRUPTS=10000 BOSAUTH_TEST_STRIDE=1 python -m unittest test_interrupts``.
"""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

NO_LEAKS = "0 secrets shown, 0 at entry, 0 handles, 0 threads, 0 swallowed"

#: The timeout of the program in seconds, for any number of interrupts.
TIMEOUT = 7200


def run_program(mode):
    """Returns the output lines of the program."""
    program = Path(__file__).with_name("interrupt_calls.py")
    completed = subprocess.run([sys.executable, program, mode], capture_output=True, text=True, timeout=TIMEOUT)
    if (completed.returncode, completed.stderr) != (0, ""):
        raise AssertionError(completed.stdout + completed.stderr)
    sys.stderr.write(completed.stdout)
    return completed.stdout.splitlines()


class Interrupts(unittest.TestCase):
    def test_interrupt_at_every_instruction(self):
        lines = run_program("steps")
        self.assertEqual(len(lines), 18)
        for line in lines:
            with self.subTest(line):
                # The tracer also interrupts the first instructions of a function, which a signal cannot.
                self.assertRegex(line, r"^[\w ]+: [1-9]\d* interrupts, 0 secrets shown, [0-2] at entry, ")
                self.assertTrue(line.endswith("0 handles, 0 threads, 0 swallowed"))

    @unittest.skipUnless(hasattr(os, "kill"), "os.kill is not available")
    def test_interrupt_by_random_signals(self):
        (line,) = run_program("signals")
        self.assertRegex(line, rf"^[1-9]\d* interrupts, {re.escape(NO_LEAKS)}$")


if __name__ == "__main__":
    unittest.main()
