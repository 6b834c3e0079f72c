"""``gevent.thread``, ``gevent.time``, ``gevent._threading``: twins of C modules."""

from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import gevent
import gevent._threading
import gevent.thread
import gevent.time
from gevent.lock import BoundedSemaphore
from gevent.sync.threads.joinable import (
    ThreadHandle,
    make_thread_handle,
    start_joinable,
)
from gevent.thread import (
    LockType,
    RLockType,
    allocate_lock,
    get_ident,
    start_new_thread,
)
from tests.support.schedule import no_switches, switches

pytestmark = pytest.mark.pure

Start = Callable[..., threading.Thread]


# -- locks --------------------------------------------------------------------------


def test_a_lock_is_a_bounded_semaphore_of_one() -> None:
    lock = allocate_lock()
    assert isinstance(lock, BoundedSemaphore)
    assert allocate_lock is LockType
    assert str(lock).startswith("<unlocked _thread.lock object at 0x")
    assert lock.acquire() is True
    assert lock.locked()
    assert lock.release() == 1
    with lock as entered:
        assert entered is None
    with pytest.raises(RuntimeError):
        lock.release()


def test_a_lock_takes_no_arguments() -> None:
    with pytest.raises(TypeError):
        LockType(1)  # type: ignore[call-arg]


def test_a_lock_cannot_be_subclassed() -> None:
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Mine", (LockType,), {})()


def refusal(make: Callable[[], Any], arguments: tuple[object, ...]) -> object:
    """Return the exception of an acquire, as a text; or what it returned."""
    try:
        return make().acquire(*arguments)
    except (OverflowError, TypeError, ValueError) as error:
        return repr(error)


@pytest.mark.parametrize(
    ("make", "native"),
    [(allocate_lock, _thread.allocate_lock), (RLockType, _thread.RLock)],
)
@pytest.mark.parametrize(
    "arguments",
    [
        *[(False, 1), (False, 0), (False, "x"), (True, -2), (True, -0.5), (True, 1e20)],
        *[(True, "x"), (True, float("inf")), (True, float("nan")), (True, 1e300)],
        *[(True, None), (True, 1j), (True, 2**70), ("x",), (None,), (1.5,)],
        *[(False, -1), (True, -1), (0,), (1,), (2, 0.5), (True, 0), (True, True)],
    ],
)
def test_arguments_are_taken_or_refused_as_by_native_locks(
    make: Callable[[], object],
    native: Callable[[], object],
    arguments: tuple[object, ...],
) -> None:
    assert refusal(make, arguments) == refusal(native, arguments)


def test_a_lock_has_its_old_method_names() -> None:
    lock = allocate_lock()
    assert lock.acquire_lock() is True
    assert lock.locked_lock() is True
    assert lock.acquire_lock(False) is False
    assert lock.release_lock() is None  # type: ignore[func-returns-value]  # the point
    assert lock.locked_lock() is False


@pytest.mark.parametrize("make", [allocate_lock, RLockType])
def test_the_text_of_a_lock_says_whether_it_is_locked(
    make: Callable[[], LockType | RLockType],
) -> None:
    lock = make()
    assert repr(lock).startswith("<unlocked _thread.")
    lock.acquire()
    assert repr(lock).startswith("<locked _thread.")
    assert str(lock) == repr(lock)


def test_a_reentrant_lock_says_how_often_it_is_held() -> None:
    lock = RLockType()
    assert "owner=0 count=0" in repr(lock)
    assert [lock.acquire(), lock.acquire()] == [True, True]
    assert f"owner={get_ident()} count=2" in repr(lock)


def test_a_lock_that_is_taken_is_waited_for() -> None:
    lock = allocate_lock()
    with no_switches():
        lock.acquire()
    gevent.spawn(lock.release)
    with switches():
        assert lock.acquire() is True
    assert lock.acquire(timeout=0) is False
    assert lock.acquire(True, 0.0001) is False


def test_a_loop_that_tries_a_lock_lets_others_run() -> None:
    lock = allocate_lock()
    lock.acquire()
    gevent.spawn(lock.release)
    while not lock.acquire(False):
        pass
    assert lock.locked()


