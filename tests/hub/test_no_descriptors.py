"""When the process has no descriptor left (EMFILE), nothing is lost for good."""

from __future__ import annotations

import pytest

from tests.hub.conftest import type_of_program

TAKE_ALL = """
import encodings.idna, os, resource, sys  # one that the pure form needs later
import gevent
from gevent import socket
from gevent.server import StreamServer
gevent.get_hub()

def take_all():
    low, high = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, high))
    taken = []
    while True:
        try:
            taken.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            return taken
"""

pytestmark = pytest.mark.library


def run(run_program: type_of_program, code: str) -> str:
    done = run_program(TAKE_ALL + code)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_a_first_wait_works_without_a_wake_up_pipe(
    run_program: type_of_program,
) -> None:
    """The hub died of it, and every wait after that failed."""
    code = """
take_all()
gevent.sleep(0.0001)
gevent.sleep(0.0001)
"""
    assert run(run_program, code) == ""


def test_an_error_is_reported_without_the_module_that_formats_it(
    run_program: type_of_program,
) -> None:
    code = """
sys.modules.pop("traceback", None)
def fail():
    raise KeyError("lost")
gevent.spawn(fail)
taken = take_all()
gevent.sleep(0.0001)
"""
    printed = run(run_program, code)
    assert "KeyError: 'lost'" in printed
    assert "failed with KeyError" in printed


def test_a_server_accepts_again_when_there_are_descriptors_again(
    run_program: type_of_program,
) -> None:
    """The report failed, and with it the pause after which it tries again."""
    code = """
server = StreamServer(("127.0.0.1", 0), lambda client, _: client.sendall(b"x"))
server.start()
client = socket.socket()
taken = take_all()
def free():
    for fd in taken:
        os.close(fd)
gevent.spawn_later(0.005, free)
client.connect(server.address)
assert client.recv(1) == b"x"
server.stop()
"""
    assert "failed with OSError" in run(run_program, code)
