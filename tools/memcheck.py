#!/usr/bin/env python3
"""Run the tests of the compiled tiers under valgrind's memcheck.

    GEVENT_DEBUG_BUILD=1 python tools/memcheck.py [TEST ...]

Without arguments: the folders below, without the slow tests. Exits with what pytest
says, or 99 when memcheck saw an error in our code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
FOLDERS = ("tests/native", "tests/loop", "tests/hub", "tests/sync")
# The C units have sanitizers of their own, and start compilers.
NOT_HERE = ("tests/native/test_c_units.py",)
# Everything is some thirty times slower; this is seconds for one test.
TIMEOUT = 1200

VALGRIND = (
    "valgrind",
    "--quiet",
    "--error-exitcode=99",
    "--leak-check=no",
    "--child-silent-after-fork=yes",
    f"--suppressions={TREE / 'tools' / 'memcheck.supp'}",
)
PYTEST = ("-m", "pytest", "-m", "not slow")


def main(tests: list[str]) -> int:
    """Run *tests*, or those of the compiled tiers; return the exit status."""
    if shutil.which("valgrind") is None:
        print("memcheck needs valgrind (Debian package valgrind)", file=sys.stderr)
        return 1
    chosen = tests or [folder for folder in FOLDERS if (TREE / folder).is_dir()]
    if not chosen:
        print("memcheck: there are no tests of compiled tiers")
        return 0
    ignored = [f"--ignore={name}" for name in NOT_HERE]
    limit = ["-o", f"faulthandler_timeout={TIMEOUT}"]
    command = [*VALGRIND, sys.executable, *PYTEST, *limit, *ignored, *chosen]
    # pymalloc hides what happens inside its arenas from memcheck.
    environment = {**os.environ, "PYTHONMALLOC": "malloc"}
    return subprocess.run(command, cwd=TREE, env=environment, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