def test_trying_a_lock_in_the_hub_does_not_switch(
    in_hub: Callable[..., object],
) -> None:
    lock = allocate_lock()
    assert in_hub(lock.acquire, False) is True
    assert in_hub(lock.acquire, False) is False


def test_trying_a_lock_makes_no_hub(start_thread: Start) -> None:
    lock = allocate_lock()
    lock.acquire()
    found: list[object] = []

    def body() -> None:
        found.append(lock.acquire(False))
        found.append(gevent._native.scheduling.scheduler.current_hub_or_none())

    start_thread(body).join(10)
    assert found == [False, None]


def test_a_lock_is_new_in_a_forked_child() -> None:
    lock = allocate_lock()
    lock.acquire()
    lock._at_fork_reinit()
    assert not lock.locked()


# -- threads ------------------------------------------------------------------------


def test_idents_are_those_of_greenlets() -> None:
    idents: list[int] = []
    ident = start_new_thread(lambda: idents.append(get_ident()))
    assert idents == []
    gevent.sleep(0)
    assert idents == [ident]
    assert get_ident() == id(gevent.getcurrent())
    greenlet = gevent.Greenlet(len)
    assert get_ident(greenlet) == id(greenlet)


def test_a_new_thread_gets_its_arguments() -> None:
    found: list[object] = []

    def body(*args: object, **kwargs: object) -> None:
        found.append((args, kwargs))

    start_new_thread(body, (1, 2), {"key": 3})
    start_new_thread(body, iter([4]))
    gevent.sleep(0)
    assert found == [((1, 2), {"key": 3}), ((4,), {})]


