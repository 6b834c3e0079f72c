"""Use that tries to break the scheduler: finalizers, forks, raw greenlets, hooks."""

from __future__ import annotations

import gc
import io
import os
import signal
import threading
from collections.abc import Callable
from unittest import mock

import greenlet as greenlet_module
import pytest

import gevent
from gevent.event import Event
from gevent.exceptions import InvalidSwitchError, LoopExit
from gevent.hub import Hub, Waiter, get_hub
from tests.hub.conftest import Report, type_of_program


class Cycle:
    """Garbage whose finalizer does something."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.me = self
        self.action = action

    def __del__(self) -> None:
        self.action()


@pytest.mark.compiled
@pytest.mark.usefixtures("virtual_loop")
def test_a_finalizer_that_blocks_before_a_park_loses_no_wake_up() -> None:
    """The target ended meanwhile, and the joiner was never woken."""

    class Hooked(gevent.Greenlet):
        def switch_out(self) -> None:
            """Allocate: the collector may run."""

    target = gevent.Greenlet(lambda: 7)

    def body() -> object:
        Cycle(lambda: gevent.sleep(0.001))
        gc.set_threshold(1)
        try:
            return target.get()
        finally:
            gc.set_threshold(*before)

    before = gc.get_threshold()
    gc.disable()
    joiner = Hooked(body)
    joiner.start()
    target.start()
    gc.enable()
    joiner.join(timeout=5)
    gc.set_threshold(*before)
    assert joiner.value == 7


@pytest.mark.usefixtures("virtual_loop")
def test_a_switch_out_that_lets_others_run_loses_no_wake_up() -> None:
    """What came during the hook was dropped."""

    class Hooked(gevent.Greenlet):
        depth = 0

        def switch_out(self) -> None:
            if self.depth == 0:
                self.depth = 1
                gevent.sleep(0.002)

    def body(act: Callable[[], object]) -> object:
        return act()

    target = gevent.spawn(lambda: 7)
    actions = (
        target.get,
        lambda: gevent.sleep(0) or 7,
        lambda: gevent.sleep(0.0001) or 7,
        lambda: (gevent.Greenlet(print).join(timeout=0.0001), 7)[1],
    )
    for action in actions:
        greenlet = Hooked(body, action)
        greenlet.start()
        greenlet.join(timeout=5)
        assert greenlet.value == 7


@pytest.mark.slow
@pytest.mark.cpython("PyPy's collector cannot be told when to run")
def test_finalizers_that_spawn_sleep_and_kill_at_any_time() -> None:
    """A collection at nearly every allocation, with finalizers that do anything."""
    greenlets: list[gevent.Greenlet] = []
    actions = (
        lambda: gevent.spawn(lambda: None),
        lambda: gevent.sleep(0),
        lambda: gevent.sleep(0.0001),
        lambda: greenlets[7].kill(block=False),
    )

    def careful(number: int) -> None:
        if gevent.getcurrent() is not get_hub():
            try:
                actions[number % 4]()
            except (gevent.GreenletExit, gevent.Timeout):
                return  # meant for the greenlet that the finalizer interrupted

    def work(number: int) -> int:
        for step in range(10):
            Cycle(lambda: careful(number + step))  # noqa: B023 - any number will do
            with gevent.Timeout(0.0003, False):
                gevent.sleep((0, 0.0001, 0.001)[step % 3])
        return number

    before = gc.get_threshold()
    gc.set_threshold(2)
    greenlets += [gevent.spawn(work, number) for number in range(40)]
    gevent.joinall(greenlets, timeout=20)
    gc.set_threshold(*before)
    # Those that finalizers spawned: one may be inside a collection.
    gevent.wait(timeout=20)
    gc.collect()
    assert all(greenlet.dead for greenlet in greenlets)
    assert len([each for each in greenlets if isinstance(each.value, int)]) >= 30


def test_a_collection_in_another_thread_while_the_loop_polls(tmp_path: object) -> None:
    """Watchers that die there are freed by the loop's thread."""
    loop = get_hub().loop
    active = loop.activecnt

    def junk() -> None:
        cycle = Cycle(lambda: None)
        cycle.kept = [  # type: ignore[attr-defined]
            loop.io(0, 1),
            loop.timer(1),
            loop.stat(str(tmp_path)),
            loop.signal(signal.SIGUSR1),
            gevent.Timeout(1),
            gevent.Greenlet(print),
        ]

    gc.disable()
    for _ in range(20):
        junk()
        thread = threading.Thread(target=gc.collect)
        thread.start()
        gevent.sleep(0.001)  # the loop polls while the other thread collects
        thread.join()
    gc.enable()
    gevent.sleep(0.001)
    assert loop.activecnt == active


@pytest.mark.usefixtures("virtual_loop")
def test_a_foreign_switch_is_an_error_and_ends_the_wait() -> None:
    """The wake-up that comes later finds nobody."""

    def body() -> object:
        with pytest.raises(InvalidSwitchError):
            gevent.sleep(0.001)
        gevent.sleep(0.003)
        return "went on"

    greenlet = gevent.spawn(body)
    gevent.sleep(0)
    get_hub().loop.run_callback(greenlet.switch)
    assert greenlet.get() == "went on"


