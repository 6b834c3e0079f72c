"""Run the tests on several forms of the package, two forms at once.

    python tools/test_forms.py default libev-cffi libuv-cffi pure -- -k timeout
    python tools/test_forms.py --jobs 1 pure

Tests mostly wait, for child processes and for each other. So two runs take hardly
longer than one, even on two processors. What a run prints comes when it has ended, as a
whole, in the order in which the forms are named; until then it is in
``build/tests-<form>.txt``. Exit status 1: a run failed.

The tests that know no form (of the house, of the C units, of docs and examples) are
left out of all of them and are a run of their own, ``formless``. What follows ``--``
goes to pytest.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
FORMLESS = ("house", "native", "typing", "differential", "docs", "examples")
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "default": {},
    "libev-cffi": {"GEVENT_LOOP": "libev-cffi"},
    "libuv-cffi": {"GEVENT_LOOP": "libuv-cffi"},
    "pure": {"GEVENT_PURE_PYTHON": "1"},
    "formless": {},
}
# Seconds between two looks at the runs.
STEP = 0.2


@dataclass
class Run:
    """One run of the tests, that has begun."""

    form: str
    process: subprocess.Popen[bytes]
    output: Path
    began_at: float

    def show(self) -> None:
        """Print all that it printed, and how it ended."""
        print(f"::: tests on {self.form}", flush=True)
        sys.stdout.buffer.write(self.output.read_bytes())
        sys.stdout.buffer.flush()


def main() -> int:
    """Run the tests, and return the exit status."""
    options = parse_options()
    failed = []
    with terminating_on_exit() as running:
        ended: dict[str, Run] = {}
        waiting = list(options.forms)
        unshown = list(options.forms)
        while unshown:
            while waiting and len(running) < options.jobs:
                form = waiting.pop(0)
                running.append(start(form, form == options.forms[0], options.rest))
            for run in [run for run in running if run.process.poll() is not None]:
                running.remove(run)
                ended[run.form] = run
                seconds = time.monotonic() - run.began_at
                status = run.process.returncode
                print(f"::: {run.form}: {seconds:.0f} s, status {status}", flush=True)
                if status:
                    failed.append(run.form)
            while unshown and unshown[0] in ended:
                ended.pop(unshown.pop(0)).show()
            time.sleep(STEP)
    if failed:
        print(f"::: failed: {', '.join(failed)}")
    return int(bool(failed))


def parse_options() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=2, help="how many runs at once")
    parser.add_argument("forms", nargs="+", choices=ENVIRONMENTS)
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:at])
    options.rest = arguments[at + 1 :]
    return options


def start(form: str, is_first: bool, arguments: list[str]) -> Run:
    """Start pytest, with a cache of its own and nothing to read."""
    command = [sys.executable, "-m", "pytest", "-o", f"cache_dir=build/pytest-{form}"]
    if is_first:
        command.append("--durations=25")
    if form == "formless":
        command += [f"tests/{folder}" for folder in FORMLESS]
    else:
        command += [f"--ignore=tests/{folder}" for folder in FORMLESS]
    output = TREE / "build" / f"tests-{form}.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=TREE,
            env={**os.environ, **ENVIRONMENTS[form]},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            preexec_fn=heed_interrupts,
        )
    return Run(form, process, output, time.monotonic())


def heed_interrupts() -> None:
    """In the child: shells let what runs in their background ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def terminating_on_exit() -> Iterator[list[Run]]:
    """Give a list of runs; those that are still in it at the end are terminated."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    running: list[Run] = []
    try:
        yield running
    finally:
        for run in running:
            run.process.terminate()
        for run in running:
            run.process.wait()
            run.show()


if __name__ == "__main__":
    sys.exit(main())
