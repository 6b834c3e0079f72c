"""Thread pools: calls that block run in native threads, and greenlets wait for them.

A call travels as a ``Task``: through the pool's ``Workers`` to a thread, and
back through the inbox of the hub's loop, so that whatever follows happens in the
hub's thread.
"""

from __future__ import annotations

import concurrent.futures
import os
import sys
import threading
from contextvars import copy_context

from greenlet import getcurrent

from gevent._base.checking import TYPE_CHECKING
from gevent._base.config import config
from gevent._base.exceptions import InvalidThreadUseError

# Programs look it up here.
from gevent._base.native_threads import start_new_thread as start_new_thread
from gevent._base.publish import publish
from gevent._base.signatures import Signed
from gevent._hub.hub import get_hub, get_hub_if_exists
from gevent._native.scheduling.scheduler import callback
from gevent.sync.event import AsyncResult, Event
from gevent.sync.lock import DummySemaphore, Semaphore
from gevent.sync.pool import GroupMappingMixin
from gevent.sync.threads.executor import Beginning, ExecutorFuture
from gevent.sync.threads.workers import Worker, Workers, describe_hub

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Mapping
    from contextvars import Context
    from types import TracebackType
    from typing import TypeAlias

    from gevent._hub.hub import Hub
    from gevent._loop.loop import Loop
    from gevent._native.library.backend import Backend
    from gevent.sync.threads.workers import Job

    Submission: TypeAlias = tuple[
        Callable[..., object], tuple[object, ...], Mapping[str, object]
    ]
    ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]

__all__ = ("ThreadPool", "ThreadPoolExecutor", "ThreadResult")


def _stdlib_executor() -> type[concurrent.futures.ThreadPoolExecutor]:
    """Return the standard library's executor, in a program that ends, too.

    Its module asks at import to be told when the main thread has ended, which is an
    error afterwards. Then it is told at once: it submits nothing any more.
    """
    try:
        return concurrent.futures.ThreadPoolExecutor
    except RuntimeError:
        register = threading._register_atexit  # type: ignore[attr-defined]  # private there
    threading._register_atexit = _call  # type: ignore[attr-defined]  # private there
    try:
        return concurrent.futures.ThreadPoolExecutor
    finally:
        threading._register_atexit = register  # type: ignore[attr-defined]  # private there


def _call(hook: Callable[..., object], *args: object, **kwargs: object) -> None:
    hook(*args, **kwargs)


_inherits_context = False


def _follow_inheritance(value: object) -> None:
    global _inherits_context
    _inherits_context = bool(value)


class ThreadResult:
    """Carries an outcome from a native thread to a hub, once.

    Threads: a worker writes the outcome and posts the carrier to the loop's inbox;
    afterwards only the hub's thread uses it.

    Args:
        receiver: Called with this object in the hub.
        hub: The hub.
        call_when_ready: Called before that, without arguments.
    """

    __signature__ = Signed("receiver, hub, call_when_ready")

    call_when_ready: Callable[[], object] | None
    context: object
    exc_info: ExcInfo | tuple[()]
    hub: Hub
    loop: Loop
    receiver: Callable[[ThreadResult], object] | None
    value: object

    # Outcomes come through the loop's inbox, which needs none.
    async_watcher = None

    def __init__(
        self,
        receiver: Callable[[ThreadResult], object],
        hub: Hub,
        call_when_ready: Callable[[], object],
    ):
        self.receiver = receiver
        self.hub = hub
        self.loop = hub.loop
        self.call_when_ready = call_when_ready
        self.context = None
        self.value = None
        self.exc_info = ()

    @property
    def exception(self) -> BaseException | None:
        """What the call raised, or None."""
        return self.exc_info[1] if self.exc_info else None

    def successful(self) -> bool:
        """Return whether the call raised nothing."""
        return not self.exc_info

    def set(self, value: object) -> None:
        """Deliver a value; called by the worker."""
        self.value = value
        self._send()

    def handle_error(self, context: object, exc_info: ExcInfo) -> None:
        """Deliver a failure; called by the worker."""
        self.context = context
        self.exc_info = exc_info
        self._send()

    def destroy_in_main_thread(self) -> None:
        """Let go of whom it was for; nothing will be delivered."""
        self.receiver = None
        self.call_when_ready = None

    def _send(self) -> None:
        asleep = self.deliver()
        if asleep is not None:
            asleep.wakeup()

    def deliver(self) -> Backend | None:
        """Put this into the loop's inbox; return what to wake then, if anything.

        Once the loop is destroyed, whoever waited has gone with it.
        """
        # The loop may be destroyed between these lines: then the message lies in an
        # inbox that nobody reads, and waking a closed backend does nothing (BACK6).
        if self.loop.closing:
            return None
        return self.loop.deposit(callback(self._arrive, ()))

    def _arrive(self) -> None:
        """In the hub: hand the outcome over, and report a failure."""
        receiver = self.receiver
        call_when_ready = self.call_when_ready
        self.receiver = None
        self.call_when_ready = None
        if self.loop.calls is not None:
            self.loop.calls.pop(self, None)
        if call_when_ready is not None:
            call_when_ready()
        if receiver is not None:
            receiver(self)
        context, exc_info = self.context, self.exc_info
        # The worker may have this object a little longer.
        self.value = self.context = None
        self.exc_info = ()
        if exc_info and not issubclass(exc_info[0], self.hub.NOT_ERROR):
            self.hub.handle_error(context, *exc_info)