def test_dying_raw_greenlets_are_reported_for_themselves(
    reports: list[Report],
) -> None:
    """Also after hand-offs."""

    def fail_after(n: int) -> None:
        for _ in range(n):
            gevent.sleep(0)
        raise KeyError(n)

    raws = [gevent.spawn_raw(fail_after, n) for n in range(5)]
    gevent.idle()
    assert [(context, value.args) for context, _, value in reports] == [
        (raw, (n,)) for n, raw in enumerate(raws)
    ]


@pytest.mark.usefixtures("virtual_loop")
def test_an_error_thrown_at_the_hub_is_reported(reports: list[Report]) -> None:
    """The hub goes on."""
    gevent.spawn_raw(lambda: get_hub().throw(KeyError("thrown")))
    gevent.sleep(0.001)
    assert [kind for _, kind, _ in reports] == [KeyError]
    assert gevent.spawn(lambda: 5).get() == 5


def test_the_hub_may_be_switched_to_by_hand() -> None:
    """Whoever does so has arranged for his return."""

    def body() -> object:
        get_hub().loop.run_callback(gevent.getcurrent().switch, "value")
        return get_hub().switch()

    assert gevent.spawn(body).get() == "value"


@pytest.mark.usefixtures("virtual_loop")
def test_a_replaced_hub_switch_sees_every_park() -> None:
    """On the class and on the instance."""
    seen: list[str] = []
    original = Hub.switch

    def on_class(self: Hub) -> object:
        seen.append("class")
        return original(self)

    def on_instance() -> object:
        seen.append("instance")
        return original(get_hub())

    with mock.patch.object(Hub, "switch", on_class):
        gevent.sleep(0.0001)
        gevent.spawn(gevent.sleep, 0).join()
    assert seen == ["class"] * 3
    get_hub().switch = on_instance  # type: ignore[method-assign]
    gevent.sleep(0)
    assert seen[3:] == ["instance"]


def test_a_hub_made_in_a_nested_greenlet_belongs_to_the_root(
    run_program: type_of_program,
) -> None:
    """Its parent was the nested one, which then died."""
    done = run_program("""
        import greenlet
        def inner():
            import gevent
            gevent.sleep(0.001)
            return "slept"
        outer = greenlet.greenlet(lambda: greenlet.greenlet(inner).switch())
        print(outer.switch())
        import gevent
        gevent.sleep(0.001)
        print(gevent.get_hub().parent is greenlet.getcurrent())
    """)
    assert done.stdout.split() == ["slept", "True"], done.stderr


@pytest.mark.usefixtures("virtual_loop")
def test_a_greenlet_with_another_parent_returns_to_it() -> None:
    """Also when it has blocked meanwhile."""

    def nested() -> int:
        gevent.sleep(0.001)
        return 9

    def body() -> object:
        return greenlet_module.greenlet(nested).switch()

    assert gevent.spawn(body).get() == 9


@pytest.mark.slow
def test_runnable_greenlets_do_not_grow_the_stack() -> None:
    """Each would need some 160 bytes to overflow it."""
    greenlets = [gevent.spawn(gevent.sleep, 0) for _ in range(50_000)]
    assert len(gevent.joinall(greenlets)) == 50_000


def test_a_chain_of_greenlets_that_wait_for_each_other() -> None:
    """Started from siblings they would lie on each other's stacks."""

    def chain(n: int) -> int:
        return 0 if n == 0 else 1 + gevent.spawn(chain, n - 1).get()

    assert gevent.spawn(chain, 1000).get() == 1000


def test_recursion_ends_in_a_recursion_error(reports: list[Report]) -> None:
    def deeper() -> None:
        deeper()

    greenlet = gevent.spawn(deeper)
    greenlet.join()
    assert isinstance(greenlet.exception, RecursionError)


def test_a_repr_that_fails_does_not_end_the_hub() -> None:
    """LoopExit names everybody who is parked."""

    class Broken(gevent.Greenlet):
        def __repr__(self) -> str:
            raise KeyError("repr")

    broken = Broken(lambda: Waiter().get())
    broken.start()
    gevent.sleep(0)
    with pytest.raises(LoopExit) as caught:
        broken.join()
    assert "<Broken whose repr failed: KeyError>" in str(caught.value)
    broken.kill()


def test_a_tiny_interval_does_not_stop_the_loop() -> None:
    """A repeat too small to move the clock was due again at once, for ever."""
    seen: list[int] = []
    timer = get_hub().loop.timer(0, repeat=1e-20)
    timer.start(lambda: (seen.append(1), len(seen) == 3 and timer.stop()))
    gevent.sleep(0.001)
    gevent.idle()
    assert len(seen) == 3


