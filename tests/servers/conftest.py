"""What the tests of servers share; whatever a test leaves running is an error."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterator

import pytest

import gevent
from gevent import socket


@pytest.fixture
def talk() -> Callable[..., bytes]:
    """Give a function that connects, sends, and returns all that comes back."""

    def talk_to(address: tuple[str, int], data: bytes = b"") -> bytes:
        with socket.create_connection(address, timeout=10) as client:
            if data:
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(65536), b""))

    return talk_to


@pytest.fixture
def errors() -> Iterator[io.StringIO]:
    """What the hub prints of errors."""
    hub = gevent.get_hub()
    hub.exception_stream = io.StringIO()
    yield hub.exception_stream
    del hub.__dict__["exception_stream"]


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> Iterator[None]:
    loop = gevent.get_hub().loop
    kept = set(loop.kept)
    yield
    assert gevent.wait(timeout=5)
    gc.collect()
    assert loop.n_parked == 0
    # The signal gate is made by the first poll that blocks.
    assert {watcher for watcher in loop.kept if watcher.ref} == {
        watcher for watcher in kept if watcher.ref
    }
