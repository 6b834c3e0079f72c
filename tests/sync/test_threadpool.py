"""``gevent.threadpool``: calls in native threads, awaited by greenlets."""

from __future__ import annotations

import concurrent.futures
import gc
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import FrameType

import pytest

import gevent
from gevent._native.scheduling.scheduler import current_hub_or_none
from gevent.event import AsyncResult
from gevent.exceptions import InvalidThreadUseError
from gevent.sync.threads.workers import Workers
from gevent.threadpool import ThreadPool, ThreadPoolExecutor, ThreadResult
from tests.support.memory import let_go
from tests.support.schedule import no_switches, wait_until

pytestmark = pytest.mark.pure

Start = Callable[..., threading.Thread]


class Gate:
    """Holds calls back in their threads until it is opened."""

    def __init__(self) -> None:
        self._opened = threading.Event()
        self.entered = threading.Semaphore(0)

    def __call__(self, value: object = None) -> object:
        self.entered.release()
        assert self._opened.wait(10), "the test never opened the gate"
        return value

    def open(self) -> None:
        """Let all calls go on."""
        self._opened.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


@pytest.fixture
def pool() -> Iterator[ThreadPool]:
    made = ThreadPool(2)
    made.hub.exception_stream = None
    yield made
    made.kill()


def identity(value: object) -> object:
    """Return the argument."""
    return value


def fail() -> None:
    """Raise a KeyError."""
    raise KeyError("mine")


def test_apply_runs_in_another_thread_and_returns_the_result(pool: ThreadPool) -> None:
    assert pool.apply(threading.get_ident) != threading.get_ident()
    assert pool.apply(identity, ("value",)) == "value"
    assert pool.apply(dict, (), {"key": 1}) == {"key": 1}