def in_child(action: Callable[[], object]) -> str:
    """What *action* returned in a forked child, as text."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, str(action()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    text = os.read(reader, 1000).decode()
    os.close(reader)
    return text


@pytest.mark.parametrize("reinit", [True, False])
def test_a_forked_child_goes_on_with_timers_io_and_signals(reinit: bool) -> None:
    """With and without reinit(), and the parent is not disturbed."""
    seen: list[str] = []
    reader, writer = os.pipe()
    io = get_hub().loop.io(reader, 1)
    io.start(lambda: (os.read(reader, 1), seen.append("io")))
    handler = gevent.signal_handler(signal.SIGUSR1, seen.append, "signal")
    fork = get_hub().loop.fork(ref=False)
    fork.start(seen.append, "fork")

    def use() -> object:
        timer = gevent.spawn_later(0.001, seen.append, "timer")
        os.kill(os.getpid(), signal.SIGUSR1)
        timer.join()
        gevent.sleep(0.001)
        return sorted(seen)

    def child() -> object:
        if reinit:
            gevent.reinit()
        # A watcher of its own must not hide that the process is another one.
        get_hub().loop.io(writer, 2).start(lambda: None)
        return use()

    assert gevent.spawn(in_child, child).get() == "['fork', 'signal', 'timer']"
    os.write(writer, b"x")
    assert use() == ["io", "signal", "timer"]
    for watcher in (io, fork):
        watcher.close()
    handler.cancel()
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("uses_gevent_before", [True, False])
def test_a_child_forked_in_a_thread_has_a_hub(uses_gevent_before: bool) -> None:
    results: list[str] = []

    def work() -> None:
        if uses_gevent_before:
            gevent.sleep(0.0001)
        results.append(in_child(lambda: gevent.spawn(lambda: 4).get()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == ["4"]


def test_a_wakeup_descriptor_of_the_user_survives_the_loop() -> None:
    gevent.sleep(0.0001)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    get_hub().destroy(destroy_loop=True)
    assert signal.set_wakeup_fd(-1) == writer
    os.close(reader)
    os.close(writer)


def test_exit_with_everything_pending(run_program: type_of_program) -> None:
    """Status and at-exit handlers work; what is pending is dropped silently."""
    done = run_program("""
        import atexit, sys
        import gevent
        atexit.register(lambda: print(gevent.spawn(lambda: "atexit").get()))
        gevent.spawn(gevent.sleep, 10)
        gevent.spawn_later(5, print)
        gevent.get_hub().loop.timer(1).start(print)
        gevent.Timeout(10).start()
        gevent.spawn(sys.exit, 7)
        gevent.sleep(1)
    """)
    assert (done.returncode, done.stdout, done.stderr) == (7, "atexit\n", "")


def test_development_mode_has_nothing_to_say(run_program: type_of_program) -> None:
    done = run_program(
        """
        import os, threading
        import gevent
        def use():
            gevent.joinall([gevent.spawn(gevent.sleep, 0.0001) for _ in range(10)])
            with gevent.Timeout(0.001, False):
                gevent.sleep(1)
            reader, writer = os.pipe()
            gevent.get_hub().wait(gevent.get_hub().loop.io(writer, 2))
            os.close(reader)
            os.close(writer)
        use()
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        """,
        "-X", "dev", "-W", "error",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.pure
@pytest.mark.parametrize("by", ["callback", "link", "end link", "timer", "waiter"])
@pytest.mark.usefixtures("virtual_loop")
def test_a_greenlet_exit_out_of_a_callback_leaves_the_hub_alive(
    by: str, printed: io.StringIO
) -> None:
    """It ended the hub: whoever waited got an InvalidSwitchError."""
    hub = get_hub()
    called: list[str] = []

    def leave(*_args: object) -> None:
        called.append(by)
        raise gevent.GreenletExit

    timer = hub.loop.timer(0)
    if by == "callback":
        hub.loop.run_callback(leave)
    elif by == "link":
        event = Event()
        event.rawlink(leave)
        event.set()
    elif by == "end link":
        gevent.spawn(int).rawlink(leave)
    elif by == "timer":
        timer.start(leave)
    else:
        hub.loop.run_callback(lambda: waiter.throw(gevent.GreenletExit))
        waiter = Waiter()
        with pytest.raises(gevent.GreenletExit):
            waiter.get()
        called.append(by)
    gevent.sleep(0.001)
    timer.close()
    assert called == [by]
    assert get_hub() is hub
    assert not hub.dead
    assert printed.getvalue() == ""


@pytest.mark.pure
def test_a_kill_whose_exception_cannot_be_made_ends_the_greenlet(
    printed: io.StringIO,
) -> None:
    """Nothing arrived, and who killed waited for ever."""

    class Unmakeable(Exception):
        def __init__(self) -> None:
            raise ZeroDivisionError

    target = gevent.spawn(gevent.sleep, 1000)
    gevent.sleep(0)
    target.kill(Unmakeable)
    assert isinstance(target.exception, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError), gevent.Timeout(0, Unmakeable):
        gevent.sleep(1000)
    assert "ZeroDivisionError" in printed.getvalue()