class Task(ThreadResult):
    """A call that a worker makes, and what comes of it."""

    args: tuple[object, ...] | None
    contextvars: Context | None
    function: Callable[..., object] | None
    kwargs: Mapping[str, object] | None

    def __init__(
        self,
        receiver: Callable[[ThreadResult], object],
        hub: Hub,
        call_when_ready: Callable[[], object],
        call: Submission,
    ):
        ThreadResult.__init__(self, receiver, hub, call_when_ready)
        self.function, self.args, self.kwargs = call
        if self.loop.calls is not None:
            self.loop.calls[self] = self.function
        self.contextvars = None
        if _inherits_context:
            self.contextvars = copy_context()

    def run(self, worker: Worker) -> None:
        """Make the call, in the worker's thread."""
        function = self.function
        if isinstance(function, Beginning) and self.args:
            # A report names the function that was submitted, not our wrapper.
            function = self.args[0]  # type: ignore[assignment]  # what it calls
        try:
            self.value = self._call()
        except BaseException as error:  # last resort: it is raised where it is awaited
            trace = error.__traceback__
            # Not with our own frame, which would keep the error alive.
            trace = trace.tb_next if trace is not None else None
            self.context = (worker, function)
            self.exc_info = (type(error), error, trace)

    def _call(self) -> object:
        function, args, kwargs = self.function, self.args, self.kwargs
        assert function is not None
        assert args is not None
        assert kwargs is not None
        # The frame goes with the call, and so do its arguments: who waits for the
        # result may rely on that.
        self.function = self.args = self.kwargs = None
        context = self.contextvars
        install_hooks()
        try:
            if context is not None:
                return context.run(function, *args, **kwargs)
            return function(*args, **kwargs)
        finally:
            del function, args, kwargs
            remove_hooks()


def install_hooks() -> None:
    """Trace and profile the task if ``threading`` says so for new threads."""
    threading = sys.modules.get("threading")
    if threading is not None:
        trace, profile = threading.gettrace(), threading.getprofile()
        if trace is not None:
            sys.settrace(trace)
        if profile is not None:
            sys.setprofile(profile)


def remove_hooks() -> None:
    """Undo :func:`install_hooks`."""
    if sys.gettrace() is not None:
        sys.settrace(None)
    if sys.getprofile() is not None:
        sys.setprofile(None)


