"""gevent.run: what begins the end of a program, and that every ``finally`` runs."""

from __future__ import annotations

import gc
import io
import os
import signal
import subprocess
import sys
import threading

import pytest

import gevent
from gevent import events, runner
from gevent.event import Event
from gevent.exceptions import LoopExit
from gevent.lock import Semaphore
from gevent.sync.program import Program


@pytest.fixture
def printed():
    hub = gevent.get_hub()
    hub.exception_stream = io.StringIO()
    yield hub.exception_stream
    del hub.__dict__["exception_stream"]


def tell_at_end(seen, name, seconds=60):
    try:
        gevent.sleep(seconds)
    finally:
        seen.append(name)


def send(number):
    os.kill(os.getpid(), number)


# -- results ---------------------------------------------------------------------------


def test_what_main_returns_is_returned():
    assert gevent.run(lambda *args: args, 1, 2) == (1, 2)


def test_what_main_raises_is_raised():
    error = ValueError("of main")

    def main():
        raise error

    with pytest.raises(ValueError, match="of main") as caught:
        gevent.run(main)
    assert caught.value is error
    assert error.__context__ is None


@pytest.mark.parametrize("kind", [SystemExit, gevent.GreenletExit, KeyboardInterrupt])
def test_what_ends_main_comes_after_the_greenlets_it_has_left(kind):
    seen = []

    def main():
        gevent.spawn(tell_at_end, seen, "left")
        gevent.sleep(0)
        raise kind

    with pytest.raises(kind):
        gevent.run(main)
    assert seen == ["left"]


def test_timeout_around_the_run_ends_main_and_is_raised():
    seen = []
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.001):
        gevent.run(tell_at_end, seen, "main")
    assert seen == ["main"]


def test_at_sigterm_a_main_that_was_cut_short_gives_none():
    def main():
        send(signal.SIGTERM)
        gevent.sleep(60)

    assert gevent.run(main) is None


def test_at_sigterm_a_main_that_ends_by_itself_gives_its_value():
    def main():
        send(signal.SIGTERM)
        try:
            gevent.sleep(60)
        except gevent.Cancelled as error:
            return str(error)

    assert gevent.run(main) == "SIGTERM"


def test_at_sigint_the_end_is_keyboard_interrupt_after_all_cleanup():
    seen = []

    def main():
        gevent.spawn(tell_at_end, seen, "left")
        gevent.sleep(0)
        send(signal.SIGINT)
        tell_at_end(seen, "main")

    with pytest.raises(KeyboardInterrupt):
        gevent.run(main)
    assert seen == ["main", "left"]


def test_error_of_main_at_sigint_is_the_context():
    def main():
        send(signal.SIGINT)
        try:
            gevent.sleep(60)
        finally:
            raise ValueError("of the cleanup")

    with pytest.raises(KeyboardInterrupt) as caught:
        gevent.run(main)
    assert isinstance(caught.value.__context__, ValueError)


def test_error_of_main_at_sigterm_is_raised():
    def main():
        send(signal.SIGTERM)
        try:
            gevent.sleep(60)
        finally:
            raise ValueError("of the cleanup")

    with pytest.raises(ValueError, match="of the cleanup"):
        gevent.run(main)


# -- who is cancelled ------------------------------------------------------------------


def test_greenlets_that_are_left_are_cancelled_in_the_order_of_their_birth():
    seen = []

    def main():
        gevent.spawn(tell_at_end, seen, 1)
        gevent.spawn_raw(tell_at_end, seen, 2)
        gevent.spawn(gevent.spawn, tell_at_end, seen, 4)
        gevent.spawn(tell_at_end, seen, 3)
        gevent.sleep(0)
        gevent.sleep(0)

    gevent.run(main)
    assert seen == [1, 2, 3, 4]


def test_greenlet_whose_time_has_not_come_never_runs():
    seen = []
    gevent.run(gevent.spawn_later, 60, seen.append, "later")
    assert seen == []


def test_greenlets_that_were_made_and_not_started_are_left_alone():
    made = []
    gevent.run(lambda: made.append(gevent.Greenlet(int, 5)))
    made[0].start()
    assert made[0].get() == 5


