"""``python -m gevent run``."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys
import gevent

def left():
    try:
        gevent.sleep(60)
    finally:
        print("cleaned up", flush=True)

def main():
    gevent.spawn(left)
    gevent.sleep(0)
    if sys.argv[1:] == ["stop"]:
        os.kill(os.getpid(), signal.SIGTERM)
        gevent.sleep(60)
    print(sys.argv[1:])
    return 3

class Deep:
    main = staticmethod(lambda: "no number")

number = 5
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)

    def call(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "gevent", "run", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return done.returncode, done.stdout, done.stderr

    return call


def test_number_that_main_returns_is_the_status(run):
    assert run("program:main", "a", "--b") == (3, "['a', '--b']\ncleaned up\n", "")


def test_at_sigterm_all_is_cleaned_up(run):
    assert run("--cleanup-timeout", "5", "program:main", "stop") == (
        0,
        "cleaned up\n",
        "",
    )


def test_what_is_no_number_is_success(run):
    assert run("program:Deep.main") == (0, "", "")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("program", "expected MODULE:CALLABLE, not 'program'"),
        ("nothing:main", "there is no module 'nothing'"),
        ("program:nothing", "'program' has no 'nothing'"),
        ("program:number", "'program:number' cannot be called"),
    ],
)
def test_what_cannot_be_called_is_refused(run, text, error):
    assert run(text) == (2, "", f"gevent run: {error}\n")
