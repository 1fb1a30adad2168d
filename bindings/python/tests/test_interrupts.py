"""Exceptions of signal handlers at any step of a call: nothing is left of it, and no frame shows a secret.

`interrupted.py` is the program; it says how many interrupts there are. 10,000 of real signals and one at every step:
``BOSAUTH_TEST_INTERRUPTS=10000 BOSAUTH_TEST_STRIDE=1 python -m unittest test_interrupts`` takes a few minutes.
"""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

NOTHING = "0 secrets shown, 0 at entry, 0 handles, 0 threads, 0 swallowed"

#: Seconds for all the interrupts that may be asked for.
PATIENCE = 7200


def interrupted(kind):
    """What the program prints."""
    program = Path(__file__).with_name("interrupted.py")
    ended = subprocess.run([sys.executable, program, kind], capture_output=True, text=True, timeout=PATIENCE)
    if (ended.returncode, ended.stderr) != (0, ""):
        raise AssertionError(ended.stdout + ended.stderr)
    sys.stderr.write(ended.stdout)
    return ended.stdout.splitlines()


class Interrupts(unittest.TestCase):
    def test_at_every_step(self):
        lines = interrupted("steps")
        self.assertEqual(len(lines), 8)
        for line in lines:
            with self.subTest(line):
                # The first instructions, which cannot be interrupted, are no exception here.
                self.assertRegex(line, r"^[\w ]+: [1-9]\d* interrupts, 0 secrets shown, [0-2] at entry, ")
                self.assertTrue(line.endswith("0 handles, 0 threads, 0 swallowed"))

    @unittest.skipUnless(hasattr(os, "kill"), "there are no such signals here")
    def test_at_any_moment(self):
        (line,) = interrupted("signals")
        self.assertRegex(line, rf"^[1-9]\d* interrupts, {re.escape(NOTHING)}$")


if __name__ == "__main__":
    unittest.main()
