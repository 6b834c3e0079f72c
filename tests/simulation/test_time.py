"""Virtual time: what it does to sleeps, time-outs, clocks, and what is real."""

from __future__ import annotations

import os
import signal
import subprocess as real_subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from time import monotonic as taken_before
from time import time as taken_time

import pytest

import gevent
from gevent import select, socket, subprocess
from gevent.event import Event
from gevent.hub import LoopExit
from gevent.lock import Semaphore
from gevent.os import make_nonblocking, nb_read
from gevent.queue import Queue
from gevent.virtual import Deadlock, RealIOError, virtual_time

pytestmark = pytest.mark.pure


def test_a_sleep_takes_no_time() -> None:
    began = taken_before()
    with virtual_time() as clock:
        gevent.sleep(3600)
        assert clock.elapsed == 3600.0
    assert taken_before() - began < 3600


def test_what_is_due_comes_in_the_order_of_its_deadlines() -> None:
    seen: list[tuple[str, float]] = []
    with virtual_time() as clock:

        def body(name: str, *delays: float) -> None:
            for delay in delays:
                gevent.sleep(delay)
                seen.append((name, clock.elapsed))

        gevent.joinall([gevent.spawn(body, "a", 2, 2), gevent.spawn(body, "b", 3)])
    assert seen == [("a", 2.0), ("b", 3.0), ("a", 4.0)]


def test_time_outs_are_on_the_same_clock() -> None:
    with virtual_time() as clock:
        assert Event().wait(10) is False
        with pytest.raises(gevent.Timeout), gevent.Timeout(10):
            Event().wait()
        assert clock.elapsed == 20.0


def test_many_small_sleeps_do_not_drift() -> None:
    with virtual_time() as clock:
        late = gevent.spawn_later(1.0, lambda: clock.elapsed)
        for _ in range(3):
            gevent.sleep(0.1)
        assert late.get() == 1.0


def test_settle_lets_all_happen_that_takes_no_time() -> None:
    with virtual_time() as clock:
        late = gevent.spawn(gevent.sleep, 1)
        soon = gevent.spawn(lambda: [gevent.sleep(0) for _ in range(50)])
        clock.settle()
        assert soon.dead
        assert not late.dead
        assert clock.elapsed == 0.0


def test_settle_waits_for_calls_in_threads() -> None:
    with virtual_time() as clock:
        result = gevent.get_hub().threadpool.spawn(int, "5")
        clock.settle()
        assert result.ready()
        assert clock.elapsed == 0.0


def test_burnt_time_passes() -> None:
    with virtual_time() as clock:
        clock.burn(2.5)
        assert clock.elapsed == 2.5


def test_time_does_not_go_back() -> None:
    with virtual_time() as clock, pytest.raises(ValueError, match="go back"):
        clock.burn(-1.0)


def test_elapsed_can_be_read_afterwards() -> None:
    with virtual_time() as clock:
        gevent.sleep(1)
    gevent.sleep(0)
    assert clock.elapsed == 1.0


def test_a_dead_lock_says_who_waits_for_what() -> None:
    with virtual_time():
        left, right = Semaphore(), Semaphore()

        def holds_and_wants(mine: Semaphore, other: Semaphore) -> None:
            with mine:
                gevent.sleep(1)
                other.acquire()

        one = gevent.spawn(holds_and_wants, left, right)
        two = gevent.spawn(holds_and_wants, right, left)
        with pytest.raises(Deadlock) as caught:
            gevent.joinall([one, two])
        text = str(caught.value)
        assert len(caught.value.waits) == 3
        assert "the main greenlet waits for" in text
        assert all(repr(each) in text for each in (one, two, left, right))


def test_the_program_goes_on_after_a_dead_lock() -> None:
    with virtual_time() as clock:
        with pytest.raises(LoopExit):
            Event().wait()
        gevent.sleep(1)
        assert clock.elapsed == 1.0


def test_waiting_for_all_to_end_knows_a_dead_lock() -> None:
    with virtual_time() as clock:
        gevent.spawn(gevent.sleep, 5)
        assert gevent.wait()
        assert clock.elapsed == 5.0


def test_a_call_in_a_thread_takes_no_time() -> None:
    with virtual_time() as clock:
        gevent.spawn_later(1, int)
        assert gevent.get_hub().threadpool.apply(int, ("7",)) == 7
        assert clock.elapsed == 0.0


def test_the_clock_stands_still_for_an_expected_thread() -> None:
    with virtual_time() as clock:
        event = Event()
        thread = threading.Thread(target=event.set)
        with clock.expecting():
            thread.start()
            assert event.wait(100)
        thread.join()
        assert clock.elapsed == 0.0


def test_switching_for_ever_at_one_instant_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gevent._loop.virtual.MOST_SWITCHES", 10_000)

    def never_ends() -> None:
        while True:
            gevent.sleep(0)

    with virtual_time():
        busy = gevent.spawn(never_ends)
        with pytest.raises(RuntimeError, match="never_ends"):
            busy.join()


# -- clocks ---------------------------------------------------------------------------


