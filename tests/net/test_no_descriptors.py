"""When the process has no descriptor left (EMFILE), no child is lost."""

from __future__ import annotations

import subprocess
import sys

import pytest

TAKE_ALL = """
import os, resource, sys
import gevent
from gevent import os as cooperative, subprocess
from gevent.fileobject import FileObject
gevent.sleep(0)
HIGH = resource.getrlimit(resource.RLIMIT_NOFILE)

def take_all(n_left=0):
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, HIGH[1]))
    taken = []
    while True:
        try:
            taken.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            break
    for _ in range(n_left):
        os.close(taken.pop())

def give_back():
    resource.setrlimit(resource.RLIMIT_NOFILE, HIGH)
"""

pytestmark = pytest.mark.library


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", TAKE_ALL + code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_fork_succeeds_in_parent_and_child() -> None:
    code = """
take_all()
pid = cooperative.fork()
if not pid:
    os._exit(7)
give_back()
assert cooperative.waitpid(pid, 0) == (pid, 7 << 8)
"""
    assert run(code) == ""


def test_the_hub_of_a_child_works_when_there_are_descriptors_again() -> None:
    code = """
take_all()
pid = cooperative.fork()
give_back()
if not pid:
    reader, writer = os.pipe()
    with FileObject(reader, "rb", 0) as file:
        reading = gevent.spawn(file.read, 10)
        gevent.sleep(0.001)
        os.write(writer, b"x")
        os._exit(5 if reading.get() == b"x" else 1)
assert cooperative.waitpid(pid, 0) == (pid, 5 << 8)
"""
    assert run(code) == ""


def test_children_are_watched_again_afterwards() -> None:
    """A handler that could not be started was believed to be there."""
    code = """
from gevent._loop import children
children._pidfd = lambda pid: None
take_all()
pid = cooperative.fork()
if not pid:
    os._exit(0)
give_back()
assert cooperative.waitpid(pid, 0) == (pid, 0)
assert subprocess.call(["sh", "-c", "exit 3"]) == 3
"""
    assert run(code) == ""


def test_a_process_that_runs_is_no_error() -> None:
    """Starting needs two descriptors; the one to wait by is not there any more."""
    code = """
take_all(n_left=2)
process = subprocess.Popen(["sh", "-c", "exit 6"], close_fds=False)
give_back()
assert process.wait() == 6
"""
    assert run(code) == ""


def test_a_file_that_cannot_be_copied_for_a_thread_is_one_error() -> None:
    code = """
with FileObject(sys.executable, "rb", 0) as file:
    take_all()
    try:
        file.read(1 << 20)
    except OSError as error:
        print(error.errno)
    give_back()
"""
    assert run(code) == "24\n"
