"""Native threads that run tasks: what is behind a thread pool.

States of a worker::

    busy --no task left--> idle --given notice of a task--> coming --> busy
    hired --> coming;   idle --no task for a while--> gone
    busy, idle, coming --dismissed--> gone

Invariants. No lock guards them: a lock could be held by another thread at a fork, or
be taken by a finalizer in the middle of a change. Each step is one operation of a
``deque``, ``list``, ``dict`` or ``set``, which is atomic; their order does the rest:

* WORK1  A task is put into ``backlog`` *before* the submitter looks for an idle worker;
  a worker enters ``idle`` *before* it looks into ``backlog`` a last time. So either
  the worker sees the task or the submitter sees the worker.
* WORK2  One thread takes a worker out of ``idle``, and decides about its wait: the
  worker itself ends it; any other thread opens its gate, exactly once.
* WORK3  A worker leaves ``members`` *before* it looks into ``backlog`` a last time, a
  submitter counts ``members`` after WORK1: no task is left behind by the last worker.
* WORK4  Only the submitting thread hires and dismisses.
* WORK5  A worker leaves ``coming`` *before* it looks into ``backlog`` a last time, and
  if a task is left then it has the next worker come. So who puts a task into
  ``backlog`` before it looks into ``coming`` need not give notice to another worker
  while one is coming: a burst of short calls wakes a few threads instead of all.
* WORK6  A submitter that is about to wait for its task (``awaited``) does not open the
  worker's gate itself: the next poll of its loop does. Another submitter that finds
  the worker in ``coming`` (WORK5) has the gate opened at once, since its own thread
  need not poll soon.

Idle workers are taken last in, first out, so that those a burst has left expire.
"""

from __future__ import annotations

import os
import sys
from collections import deque

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING, Protocol
from gevent._base.native_threads import start_new_thread
from gevent._hub.hub import get_hub_if_exists
from gevent._hub.other_threads import idle_threads
from gevent._native.library.hand_over import Gate, open_due

if TYPE_CHECKING:
    from gevent._hub.hub import Hub
    from gevent._loop.loop import Loop
    from gevent._native.library.backend import Backend


class Job(Protocol):
    """What workers run."""

    def run(self, worker: Worker) -> None:
        """Run; whatever fails is the task's own business."""

    def deliver(self) -> Backend | None:
        """Hand in what came of it; return the loop to wake then, if any."""


# Idents of the native threads that work in a pool; each enters and leaves by itself. A
# forked child has lost all but the one that forked: see below.
staff: set[int] = set()


def _keep_survivor() -> None:
    """In a forked child: the only thread there is stays what it is."""
    # New threads get the idents of those that are gone: they would pass for workers,
    # whose greenlets nobody runs.
    staff.intersection_update((originals.get("_thread", "get_ident")(),))


os.register_at_fork(after_in_child=_keep_survivor)


class Worker:
    """One native thread.

    ``is_dismissed`` is written by the submitting thread, everything else by the
    worker's own; ``gate`` is closed by the worker and opened by others (WORK2).
    """

    crew: Workers
    gate: Gate
    hub: Hub
    is_dismissed: bool
    thread_ident: int

    def __init__(self, crew: Workers, hub: Hub):
        self.crew = crew
        self.hub = hub
        self.is_dismissed = False
        self.thread_ident = 0
        self.gate = Gate()

    def __repr__(self) -> str:
        return (
            f"<ThreadPoolWorker at 0x{id(self):x} "
            f"thread_ident=0x{self.thread_ident:x} "
            f"threadpool-hub={describe_hub(self.hub)}>"
        )

    def run(self) -> None:
        """Work until there is nothing to do; the body of the thread."""
        self.thread_ident = originals.get("_thread", "get_ident")()
        crew = self.crew
        staff.add(self.thread_ident)
        try:
            while True:
                asleep: Backend | None = None
                task = crew.next_task(self)
                if task is None:
                    crew.idle.append(self)
                else:
                    task.run(self)
                    # Idle before the result is out. The loop's thread may run as soon
                    # as it is, submit the next task and look for an idle worker: it
                    # would find none, and start another thread for nothing.
                    crew.idle.append(self)
                    asleep = task.deliver()
                    # Or it would live on until there is another.
                    task = None
                if not self._stays(asleep):
                    break
        finally:
            staff.discard(self.thread_ident)
            crew.members.pop(self, None)
            crew.arrive(self)
            _free_hub()

    def _stays(self, asleep: Backend | None) -> bool:
        """Being in ``idle``, wait until there may be a task; False: leave.

        Args:
            asleep: A loop to wake first, or None.
        """
        crew = self.crew
        if crew.backlog or self.is_dismissed:
            if asleep is not None:
                asleep.wakeup()
            self._withdraw()
            return self._has_work()
        idle_threads.add(self.thread_ident)
        is_open = self.gate.wait(crew.idle_timeout, asleep)
        idle_threads.discard(self.thread_ident)
        if is_open or not self._withdraw():
            return self._has_work()
        # Out of `members` before the last look (WORK3). A submitter counts `members`
        # after it has queued its task: either it sees us gone and hires, or it counts
        # us and we see its task. With the look first, it could queue the task and
        # count us in between, and the last worker would leave the task behind.
        crew.members.pop(self, None)
        if not crew.backlog:
            return False
        crew.members[self] = None
        return True

    def _has_work(self) -> bool:
        """Whether to look for a task; a dismissed one does it if nobody else can."""
        if not self.is_dismissed:
            return True
        return bool(self.crew.backlog) and not self.crew.members

    def _withdraw(self) -> bool:
        """Leave ``idle``, the gate closed; False if somebody had opened it (WORK2)."""
        try:
            self.crew.idle.remove(self)
        except ValueError:
            # Somebody has taken us out, and opens the gate sooner or later. Left open,
            # it would end the next wait.
            self.gate.wait(-1, None)
            return False
        return True