def test_the_clocks_are_virtual() -> None:
    with virtual_time(start=1e9) as clock:
        time.sleep(90)
        assert time.time() == 1e9 + 90
        assert time.time_ns() == (10**9 + 90) * 10**9
        assert time.monotonic() == time.perf_counter() == clock.elapsed == 90.0


def test_the_clocks_are_put_back() -> None:
    before = {name: getattr(time, name) for name in dir(time)}
    with virtual_time():
        assert time.time is not before["time"]
    assert {name: getattr(time, name) for name in dir(time)} == before


def test_other_threads_have_the_real_clocks() -> None:
    seen: list[float] = []
    with virtual_time():
        thread = threading.Thread(target=lambda: seen.append(time.monotonic()))
        thread.start()
        thread.join()
    assert seen[0] <= taken_before()
    assert seen[0] > 0.0


def test_clocks_can_be_left_alone() -> None:
    before = time.time
    with virtual_time(clocks=False):
        assert time.time is before


# -- the block ------------------------------------------------------------------------


def test_it_is_not_nested() -> None:
    with virtual_time(), pytest.raises(RuntimeError, match="already"):
        virtual_time().__enter__()


def test_it_is_entered_once() -> None:
    block = virtual_time()
    with block:
        pass
    with pytest.raises(RuntimeError, match="once"):
        block.__enter__()


def test_the_hub_from_before_is_there_again() -> None:
    before = gevent.get_hub()
    with virtual_time():
        assert gevent.get_hub() is not before
    assert gevent.get_hub() is before


def test_objects_work_inside_and_outside_in_turn() -> None:
    event, queue = Event(), Queue[int]()
    for _ in range(2):
        with virtual_time():
            gevent.spawn_later(1, event.set)
            assert event.wait()
            gevent.spawn(queue.put, 1)
            assert queue.get() == 1
        event.clear()
        gevent.spawn(event.set)
        assert event.wait()
        event.clear()


def test_who_is_left_is_killed_and_may_clean_up() -> None:
    seen: list[str] = []

    def body() -> None:
        try:
            gevent.sleep(1000)
        finally:
            gevent.sleep(0.5)
            seen.append("clean")

    with virtual_time() as clock:
        left = gevent.spawn(body)
        clock.settle()
    assert left.dead
    assert seen == ["clean"]


def test_who_is_left_can_be_an_error() -> None:
    with (
        pytest.raises(AssertionError, match="sleep"),
        virtual_time(leftovers="error"),
    ):
        gevent.spawn(gevent.sleep, 1000)


# -- what is real ---------------------------------------------------------------------


def test_waiting_for_a_real_descriptor_is_refused() -> None:
    one, other = socket.socketpair()
    with one, other:
        with virtual_time():
            with pytest.raises(RealIOError, match=f"{one.fileno()} .*Network"):
                one.recv(1)
            with pytest.raises(RealIOError):
                select.select([one], [], [], 5)
            with pytest.raises(RealIOError):
                socket.wait_read(one.fileno())
        other.sendall(b"x")
        assert one.recv(1) == b"x"


def test_what_need_not_wait_works() -> None:
    reader, writer = os.pipe()
    make_nonblocking(reader)
    with virtual_time():
        os.write(writer, b"y")
        assert nb_read(reader, 1) == b"y"
        with pytest.raises(RealIOError):
            nb_read(reader, 1)
    os.close(reader)
    os.close(writer)


def test_a_process_is_refused_before_it_is_there() -> None:
    with virtual_time(), pytest.raises(RealIOError, match="processes"):
        subprocess.run([sys.executable, "-c", ""], check=False)
    assert real_subprocess.run([sys.executable, "-c", ""], check=False).returncode == 0


def test_signals_and_files_are_refused() -> None:
    with virtual_time():
        with pytest.raises(RealIOError):
            gevent.signal_handler(signal.SIGUSR1, int)
        with pytest.raises(RealIOError):
            gevent.get_hub().loop.stat("/")


# -- dates ----------------------------------------------------------------------------


def test_dates_of_the_process_follow() -> None:
    pytest.importorskip("time_machine", reason="CPython's C functions alone")
    real = datetime.now(UTC)
    with virtual_time(datetimes=True) as clock:
        assert datetime.now(UTC) == datetime(2000, 1, 1, tzinfo=UTC)
        gevent.sleep(86400)
        clock.burn(60)
        assert datetime.now(UTC) == datetime(2000, 1, 2, 0, 1, tzinfo=UTC)
        assert taken_time() == datetime.now(UTC).timestamp()
    assert datetime.now(UTC) - real < timedelta(days=1)


def test_dates_are_real_unless_that_is_asked_for() -> None:
    real = datetime.now(UTC)
    with virtual_time():
        gevent.sleep(86400 * 365)
        assert datetime.now(UTC) - real < timedelta(days=1)


def test_dates_need_time_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "time_machine", None)
    with (
        pytest.raises(ImportError, match="pip install time-machine"),
        virtual_time(datetimes=True),
    ):
        pass
    assert "virtual" not in repr(gevent.get_hub())