def test_apply_goes_through_a_spawn_that_was_overridden_or_wrapped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []

    class Counted(ThreadPool):
        def spawn(
            self, func: Callable[..., object], *args: object, **kwargs: object
        ) -> AsyncResult:
            seen.append(func)
            return ThreadPool.spawn(self, func, *args, **kwargs)

    counted = Counted(1)
    assert counted.apply(abs, (-1,)) == 1
    counted.kill()
    spawn = ThreadPool.spawn

    def wrapped(self: ThreadPool, func: object, *args: object) -> object:
        seen.append(func)
        return spawn(self, func, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(ThreadPool, "spawn", wrapped)
    plain = ThreadPool(1)
    assert plain.apply(len, ("ab",)) == 2
    plain.kill()
    assert seen == [abs, len]


def test_apply_raises_what_the_call_raised_with_its_traceback(pool: ThreadPool) -> None:
    with pytest.raises(KeyError) as caught:
        pool.apply(fail)
    assert caught.traceback[-1].name == "fail"


def test_a_failure_is_reported_by_the_hub_with_its_worker(pool: ThreadPool) -> None:
    reports: list[tuple[object, ...]] = []
    pool.hub.handle_error = lambda *report: reports.append(report)  # type: ignore[method-assign]
    result = pool.spawn(fail)
    result.wait()
    pool.join()
    ((context, kind, value, trace),) = reports
    assert isinstance(context, tuple)
    assert repr(context[0]).startswith("<ThreadPoolWorker at 0x")
    assert "threadpool-hub=<Hub at 0x" in repr(context[0])
    assert context[1] is fail
    assert kind is KeyError
    assert value is result.exception
    assert trace is not None


def test_greenlet_exit_in_a_thread_is_not_reported(pool: ThreadPool) -> None:
    reports: list[object] = []
    pool.hub.handle_error = lambda *report: reports.append(report)  # type: ignore[method-assign]
    result = pool.spawn(sys.exit, 3)
    result.wait()
    pool.join()
    assert isinstance(result.exception, SystemExit)
    assert not reports


def test_a_task_that_cannot_be_called_fails_when_asked_for(pool: ThreadPool) -> None:
    result = pool.spawn(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not callable"):
        result.get()


def test_other_greenlets_run_while_a_call_blocks(pool: ThreadPool, gate: Gate) -> None:
    result = pool.spawn(gate, "blocked")
    gevent.spawn(gate.open)
    assert result.get() == "blocked"


def test_threads_are_started_on_demand_up_to_maxsize(
    pool: ThreadPool, gate: Gate
) -> None:
    sizes = [pool.size]
    for _ in range(3):
        pool.spawn(gate)
        sizes.append(pool.size)
    assert sizes == [0, 1, 2, 2]


def test_len_counts_unfinished_tasks(pool: ThreadPool, gate: Gate) -> None:
    assert len(pool) == 0
    assert not pool
    results = [pool.spawn(gate) for _ in range(3)]
    assert len(pool) == 3
    gate.open()
    gevent.wait(results)
    pool.join()
    assert len(pool) == 0


def test_spawn_waits_while_one_more_than_maxsize_is_unfinished(
    pool: ThreadPool, gate: Gate
) -> None:
    with no_switches():
        for _ in range(3):
            pool.spawn(gate)
    spawner = gevent.spawn(pool.spawn, gate, "last")
    gevent.sleep(0)
    assert not spawner.ready()
    gate.open()
    assert spawner.get().get() == "last"


def test_a_killed_spawner_submits_nothing(pool: ThreadPool, gate: Gate) -> None:
    ran: list[object] = []
    for _ in range(3):
        pool.spawn(gate)
    spawner = gevent.spawn(pool.spawn, ran.append, 1)
    gevent.sleep(0)
    spawner.kill()
    gate.open()
    pool.join()
    assert ran == []
    assert len(pool) == 0


def test_join_waits_for_all_tasks(pool: ThreadPool, gate: Gate) -> None:
    results = [pool.spawn(gate, number) for number in range(3)]
    gevent.spawn(gate.open)
    pool.join()
    assert [result.ready() for result in results] == [True] * 3


def test_join_of_an_idle_pool_does_not_switch(pool: ThreadPool) -> None:
    pool.apply(identity, (1,))
    pool.join()
    with no_switches():
        pool.join()


def test_kill_ends_all_threads_after_their_tasks(pool: ThreadPool, gate: Gate) -> None:
    results = [pool.spawn(gate, number) for number in range(3)]
    gevent.spawn(gate.open)
    pool.kill()
    assert [result.get() for result in results] == [0, 1, 2]
    assert pool.size == 0


def test_a_killed_pool_can_be_used_again(pool: ThreadPool) -> None:
    pool.apply(identity, (1,))
    pool.kill()
    assert pool.apply(identity, (2,)) == 2


def test_a_pending_task_keeps_the_loop_running(pool: ThreadPool, gate: Gate) -> None:
    result = pool.spawn(gate, "value")
    threading.Timer(0.001, gate.open).start()
    assert gevent.wait(timeout=10) is True
    assert result.value == "value"


def test_a_pool_without_tasks_does_not_keep_the_loop_running(pool: ThreadPool) -> None:
    pool.apply(identity, (1,))
    assert gevent.wait(timeout=10) is True


def test_spawn_in_another_thread_is_refused(
    pool: ThreadPool, start_thread: Start
) -> None:
    errors: list[BaseException] = []

    def body() -> None:
        try:
            pool.spawn(identity, 1)
        except InvalidThreadUseError as error:
            errors.append(error)

    start_thread(body).join(10)
    assert len(errors) == 1
    assert errors[0].args == ()


def test_apply_in_another_thread_calls_directly(
    pool: ThreadPool, start_thread: Start
) -> None:
    idents: list[object] = []
    thread = start_thread(lambda: idents.append(pool.apply(threading.get_ident)))
    thread.join(10)
    assert idents == [thread.ident]


def test_map_and_imap_run_in_the_threads(pool: ThreadPool) -> None:
    assert pool.map(identity, range(20)) == list(range(20))
    assert list(pool.imap(identity, range(20))) == list(range(20))
    assert sorted(pool.imap_unordered(int, "0123456789")) == list(range(10))
    assert list(pool.imap(pow, [2, 3], [3, 2])) == [8, 9]


def test_what_is_no_mapping_is_the_error_of_who_applies() -> None:
    """Not of the call, which would be reported, too."""
    pool = ThreadPool(1)
    for kwds in (1.5, "x", [1]):
        with pytest.raises(TypeError):
            pool.apply(len, ((),), kwds)  # type: ignore[arg-type]
    assert pool.size == 0


def test_apply_async_never_waits_and_calls_back_in_the_hubs_thread(
    pool: ThreadPool, gate: Gate
) -> None:
    seen: list[object] = []

    def call_back(value: object) -> None:
        seen.append((value, threading.get_ident()))

    with no_switches():
        greenlets = [
            pool.apply_async(gate, (number,), callback=call_back) for number in range(5)
        ]
    gate.open()
    gevent.joinall(greenlets)
    assert sorted(seen, key=str) == [
        (number, threading.get_ident()) for number in range(5)
    ]


def test_a_hub_that_a_task_makes_goes_with_its_thread() -> None:
    pool = ThreadPool(1)
    hubs: list[weakref.ref[object]] = []

    def task() -> None:
        gevent.sleep(0.0001)
        hubs.append(weakref.ref(gevent.get_hub()))

    pool.apply(task)
    pool.kill()
    # Its thread tells nobody when it has let go of everything.
    wait_until(lambda: gc.collect() >= 0 and hubs[0]() is None)


# -- size ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (-1, ValueError, "maxsize must not be negative: -1"),
        ("x", TypeError, "maxsize must be integer: 'x'"),
        (None, TypeError, "maxsize must be integer: None"),
    ],
)
def test_maxsize_is_checked(
    pool: ThreadPool, value: int, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        ThreadPool(value)
    with pytest.raises(error, match=text):
        pool.maxsize = value


def test_size_is_checked(pool: ThreadPool) -> None:
    with pytest.raises(ValueError, match="Size of the pool cannot be negative: -1"):
        pool.size = -1
    with pytest.raises(ValueError, match="cannot be bigger than maxsize: 50 > 2"):
        pool.size = 50


def test_assigning_the_size_starts_and_ends_threads(pool: ThreadPool) -> None:
    pool.size = 2
    assert pool.size == 2
    pool.size = 1
    assert pool.size == 1
    pool.maxsize = 0
    assert pool.size == 0


def test_a_larger_maxsize_starts_threads_for_what_waits(gate: Gate) -> None:
    pool = ThreadPool(0)
    result = pool.spawn(identity, "value")
    assert pool.size == 0
    pool.maxsize = 1
    assert result.get() == "value"
    pool.kill()


def test_a_pool_that_is_dropped_ends_its_threads() -> None:
    pool = ThreadPool(1)
    pool.apply(identity, (1,))
    members = pool._workers.members
    (worker,) = members
    del pool
    gc.collect()
    assert worker.is_dismissed
    assert not members


def test_idle_threads_expire(start_thread: Start) -> None:
    pool = ThreadPool(4, idle_task_timeout=0.001)
    gate = Gate()
    results = [pool.spawn(gate) for _ in range(4)]
    gate.open()
    gevent.joinall([gevent.spawn(result.get) for result in results])
    wait_until(lambda: not pool.size)  # a worker goes without a word
    assert pool.apply(identity, (1,)) == 1
    pool.kill()


class Chain:
    """A task whose end submits the next one, before its worker goes to sleep."""

    def __init__(self, crew: Workers, length: int, over: threading.Event) -> None:
        self.crew = crew
        self.length = length
        self.over = over

    def run(self, worker: object) -> None:
        """Do nothing."""

    def deliver(self) -> None:
        """Submit the next task, or say that it was the last; no loop waits for it."""
        if self.length:
            self.crew.submit(Chain(self.crew, self.length - 1, self.over))
        else:
            self.over.set()


def test_a_worker_sees_what_is_submitted_before_it_sleeps() -> None:
    crew = Workers(gevent.get_hub(), 1, -1)
    over = threading.Event()
    crew.submit(Chain(crew, 3, over))
    assert over.wait(10)
    assert len(crew.members) == 1
    crew.dismiss(1)


# -- errors, references ---------------------------------------------------------------


def test_a_task_may_apply_in_its_own_pool() -> None:
    pool = ThreadPool(1)

    def factorial(number: int) -> int:
        if number < 2:
            return 1
        below = pool.apply(factorial, (number - 1,))
        return number * below

    assert pool.apply(factorial, (6,)) == 720
    pool.kill()


def test_an_error_in_the_set_up_of_a_task_reaches_the_caller(
    pool: ThreadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_hook: object) -> None:
        raise PermissionError("no profiling here")

    monkeypatch.setattr(threading, "getprofile", lambda: fail)
    monkeypatch.setattr(sys, "setprofile", refuse)
    for _ in range(5):
        with pytest.raises(PermissionError):
            pool.apply(identity, (1,))
    monkeypatch.undo()
    pool.join()
    assert len(pool) == 0
    assert pool.apply(identity, (1,)) == 1


def test_a_thread_that_cannot_be_started_is_the_callers_error(
    pool: ThreadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("gevent.sync.threads.workers.start_new_thread", refuse)
    for _ in range(5):
        with pytest.raises(RuntimeError, match="can't start new thread"):
            pool.spawn(identity, 1)
    monkeypatch.undo()
    assert len(pool) == 0
    assert pool.apply(identity, (1,)) == 1


class Big:
    """An argument that can be watched."""


def test_arguments_are_released_when_the_task_ends(pool: ThreadPool) -> None:
    big = Big()
    reference = weakref.ref(big)
    result = pool.spawn(lambda argument: None, big)
    del big
    result.get()
    let_go()
    assert reference() is None


def test_a_result_is_released_when_nobody_wants_it_any_more(pool: ThreadPool) -> None:
    reference = weakref.ref(pool.apply(Big))
    pool.join()
    # The thread may be between handing its result over and dropping it.
    wait_until(lambda: reference() is None)


def test_tasks_are_traced_and_profiled_as_threads_are(
    pool: ThreadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            seen.append(frame.f_code.co_name)

    monkeypatch.setattr(threading, "getprofile", lambda: profile)
    pool.apply(identity, (1,))
    monkeypatch.undo()
    assert "identity" in seen
    assert pool.apply(sys.getprofile) is None


def test_a_task_starts_with_the_spawners_context_if_configured(
    pool: ThreadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    variable.set("inherited")
    assert pool.apply(variable.get) == "unset"
    gevent.config.inherit_context = True
    try:
        assert pool.apply(variable.get) == "inherited"
    finally:
        gevent.config.inherit_context = False


# -- fork -----------------------------------------------------------------------------


def in_child(function: Callable[[], object]) -> int:
    """Run a function in a forked child; return its exit status."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            status = 0 if function() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child_has_threads_of_its_own(pool: ThreadPool) -> None:
    pool.apply(identity, (1,))
    assert in_child(lambda: pool.size == 1 and pool.apply(identity, (2,)) == 2) == 0


def test_what_had_not_finished_at_a_fork_never_does_in_the_child(
    pool: ThreadPool, gate: Gate
) -> None:
    for _ in range(3):
        pool.spawn(gate)

    def child() -> bool:
        gevent.reinit()
        return gevent.wait(timeout=10) is True and len(pool) == 0

    assert in_child(child) == 0
    assert len(pool) == 3


def test_a_fork_after_tasks_that_made_hubs_is_harmless() -> None:
    hub = gevent.get_hub()
    hub.threadpool.apply(gevent.sleep, (0.0001,))  # type: ignore[arg-type]

    def child() -> bool:
        gevent.sleep(0.0001)
        return hub.threadpool.apply(identity, (3,)) == 3

    assert in_child(child) == 0


# -- the hub's pool -----------------------------------------------------------------


def test_the_hub_has_a_pool() -> None:
    hub = gevent.get_hub()
    pool = hub.threadpool
    assert isinstance(pool, ThreadPool)
    assert pool is hub.threadpool
    assert pool.hub is hub
    assert pool.maxsize == hub.threadpool_size == 10
    assert pool.apply(identity, (1,)) == 1
    assert "threadpool=<ThreadPool at 0x" in repr(hub)


def test_a_hub_that_is_destroyed_ends_its_pool() -> None:
    hub = gevent.get_hub()
    pool = hub.threadpool
    assert isinstance(pool, ThreadPool)
    pool.apply(identity, (1,))
    hub.destroy(destroy_loop=True)
    assert pool.size == 0


def test_a_result_that_comes_after_the_hub_is_dropped(gate: Gate) -> None:
    gevent.get_hub().threadpool.spawn(gate)  # type: ignore[attr-defined]
    assert gate.entered.acquire(timeout=10)
    gevent.get_hub().destroy(destroy_loop=True)
    gate.open()


def test_a_thread_result_carries_an_outcome_to_the_hub(start_thread: Start) -> None:
    result: AsyncResult[str] = AsyncResult()
    ready: list[object] = []
    carrier = ThreadResult(result, gevent.get_hub(), lambda: ready.append(1))  # type: ignore[arg-type]
    keeper = gevent.get_hub().loop.async_()
    keeper.start(lambda: None)
    start_thread(carrier.set, "value").join(10)
    assert result.get() == "value"
    assert ready == [1]
    keeper.close()


# -- the executor ---------------------------------------------------------------------


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=2) as made:
        gevent.get_hub().exception_stream = None
        yield made


def test_submit_returns_a_future(executor: ThreadPoolExecutor) -> None:
    future = executor.submit(identity, "value")
    assert future.result(timeout=10) == "value"
    assert future.exception() is None
    assert future.done()
    assert not future.cancel()
    assert not future.cancelled()
    assert future.value == "value"


def test_a_future_runs_from_the_begin_of_its_call_to_the_end(
    executor: ThreadPoolExecutor, gate: Gate
) -> None:
    has_begun = threading.Event()

    def call() -> None:
        has_begun.set()
        gate(1)

    future = executor.submit(call)
    assert has_begun.wait(10)
    assert future.running()
    gate.open()
    future.result()
    assert not future.running()


def test_a_failed_call_of_an_executor_is_reported_by_its_function(
    executor: ThreadPoolExecutor,
) -> None:
    contexts: list[object] = []
    hub = gevent.get_hub()
    hub.handle_error = lambda context, *_error: contexts.append(context)  # type: ignore[method-assign]
    try:
        executor.submit(fail).exception()
    finally:
        del hub.handle_error  # type: ignore[method-assign]
    ((_worker, function),) = contexts  # type: ignore[misc]  # a pair
    assert function is fail


def test_submit_never_waits(executor: ThreadPoolExecutor, gate: Gate) -> None:
    with no_switches():
        futures = [executor.submit(gate, number) for number in range(9)]
    gate.open()
    assert [future.result() for future in futures] == list(range(9))


def test_the_exception_of_a_failed_future_is_returned(
    executor: ThreadPoolExecutor,
) -> None:
    future = executor.submit(fail)
    assert isinstance(future.exception(), KeyError)
    with pytest.raises(KeyError):
        future.result()


def test_a_future_that_is_not_done_in_time(
    executor: ThreadPoolExecutor, gate: Gate
) -> None:
    future = executor.submit(gate)
    with pytest.raises(concurrent.futures.TimeoutError):
        future.result(timeout=0)
    with pytest.raises(concurrent.futures.TimeoutError):
        future.exception(timeout=0)
    with gevent.Timeout(0.0001, False) as outer:
        future.result()
    assert not outer.pending
    gate.open()


def test_callbacks_of_a_future_get_the_future(
    executor: ThreadPoolExecutor, gate: Gate
) -> None:
    seen: list[object] = []
    future = executor.submit(gate)
    future.add_done_callback(seen.append)
    gate.open()
    future.result()
    gevent.sleep(0)
    future.add_done_callback(seen.append)
    assert seen == [future, future]


def test_futures_can_be_waited_for(executor: ThreadPoolExecutor, gate: Gate) -> None:
    futures = [executor.submit(gate) for _ in range(2)]
    assert gevent.wait(futures, timeout=0) == []
    gate.open()
    assert sorted(map(id, gevent.wait(futures))) == sorted(map(id, futures))


def test_the_standard_library_waits_for_futures_that_are_done(
    executor: ThreadPoolExecutor,
) -> None:
    futures = [executor.submit(identity, number) for number in range(3)]
    gevent.wait(futures)
    gevent.sleep(0)
    done, not_done = concurrent.futures.wait(futures, timeout=0)  # type: ignore[type-var]
    assert done == set(futures)
    assert not not_done
    assert set(concurrent.futures.as_completed(futures)) == set(futures)  # type: ignore[type-var,arg-type]


def test_an_executor_maps(executor: ThreadPoolExecutor) -> None:
    assert list(executor.map(identity, range(5))) == list(range(5))


def test_an_executor_that_is_shut_down_takes_no_more() -> None:
    executor = ThreadPoolExecutor(1)
    future = executor.submit(identity, 1)
    executor.shutdown()
    assert future.done()
    with pytest.raises(
        RuntimeError, match="cannot schedule new futures after shutdown"
    ):
        executor.submit(identity, 1)


def test_a_shutdown_need_not_wait(gate: Gate) -> None:
    executor = ThreadPoolExecutor(1)
    future = executor.submit(gate, "value")
    with no_switches():
        executor.kill(wait=False)
    gate.open()
    assert future.result() == "value"


def test_a_worker_makes_no_hub_unless_a_task_needs_one(pool: ThreadPool) -> None:
    assert pool.apply(current_hub_or_none) is None


def test_waiting_for_futures_lets_the_hub_hand_the_results_over() -> None:
    """It blocked the thread in the standard library's event, for ever."""
    with ThreadPoolExecutor(2) as executor:
        futures = [executor.submit(identity, number) for number in range(3)]
        done, not_done = concurrent.futures.wait(futures, timeout=10)  # type: ignore[type-var]
        assert (done, not_done) == (set(futures), set())
        futures = [executor.submit(identity, number) for number in range(3)]
        completed = concurrent.futures.as_completed(futures, timeout=10)  # type: ignore[type-var,arg-type]
        assert sorted(each.result() for each in completed) == [0, 1, 2]


def test_futures_of_both_libraries_can_be_waited_for_together(gate: Gate) -> None:
    theirs = concurrent.futures.ThreadPoolExecutor(1)
    with ThreadPoolExecutor(1) as executor, theirs:
        futures = [theirs.submit(identity, 1), executor.submit(gate, 2)]
        wait = gevent.spawn(concurrent.futures.wait, futures, timeout=10)
        gate.entered.acquire()
        gate.open()
        done, _ = wait.get()
        assert done == set(futures)


def test_a_native_thread_waits_for_futures(start_thread: Start) -> None:
    found: list[object] = []

    def collect(futures: list[object]) -> None:
        found.extend(concurrent.futures.wait(futures, timeout=10).done)  # type: ignore[type-var]

    with ThreadPoolExecutor(1) as executor:
        futures: list[object] = [executor.submit(identity, 1)]
        thread = start_thread(collect, futures)
        gevent.wait(futures)  # type: ignore[arg-type]  # they have rawlink
        thread.join(10)
        assert found == futures
