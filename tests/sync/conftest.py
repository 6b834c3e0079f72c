"""What the tests of locks, events and queues share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

import gevent

Start = Callable[..., threading.Thread]


@pytest.fixture
def run_until_idle() -> Callable[[], None]:
    """Run whatever is queued, and what that queues; timers do not fire."""

    def run() -> None:
        loop = gevent.get_hub().loop
        gevent.sleep(0)
        while loop.pendingcnt:
            gevent.sleep(0)

    return run


@pytest.fixture
def in_hub(run_until_idle: Callable[[], None]) -> Callable[..., object]:
    """``in_hub(fn, *args)``: call it in the hub; return its result or exception."""

    def call(function: Callable[..., object], *args: object) -> object:
        results: list[object] = []

        def body() -> None:
            try:
                results.append(function(*args))
            except BaseException as error:  # handed to the test
                results.append(error)

        gevent.get_hub().loop.run_callback(body)
        run_until_idle()
        (result,) = results
        return result

    return call


@pytest.fixture
def start_thread() -> Iterator[Start]:
    """Start native threads; all of them must end within ten seconds."""
    threads: list[threading.Thread] = []

    def start(function: Callable[..., object], *args: object) -> threading.Thread:
        thread = threading.Thread(target=function, args=args, daemon=True)
        threads.append(thread)
        thread.start()
        return thread

    yield start
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive(), f"{thread!r} does not end"