class ThreadPool(GroupMappingMixin):
    """Native threads that run calls for the greenlets of one hub.

    Threads are started on demand. While a task is unfinished, the loop runs on. In a
    forked child the pool has no threads and no tasks at first; what had not finished
    in the parent never does there.

    Invariants (all fields belong to the hub's thread):

    * TPOOL1  ``_n_unfinished`` tasks have been submitted in this process and have not
      come back; exactly while it is not 0, ``fork_watcher`` is active, which also keeps
      the loop running, and ``_none_left`` is clear.
    * TPOOL2  ``_slots`` lacks a unit per unfinished task.

    Args:
        maxsize: How many threads there may be.
        hub: Whose greenlets use it; None: the calling thread's.
        idle_task_timeout: Seconds after which an idle thread ends; None or negative:
            never.

    Raises:
        TypeError: *maxsize* is no integer.
        ValueError: *maxsize* is negative.
    """

    __slots__ = (
        "_maxsize",
        "_n_unfinished",
        "_none_left",
        "_slots",
        "_workers",
        "fork_watcher",
        "hub",
        "manager",
        "pid",
    )

    def __init__(
        self,
        maxsize: int,
        hub: Hub | None = None,
        idle_task_timeout: float | None = -1,
    ):
        # Now, not at import: a bad value is an error where it is used.
        _follow_inheritance(config.inherit_context)
        self._maxsize = _checked_maxsize(maxsize)
        self.hub = get_hub() if hub is None else hub
        self.manager = None
        self.pid = os.getpid()
        self._n_unfinished = 0
        self._none_left = Event()
        self._none_left.set()
        # One more than can run: the next task is there when a thread becomes free.
        self._slots: Semaphore | DummySemaphore = Semaphore(maxsize + 1)
        if idle_task_timeout is None or idle_task_timeout < 0:
            idle_task_timeout = -1
        self._workers = Workers(self.hub, maxsize, idle_task_timeout)
        self.fork_watcher = self.hub.loop.fork()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} at 0x{id(self):x} tasks={self._n_unfinished} "
            f"size={self.size} maxsize={self._maxsize} hub={describe_hub(self.hub)}>"
        )

    def __len__(self) -> int:
        return self._n_unfinished

    def __del__(self) -> None:
        workers = getattr(self, "_workers", None)
        if workers is not None and not sys.is_finalizing():
            workers.dismiss(len(workers.members))

    # -- size ---------------------------------------------------------------------

    @property
    def task_queue(self) -> deque[Job]:
        """The tasks that no thread has taken yet."""
        return self._workers.backlog

    @property
    def maxsize(self) -> int:
        """How many threads there may be; may be assigned."""
        return self._maxsize

    @maxsize.setter
    def maxsize(self, value: int) -> None:
        _checked_maxsize(value)
        if isinstance(self._slots, Semaphore):
            self._slots.counter += value - self._maxsize
        self._maxsize = value
        self.adjust()

    @property
    def size(self) -> int:
        """How many threads there are; may be assigned, from 0 to ``maxsize``."""
        return len(self._workers.members)

    @size.setter
    def size(self, value: int) -> None:
        if value < 0:
            raise ValueError(f"Size of the pool cannot be negative: {value!r}")
        if value > self._maxsize:
            raise ValueError(
                f"Size of the pool cannot be bigger than maxsize: "
                f"{value!r} > {self._maxsize!r}"
            )
        workers = self._workers
        workers.dismiss(self.size - value)
        while self.size < value:
            workers.hire()

    def adjust(self) -> None:
        """Start threads that queued tasks need, and end those above ``maxsize``."""
        workers = self._workers
        workers.limit = self._maxsize
        if self.size > self._maxsize:
            self.size = self._maxsize
        while len(workers.idle) < len(workers.backlog) and self.size < self._maxsize:
            workers.hire()

    # -- tasks --------------------------------------------------------------------

    def spawn(
        self, func: Callable[..., object], *args: object, **kwargs: object
    ) -> AsyncResult:
        """Have a thread make a call.

        Args:
            func: What to call.
            args: Its arguments; released when the call ends, as the others are.
            kwargs: Its keyword arguments.

        Returns:
            Its result to be. A failure is also reported by the hub.

        Raises:
            InvalidThreadUseError: Called in another thread than that of the hub.
            RuntimeError: The system allows no thread.

        Blocking:
            Switches to the hub while ``maxsize + 1`` tasks are unfinished.
        Cancellation:
            Nothing is submitted.
        Thread safety:
            Only from the thread of the hub.
        """
        return self._submit((func, args, kwargs), awaited=False)  # switches

    def _apply(
        self,
        func: Callable[..., object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> object:
        if getattr(self.spawn, "__func__", None) is not _spawn:
            # A subclass, or who wraps it, expects every call there.
            return GroupMappingMixin._apply(self, func, args, kwargs)  # switches
        return self._submit((func, args, kwargs), awaited=True).get()  # switches

    def _submit(
        self,
        call: Submission,
        *,
        awaited: bool,
    ) -> AsyncResult:
        """:meth:`spawn`; *awaited*: the caller waits for the result at once."""
        if get_hub_if_exists() is not self.hub:
            raise InvalidThreadUseError
        self._renew_if_forked()
        if self._slots.locked():
            self.hub.tell("ThreadPoolSaturated", self.hub, self)
        self._slots.acquire()  # switches
        result = AsyncResult()
        # A result takes over a finished task as it does a finished greenlet.
        receiver: Callable[[ThreadResult], None] = result  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
        task = Task(receiver, self.hub, self._workers_done(), call)
        self._count_in()
        try:
            self._workers.submit(task, awaited)
        except BaseException:
            self._count_out()
            raise
        return result

    def _workers_done(self) -> Callable[[], None]:
        """Return what counts a task out that is submitted now (TPOOL1).

        Outcomes that lie in the inbox at a fork arrive in the child, too. There all
        tasks of the parent have been counted out already, in :meth:`_on_fork`.
        """
        workers = self._workers

        def count_out() -> None:
            if workers is self._workers:
                self._count_out()

        return count_out

    def _count_in(self) -> None:
        if self._n_unfinished == 0:
            self._none_left.clear()
            self.fork_watcher.start(self._on_fork)
        self._n_unfinished += 1

    def _count_out(self) -> None:
        self._n_unfinished -= 1
        if self._n_unfinished == 0:
            self.fork_watcher.stop()
            self._none_left.set()
        self._slots.release()

    def _applies_directly(self) -> bool:
        return get_hub_if_exists() is not self.hub

    def _never_submits(self) -> bool:
        return True

    def _call_back(self, callback: Callable[[object], object], value: object) -> None:
        callback(value)

    def join(self) -> None:
        """Wait until no task is unfinished.

        Blocking:
            Switches to the hub unless there is none.
        Cancellation:
            The tasks go on.
        Thread safety:
            Only from the thread of the hub.
        """
        self._renew_if_forked()
        self._none_left.wait()  # switches

    def kill(self) -> None:
        """End all threads when what has been submitted is done.

        The pool can be used again.

        Blocking:
            Waits for that, unless called in the hub, or by a hub that ends.
        """
        self._renew_if_forked()
        workers = self._workers
        has_workers = bool(workers.members)
        workers.dismiss(self.size)
        hub = get_hub_if_exists()
        if has_workers and hub is self.hub and getcurrent() is not hub:
            self.join()  # switches

    # -- fork -----------------------------------------------------------------------

    def _renew_if_forked(self) -> None:
        if os.getpid() != self.pid:
            self._on_fork()

    def _on_fork(self) -> None:
        """In a forked child: there are no threads here, and nothing they would do."""
        if os.getpid() == self.pid:
            return
        self.pid = os.getpid()
        self._workers = Workers(self.hub, self._maxsize, self._workers.idle_timeout)
        while self._n_unfinished:
            self._count_out()


_spawn = ThreadPool.spawn


def _checked_maxsize(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"maxsize must be integer: {value!r}")
    if value < 0:
        raise ValueError(f"maxsize must not be negative: {value!r}")
    return value


if TYPE_CHECKING:
    _StdlibExecutor = concurrent.futures.ThreadPoolExecutor
else:
    _StdlibExecutor = _stdlib_executor()


class ThreadPoolExecutor(_StdlibExecutor):
    """The interface of ``concurrent.futures`` on native threads, whatever is patched.

    Args:
        args: As for the standard library's class; only ``max_workers`` is used.
        kwargs: Likewise.
    """

    def __init__(self, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)  # type: ignore[call-overload]  # it checks
        self._threadpool = ThreadPool(self._max_workers)
        # Like the standard library's, it takes any number of calls at once.
        self._threadpool._slots = DummySemaphore()

    def submit(  # type: ignore[override]  # what it returns is no Future
        self, fn: Callable[..., object], /, *args: object, **kwargs: object
    ) -> ExecutorFuture:
        """Have a thread make a call.

        Raises:
            RuntimeError: The executor is shut down.
            InvalidThreadUseError: Called in another thread than it was made in.

        Blocking:
            Never switches.
        """
        if self._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
        beginning = Beginning()
        result = self._threadpool.spawn(beginning, fn, *args, **kwargs)
        return ExecutorFuture(result, beginning)

    def shutdown(self, wait: bool = True, **kwargs: object) -> None:
        """Take no more calls, and end the threads.

        Args:
            wait: Whether to wait for the calls that were submitted.
            kwargs: Ignored: calls cannot be cancelled.

        Blocking:
            Switches to the hub if *wait* is true and calls are unfinished.
        """
        self._shutdown = True
        workers = self._threadpool._workers
        workers.dismiss(len(workers.members))
        if wait:
            self._threadpool.join()  # switches

    kill = shutdown


config.watch("inherit_context", _follow_inheritance)

publish(__name__, "gevent.threadpool")
