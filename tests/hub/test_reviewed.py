"""Faults that a review of the core found, each as the program that showed it."""

from __future__ import annotations

import gc
import socket as stdlib_socket
import threading
from time import perf_counter

import pytest

import gevent
from gevent import Greenlet, socket
from gevent.event import Event
from gevent.hub import get_hub


class Restless(Greenlet):
    """Lets others run between announcing its first wait and parking."""

    has_rested = False

    def switch_out(self) -> None:
        if not self.has_rested:
            self.has_rested = True
            gevent.idle()


def test_finalizer_may_unlink_what_is_about_to_be_called() -> None:
    event = Event()
    called: list[object] = []
    event.rawlink(called.append)

    class Unlinking:
        def __del__(self) -> None:
            event.unlink(called.append)

    greenlet = gevent.spawn(event.set)
    greenlet.owned = Unlinking()  # type: ignore[attr-defined]  # greenlets take any
    del greenlet
    gevent.idle()
    assert event.linkcount() == 0


def test_wait_sees_what_happened_before_it_parked() -> None:
    event = Event()
    waiting = Restless(gevent.wait, [event])
    waiting.start()
    gevent.spawn(event.set)
    assert waiting.get(timeout=5) == [event]


def test_close_reaches_a_reader_that_is_about_to_park() -> None:
    ours, theirs = socket.socketpair()
    reading = Restless(ours.recv, 1)
    reading.start()
    gevent.sleep(0)
    ours.close()
    with pytest.raises(OSError, match="closed in another greenlet"):
        reading.get(timeout=5)
    theirs.close()


def test_truncated_datagram_gives_no_more_than_was_asked_for() -> None:
    ours, theirs = socket.socketpair(stdlib_socket.AF_UNIX, stdlib_socket.SOCK_DGRAM)
    ours.send(b"x" * 1000)
    assert theirs.recv(10, stdlib_socket.MSG_TRUNC) == b"x" * 10
    ours.close()
    theirs.close()


@pytest.mark.cpython("PyPy tells nobody that a thread ends")
def test_greenlet_that_fails_in_the_end_of_a_thread_does_not_keep_the_others() -> None:
    freed: list[str] = []

    def good() -> None:
        try:
            gevent.sleep(100)
        finally:
            freed.append("freed")

    def bad() -> None:
        try:
            gevent.sleep(100)
        finally:
            raise ValueError("bad")

    def use() -> None:
        get_hub().exception_stream = None
        gevent.spawn(good)
        gevent.spawn_raw(bad)
        gevent.sleep(0)
        gevent.sleep(0)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    gc.collect()
    assert freed == ["freed"]


def test_runnable_greenlets_that_burn_time_do_not_keep_the_hub_from_polling() -> None:
    """Counted in polls; each greenlet burns more than the switch interval."""
    loop = get_hub().loop

    def burn() -> None:
        for _ in range(40):
            end = perf_counter() + 0.0006
            while perf_counter() < end:
                pass
            gevent.sleep(0)

    gevent.sleep(0)
    before = loop.iteration
    gevent.joinall([gevent.spawn(burn) for _ in range(2)])
    # 80 turns of 0.6 ms; a poll is due at every 16th turn (9.6 ms) at the latest.
    assert loop.iteration - before >= 4