def test_greenlets_of_before_go_on():
    seen = []
    end = Event()

    def wait_for_end():
        end.wait()
        seen.append("before")

    before = gevent.spawn(wait_for_end)
    gevent.run(gevent.sleep, 0)
    assert seen == []
    assert not before.ready()
    end.set()
    before.join()
    assert seen == ["before"]


def test_greenlets_that_a_cleanup_spawns_are_cancelled_too():
    seen = []

    def left():
        try:
            gevent.sleep(60)
        finally:
            gevent.spawn(tell_at_end, seen, "spawned late")
            gevent.sleep(0)

    def main():
        gevent.spawn(left)
        gevent.sleep(0)

    gevent.run(main)
    assert seen == ["spawned late"]


def test_greenlets_are_found_after_the_collector_was_told_to_skip_them():
    seen = []

    def main():
        gevent.spawn(tell_at_end, seen, "frozen")
        gevent.sleep(0)
        gc.freeze()

    gevent.run(main)
    assert seen == ["frozen"]


def test_members_of_groups_end_with_main():
    seen = []

    def main():
        with gevent.TaskGroup() as group:
            group.spawn(tell_at_end, seen, "member")
            gevent.sleep(0)
            runner.request_stop()

    gevent.run(main)
    assert seen == ["member"]


def test_cleanup_may_wait():
    seen = []

    def left():
        try:
            gevent.sleep(60)
        finally:
            gevent.sleep(0.001)
            seen.append("cleaned up")

    def main():
        gevent.spawn(left)
        gevent.sleep(0)

    gevent.run(main)
    assert seen == ["cleaned up"]


def test_who_does_not_end_in_time_is_named_with_what_it_waits_for(printed):
    lock = Semaphore(0)
    kept = []

    def never_ends():
        while True:
            try:
                lock.acquire()
                return
            except gevent.Cancelled:
                pass

    def main():
        kept.append(gevent.spawn(never_ends))
        gevent.sleep(0)

    gevent.run(main, cleanup_timeout=0.01)
    text = printed.getvalue()
    assert text.startswith("gevent.run: not ended after 0.01 seconds:\n  <Greenlet")
    assert "never_ends" in text
    assert text.count("\n") == 2
    lock.release()
    kept[0].join()


def test_call_in_the_thread_pool_is_waited_for():
    seen = []
    go_on = threading.Event()

    def call():
        go_on.wait(10)
        seen.append("done")

    def main():
        gevent.spawn(gevent.get_hub().threadpool.apply, call)
        gevent.spawn(tell_at_end, [], "").link(lambda _: go_on.set())
        gevent.sleep(0)
        gevent.sleep(0)

    gevent.run(main)
    assert seen == ["done"]


def test_call_in_the_thread_pool_that_does_not_end_is_named(printed):
    go_on = threading.Event()

    def main():
        gevent.spawn(gevent.get_hub().threadpool.apply, go_on.wait, (10,))
        gevent.sleep(0)
        gevent.sleep(0)

    gevent.run(main, cleanup_timeout=0.01)
    assert "  1 call in the thread pool\n" in printed.getvalue()
    go_on.set()
    gevent.get_hub().threadpool.join()


# -- what begins the end ---------------------------------------------------------------


def test_stopping_is_true_from_the_signal_on():
    seen = [runner.stopping()]

    def main():
        seen.append(runner.stopping())
        send(signal.SIGTERM)
        # A loop that computes.
        while not runner.stopping():
            pass
        seen.append(runner.stopping())

    gevent.run(main)
    assert [*seen, runner.stopping()] == [False, False, True, False]


@pytest.mark.parametrize(
    ("begin", "reason"),
    [
        (lambda: send(signal.SIGTERM), "SIGTERM"),
        (lambda: runner.request_stop("enough"), "enough"),
        (runner.request_stop, None),
        (lambda: 1, "main has returned"),
        (lambda: 1 / 0, "main has failed"),
    ],
)
def test_event_says_why_the_program_stops(begin, reason):
    seen = []

    def main():
        begin()
        if reason in ("SIGTERM", "enough", None):
            gevent.sleep(60)

    with events.subscribe(events.ProgramStopping, seen.append):
        try:
            gevent.run(main)
        except ZeroDivisionError:
            pass
    assert [each.reason for each in seen] == [reason]