@pytest.mark.parametrize("arguments", [(5, ()), (len, 5), (len, (), 5)])
def test_a_thread_of_wrong_parts_is_refused(arguments: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        start_new_thread(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [SystemExit(1), gevent.GreenletExit()])
def test_a_thread_that_exits_ends_nobody_else(error: BaseException) -> None:
    def body() -> None:
        raise error

    reports: list[object] = []
    hub = gevent.get_hub()
    hub.handle_error = lambda *report: reports.append(report)  # type: ignore[method-assign]
    start_new_thread(body)
    start_joinable(body).join()
    assert reports == []


def test_an_error_in_a_thread_is_reported() -> None:
    reports: list[object] = []
    hub = gevent.get_hub()
    hub.handle_error = lambda *report: reports.append(report[1])  # type: ignore[method-assign]
    start_new_thread(len)
    start_joinable(len).join()  # type: ignore[arg-type]
    assert reports == [TypeError, TypeError]


@pytest.mark.parametrize("keywords", [5, "x", [("key", 1)], ()])
def test_keywords_that_are_no_mapping_are_refused(keywords: object) -> None:
    with pytest.raises(TypeError, match="must be a dictionary"):
        start_new_thread(len, (), keywords)  # type: ignore[arg-type]


def test_arguments_are_looked_at_before_keywords() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        start_new_thread(len, 5, "x")  # type: ignore[arg-type]


class _Described:
    def __call__(self) -> None:
        """Do nothing."""

    def __repr__(self) -> str:
        return "described"


@pytest.mark.parametrize(
    ("function", "arguments", "text"),
    [
        (sorted, ([1],), "<built-in function sorted>([1])"),
        (_Described(), (), "described"),
    ],
)
def test_the_greenlet_of_a_thread_is_described_by_its_function(
    function: Callable[..., object], arguments: tuple[object, ...], text: str
) -> None:
    started: list[gevent.Greenlet[..., object]] = []
    gevent.Greenlet.add_spawn_callback(started.append)
    try:
        start_new_thread(function, arguments)
    finally:
        gevent.Greenlet.remove_spawn_callback(started.append)
    (greenlet,) = started
    assert repr(greenlet).endswith(f": {text}>")
    greenlet.join()


@pytest.mark.parametrize("timeout", [1e300, float("inf"), 1e10])
def test_a_handle_is_not_joined_for_ages(timeout: float) -> None:
    handle = start_joinable(lambda: None)
    with pytest.raises(OverflowError, match="too large"):
        handle.join(timeout)
    handle.join()


def test_exit_ends_the_greenlet() -> None:
    greenlet = gevent.spawn(gevent.thread.exit)
    greenlet.join()
    assert isinstance(greenlet.value, gevent.GreenletExit)


def test_the_stack_size_grows_only() -> None:
    stack_size = gevent.thread.stack_size
    before = stack_size()
    try:
        assert stack_size(100_000) == 0
        assert stack_size(60_000) == 100_000
        with pytest.raises(ValueError, match="size"):
            stack_size(100)
        assert stack_size(0) == 100_000
        assert stack_size() == 0
    finally:
        _thread.stack_size(before)


def test_idents_larger_than_a_c_long_work() -> None:
    hub = gevent.get_hub()
    ident, hub.thread_ident = hub.thread_ident, 2**63 + 11
    try:
        assert "thread_ident=0x800000000000000b" in repr(hub)
        assert "thread_ident=0x800000000000000b" in repr(hub.threadpool)
    finally:
        hub.thread_ident = ident
    assert make_thread_handle(2**64).ident == 2**64


# -- handles ------------------------------------------------------------------------


def test_a_handle_is_joined_until_its_thread_ends() -> None:
    idents: list[int] = []

    def body() -> None:
        gevent.sleep(0)
        idents.append(get_ident())

    with no_switches():
        handle = start_joinable(body)
    assert not handle.is_done()
    handle.join()
    assert handle.is_done()
    assert idents == [handle.ident]
    with no_switches():
        handle.join()


def test_joining_a_handle_gives_up_after_its_timeout(virtual_loop: object) -> None:
    handle = start_joinable(lambda: gevent.sleep(10))
    handle.join(1)
    assert not handle.is_done()
    handle.join(None)
    assert handle.is_done()


def test_what_cannot_be_joined_says_so() -> None:
    errors: list[str] = []

    def body() -> None:
        try:
            handle.join()
        except RuntimeError as error:
            errors.append(str(error))

    handle = ThreadHandle()
    with pytest.raises(RuntimeError, match="thread not started"):
        handle.join()
    start_joinable(body, handle, daemon=False).join()
    assert errors == ["Cannot join current thread"]
    with pytest.raises(RuntimeError, match="thread already started"):
        start_joinable(body, handle)
    with pytest.raises(TypeError, match="must be a _ThreadHandle"):
        start_joinable(body, object())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be callable"):
        start_joinable(5)  # type: ignore[arg-type]


def test_a_native_thread_can_join_a_handle(start_thread: Start) -> None:
    gate = gevent.get_hub().loop.async_()
    waiter = gevent.hub.Waiter()
    gate.start(waiter.switch, None)
    handle = start_joinable(waiter.get)
    joining = start_thread(handle.join)
    assert not handle.is_done()
    start_thread(gate.send)
    handle.join()
    assert handle.is_done()
    joining.join(10)
    assert not joining.is_alive()
    gate.close()


# -- the other twins ----------------------------------------------------------------


def test_the_rest_of_the_thread_module_is_the_standard_librarys() -> None:
    for name in gevent.thread.__imports__:
        assert getattr(gevent.thread, name) is getattr(_thread, name)
    assert gevent.thread.__target__ == "_thread"
    assert "_local" in gevent.thread.__implements__


def test_the_time_module_has_a_cooperative_sleep() -> None:
    assert gevent.time.sleep is gevent.sleep
    assert gevent.time.__implements__ == ["sleep"]
    assert gevent.time.monotonic is time.monotonic
    assert gevent.time.__doc__ != time.__doc__


def test_native_threads_and_locks_stay_within_reach() -> None:
    lock = gevent._threading.Lock()
    idents: list[int] = []

    def body() -> None:
        idents.append(gevent._threading.get_ident())
        lock.release()

    assert lock.acquire()
    gevent._threading.start_new_thread(body)
    assert lock.acquire(True, 10)
    assert idents != [gevent._threading.get_thread_ident()]


def test_a_patched_reentrant_lock_refuses_as_a_native_one() -> None:
    with pytest.raises(RuntimeError, match=r"^cannot release un-acquired lock$"):
        RLockType().release()