class Workers:
    """The native threads of one pool.

    Args:
        hub: Whose tasks they run; for error reports.
        limit: How many threads there may be.
        idle_timeout: Seconds after which an idle one ends; -1: never.
    """

    backlog: deque[Job]
    coming: set[Worker]
    hub: Hub
    idle: list[Worker]
    idle_timeout: float
    limit: int
    loop: Loop
    members: dict[Worker, None]

    def __init__(self, hub: Hub, limit: int, idle_timeout: float):
        self.hub = hub
        self.loop = hub.loop
        self.limit = limit
        self.idle_timeout = idle_timeout
        self.backlog = deque()
        self.coming = set()
        self.idle = []
        self.members = {}

    def submit(self, task: Job, awaited: bool = False) -> int:
        """Have a task run by the next free worker.

        Args:
            task: The task.
            awaited: The caller is in the hub's thread and waits for the task next.

        Raises:
            RuntimeError: There is no worker, and the system refuses another thread.
        """
        # The task first, then the look for a worker (WORK1). The other way round, a
        # worker could find the backlog empty and go to sleep between our two steps:
        #
        #     we      no worker is idle                            the task is queued
        #     worker                     backlog empty, idle, sleeps
        #
        # and nobody would open its gate for this task.
        self.backlog.append(task)
        if self._has_worker(awaited) or len(self.members) >= self.limit:
            return 0
        try:
            self.hire()
        except RuntimeError:
            # One step says whose it is. A worker that leaves is out of `members` before
            # its last look (WORK3): it may have the task by now, and will run it.
            if not self.members and self._take_back(task):
                raise
        return 0

    def _take_back(self, task: Job) -> bool:
        """Take a task back; False if a worker has taken it."""
        try:
            self.backlog.remove(task)
        except ValueError:
            return False
        return True

    def _has_worker(self, awaited: bool) -> bool:
        """Have a worker come; False if more tasks wait than workers."""
        if not self.coming:
            return self._call_one(awaited)
        # The worker that comes may be one whose gate waits for the next poll of the
        # loop (WORK6). A submitter that goes on computing would keep its task waiting
        # until then.
        if not awaited:
            open_due(self.loop.backend_object)
        return len(self.backlog) <= len(self.coming) + len(self.idle)

    def _call_one(self, awaited: bool) -> bool:
        """Have an idle worker come; False if there is none."""
        try:
            worker = self.idle.pop()
        except IndexError:
            return False
        # Before the gate opens. The worker leaves `coming` on its way in; entered after
        # that, it would stay there while it is busy, and submitters would rely on it.
        self.coming.add(worker)
        if awaited:
            worker.gate.open_at_poll(self.loop, self.loop.backend_object)
        else:
            worker.gate.open()
        return True

    def next_task(self, worker: Worker) -> Job | None:
        """Take a task, if there is one; called by the worker."""
        try:
            task = self.backlog.popleft()
        except IndexError:
            task = None
        self.arrive(worker)
        return task

    def arrive(self, worker: Worker) -> int:
        """The worker does not come any more: it is there, or it is gone (WORK5)."""
        # Out of `coming` before the look into the backlog (WORK5). A submitter that
        # saw us in `coming` gave no notice to anybody; had we looked before it queued
        # its task and left `coming` after, the task would wait for the next one.
        self.coming.discard(worker)
        if self.backlog and not self.coming:
            self._call_one(False)
        return 0

    def hire(self) -> int:
        """Start another thread.

        Raises:
            RuntimeError: The system refuses.
        """
        worker = Worker(self, self.hub)
        # Both before the thread begins, which leaves them by itself.
        self.members[worker] = None
        self.coming.add(worker)
        try:
            start_new_thread(worker.run)
        except BaseException:
            self.members.pop(worker, None)
            self.arrive(worker)
            raise
        return 0

    def dismiss(self, count: int) -> int:
        """Have *count* threads end after their tasks, idle ones first.

        Those who remain do what is queued; if nobody remains, it is done first.
        """
        for _ in range(min(count, len(self.members))):
            try:
                worker = self.idle.pop()
            except IndexError:
                self._dismiss_busy()
            else:
                self.members.pop(worker, None)
                worker.is_dismissed = True
                worker.gate.open()
        return 0

    def _dismiss_busy(self) -> int:
        """Dismiss one that was not idle a moment ago."""
        try:
            worker, _ = self.members.popitem()
        except KeyError:
            return 0  # it has expired meanwhile
        worker.is_dismissed = True
        # Nobody is to rely on it; it may still leave a task to the others.
        self.coming.discard(worker)
        try:
            self.idle.remove(worker)
        except ValueError:
            return 0  # it looks at the flag before it waits
        worker.gate.open()
        return 0


def describe_hub(hub: Hub) -> str:
    """The hub's class, address and thread: a pool is part of the hub's own repr."""
    return (
        f"<{type(hub).__name__} at 0x{id(hub):x} thread_ident=0x{hub.thread_ident:x}>"
    )


def _free_hub() -> None:
    """Free the hub that tasks have made in this thread."""
    if sys.is_finalizing():
        return
    hub = get_hub_if_exists()
    if hub is not None:
        hub.destroy(destroy_loop=True)