def test_failing_subscriber_is_reported_and_the_end_goes_on(printed):
    seen = []

    def main():
        gevent.spawn(tell_at_end, seen, "left")
        gevent.sleep(0)

    def fail(event):
        raise ValueError("of the subscriber")

    with events.subscribe(events.ProgramStopping, fail):
        gevent.run(main)
    assert seen == ["left"]
    assert "ValueError: of the subscriber" in printed.getvalue()


def test_stop_can_be_requested_from_a_native_thread():
    def main():
        thread = threading.Thread(target=runner.request_stop, args=("a thread",))
        thread.start()
        try:
            gevent.sleep(60)
        except gevent.Cancelled as error:
            thread.join()
            return str(error)

    assert gevent.run(main) == "a thread"


def test_stop_can_be_requested_in_a_signal_handler():
    earlier = signal.signal(signal.SIGUSR1, lambda *_: runner.request_stop("usr1"))

    def main():
        send(signal.SIGUSR1)
        try:
            gevent.sleep(60)
        except gevent.Cancelled as error:
            return str(error)

    try:
        assert gevent.run(main) == "usr1"
    finally:
        signal.signal(signal.SIGUSR1, earlier)


def test_stop_can_be_requested_in_the_hub():
    def main():
        gevent.get_hub().loop.run_callback(runner.request_stop)
        gevent.sleep(60)

    assert gevent.run(main) is None


def test_request_without_a_run_does_nothing():
    runner.request_stop()
    assert gevent.run(lambda: 1) == 1


def test_reason_that_is_no_text_is_refused():
    with pytest.raises(TypeError, match="a reason is a str or None, not int"):
        runner.request_stop(1)


def test_main_does_not_begin_when_the_stop_has():
    seen = []
    program = Program(gevent.get_hub(), 0, None)
    with program.signals([signal.SIGUSR1]):
        send(signal.SIGUSR1)
        assert program.run(seen.append, ("main",)) is None
    assert seen == []


def test_later_requests_change_nothing():
    def main():
        runner.request_stop("first")
        runner.request_stop("second")
        try:
            gevent.sleep(60)
        except gevent.Cancelled as error:
            return str(error)

    assert gevent.run(main) == "first"


# -- signals ---------------------------------------------------------------------------


def test_handlers_of_signals_are_as_before():
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    seen = []

    def main():
        seen.extend(signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM))

    gevent.run(main)
    assert [
        signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)
    ] == before
    assert not set(seen) & set(before)


def test_signal_with_a_handler_of_its_own_is_left_alone():
    seen = []

    def handle(number, frame):
        seen.append(number)

    earlier = signal.signal(signal.SIGINT, handle)
    try:
        gevent.run(lambda: send(signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, earlier)
    assert seen == [signal.SIGINT]


def test_handler_that_main_has_set_stays():
    def handle(number, frame):
        """Never called."""

    try:
        gevent.run(lambda: signal.signal(signal.SIGTERM, handle))
        assert signal.getsignal(signal.SIGTERM) is handle
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_signals_may_be_chosen():
    earlier = signal.signal(signal.SIGTERM, lambda *_: None)

    def main():
        send(signal.SIGTERM)
        send(signal.SIGUSR2)
        try:
            gevent.sleep(60)
        except gevent.Cancelled as error:
            return str(error)

    try:
        assert gevent.run(main, signals=[signal.SIGUSR2]) == "SIGUSR2"
        assert gevent.run(main, signals=[signal.SIGTERM, signal.SIGUSR2]) == "SIGTERM"
    finally:
        signal.signal(signal.SIGTERM, earlier)
    assert signal.getsignal(signal.SIGUSR2) == signal.SIG_DFL


def test_second_signal_brings_the_old_handlers_back():
    seen = []

    def main():
        before = signal.getsignal(signal.SIGTERM)
        send(signal.SIGTERM)
        seen.append(signal.getsignal(signal.SIGTERM) == before)
        send(signal.SIGTERM)
        seen.append(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)

    gevent.run(main)
    assert seen == [True, True]


def test_third_sigint_interrupts_at_once():
    seen = []

    def main():
        send(signal.SIGINT)
        send(signal.SIGINT)
        try:
            send(signal.SIGINT)
        except KeyboardInterrupt:
            seen.append("interrupted")
            raise

    with pytest.raises(KeyboardInterrupt):
        gevent.run(main)
    assert seen == ["interrupted"]


# -- draining --------------------------------------------------------------------------


class Work:
    """Something to be drained; says when, and waits."""

    def __init__(self, seen, name="work", answer=True, wait=None):
        self.seen = seen
        self.name = name
        self.answer = answer
        self.wait = wait

    def drain(self, timeout=None):
        self.seen.append((self.name, timeout))
        if self.wait is not None and timeout:
            self.wait()
        return self.answer


def test_what_was_registered_is_drained_before_main_is_cancelled():
    seen = []
    work = Work(seen, wait=lambda: tell_at_end(seen, "drained", 0.001))

    def main():
        runner.register(work)
        runner.request_stop()
        tell_at_end(seen, "main")

    gevent.run(main, drain_timeout=5)
    assert seen == [("work", 5.0), "drained", "main"]


def test_what_was_registered_is_drained_when_main_has_returned():
    seen = []
    work = Work(seen)
    gevent.run(runner.register, work)
    assert seen == [("work", 10.0)]


def test_what_is_not_done_is_drained_again_without_time_in_the_end():
    seen = []
    work = Work(seen, answer=False)

    def main():
        runner.register(work)
        gevent.spawn(tell_at_end, seen, "left")
        gevent.sleep(0)

    gevent.run(main, drain_timeout=5)
    assert seen == [("work", 5.0), "left", ("work", 0)]


def test_failing_drain_is_reported_and_the_others_are_drained(printed):
    seen = []

    class Fails:
        def drain(self, timeout=None):
            raise ValueError("of the drain")

    works = [Fails(), Work(seen)]

    def main():
        for each in works:
            runner.register(each)

    gevent.run(main)
    assert seen == [("work", 10.0)]
    assert "ValueError: of the drain" in printed.getvalue()


def test_drain_that_does_not_end_is_given_up_after_its_time():
    seen = []
    work = Work(seen, wait=lambda: tell_at_end(seen, "given up"))

    def main():
        runner.register(work)
        runner.request_stop()
        tell_at_end(seen, "main")

    gevent.run(main, drain_timeout=0.001)
    assert seen[0] == ("work", 0.001)
    assert sorted(seen[1:3]) == ["given up", "main"]


def test_second_signal_ends_the_draining():
    seen = []

    def wait():
        send(signal.SIGTERM)
        tell_at_end(seen, "given up")

    work = Work(seen, wait=wait)

    def main():
        runner.register(work)
        send(signal.SIGTERM)
        tell_at_end(seen, "main")

    gevent.run(main, drain_timeout=600)
    assert sorted(seen[1:3]) == ["given up", "main"]


def test_after_two_signals_at_once_nothing_comes_in_while_others_are_cancelled():
    seen = []
    work = Work(seen)

    def main():
        runner.register(work)
        gevent.spawn(tell_at_end, seen, "left")
        gevent.sleep(0)
        send(signal.SIGTERM)
        send(signal.SIGTERM)
        tell_at_end(seen, "main")

    gevent.run(main)
    assert seen[0] == ("work", 0)
    assert seen[1:3] == ["main", "left"]


def test_what_is_registered_while_draining_is_drained_too():
    seen = []
    late = Work(seen, "late")
    work = Work(seen, wait=lambda: runner.register(late))

    def main():
        runner.register(work)

    gevent.run(main)
    assert seen == [("work", 10.0), ("late", 10.0)]


def test_what_was_registered_is_not_kept_alive():
    seen = []
    gevent.run(lambda: runner.register(Work(seen)))
    assert seen == []


def test_what_is_thrown_into_the_wait_hurries_and_is_raised():
    seen = []
    me = gevent.getcurrent()

    def wait():
        gevent.get_hub().loop.run_callback(me.throw, SystemExit(3))
        tell_at_end(seen, "given up")

    work = Work(seen, wait=wait)

    def main():
        gevent.spawn(tell_at_end, seen, "left")
        gevent.sleep(0)
        runner.register(work)

    with pytest.raises(SystemExit) as caught:
        gevent.run(main, drain_timeout=600)
    assert caught.value.code == 3
    assert set(seen[1:3]) == {"given up", "left"}


# -- where it may be called ------------------------------------------------------------


def test_run_in_a_run_is_refused():
    with pytest.raises(RuntimeError, match="runs in this thread already"):
        gevent.run(gevent.run, int)
    assert gevent.run(int) == 0


def test_run_in_another_greenlet_is_refused():
    def call():
        with pytest.raises(RuntimeError, match="for the main greenlet of a thread"):
            gevent.run(int)
        return "refused"

    assert gevent.spawn(call).get() == "refused"


def test_main_must_be_callable():
    with pytest.raises(TypeError, match="expected a callable, not 5"):
        gevent.run(5)


@pytest.mark.parametrize("name", ["drain_timeout", "cleanup_timeout"])
def test_times_must_be_numbers(name):
    with pytest.raises(ValueError, match="NaN"):
        gevent.run(int, **{name: float("nan")})
    with pytest.raises(TypeError):
        gevent.run(int, **{name: "1"})


def in_thread(function):
    results = []

    def body():
        try:
            results.append(function())
        except BaseException as error:
            results.append(error)
        gevent.get_hub().destroy()

    thread = threading.Thread(target=body)
    thread.start()
    thread.join(10)
    return results[0]


def test_run_in_another_thread_has_no_signals():
    seen = []

    def main():
        seen.append(signal.getsignal(signal.SIGTERM))
        gevent.spawn(tell_at_end, seen, "left")
        gevent.sleep(0)
        return "value"

    assert in_thread(lambda: gevent.run(main)) == "value"
    assert seen == [signal.SIG_DFL, "left"]


def test_signals_are_refused_in_another_thread():
    result = in_thread(lambda: gevent.run(int, signals=[signal.SIGTERM]))
    assert isinstance(result, ValueError)


def test_request_stops_the_runs_of_all_threads():
    has_begun = threading.Event()

    def main():
        has_begun.set()
        gevent.sleep(60)

    thread = threading.Thread(target=in_thread, args=(lambda: gevent.run(main),))
    thread.start()
    assert has_begun.wait(10)
    runner.request_stop()
    thread.join(10)
    assert not thread.is_alive()


def test_child_does_not_run_the_end_of_its_parent():
    seen = []
    work = Work(seen)
    reading, writing = os.pipe()

    def main():
        runner.register(work)
        gevent.spawn(tell_at_end, seen, "left")
        gevent.sleep(0)
        return os.fork()

    pid = gevent.run(main)
    if pid == 0:
        os.write(writing, repr((seen, signal.getsignal(signal.SIGTERM))).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reading, 1000) == repr(([], signal.SIG_DFL)).encode()
    os.close(reading)
    os.close(writing)
    assert seen == [("work", 10.0), "left"]


def test_child_is_ended_by_a_signal_as_ever():
    def main():
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(5)
        return os.waitpid(pid, 0)[1]

    assert os.WTERMSIG(gevent.run(main)) == signal.SIGTERM


# -- whole processes -------------------------------------------------------------------

PROGRAM = """
import os, signal, sys
import gevent

def left():
    try:
        gevent.sleep(60)
    finally:
        print("left", flush=True)

def main():
    gevent.spawn(left)
    gevent.sleep(0)
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    gevent.sleep(60)

gevent.run(main)
"""


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 0), ("SIGINT", -2)])
def test_status_of_the_process_says_how_it_was_stopped(name, status):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, name], capture_output=True, timeout=30
    )
    assert (done.stdout, done.returncode) == (b"left\n", status)


def test_run_waits_for_an_event_of_a_greenlet_as_ever():
    done = Event()

    def main():
        gevent.spawn(done.set)
        return done.wait()

    assert gevent.run(main) is True


def test_main_that_nobody_else_can_wake_waits_for_a_signal():
    def main():
        thread = threading.Thread(target=send, args=(signal.SIGTERM,))
        thread.start()
        thread.join()
        Event().wait()

    assert gevent.run(main) is None


def test_without_signals_nobody_who_could_wake_main_is_a_loop_exit():
    with pytest.raises(LoopExit):
        gevent.run(Event().wait, signals=())
