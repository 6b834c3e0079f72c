# cython: nonecheck=True
# ruff: noqa: ERA001 - that is a directive, for subclasses that forget to call __init__
"""Queues between greenlets; ``Channel``, which stores nothing, is in ``channel.py``.

Invariants:

* QUEUE1  Nobody is handed an item: who is woken takes or stores it himself, in arrival
  order, so an exception that arrives before loses nothing. A running greenlet may be
  faster; who was woken for nothing keeps its place.
* QUEUE3  No lock is held anywhere, so finalizers may use the queue they interrupt. What
  there is, or room, is looked at and taken in one step (see ``shared.py``), as long as
  the hooks of the queue's class are ours.
* QUEUE4  A task is counted before its item can be taken.

Who waits for an item or for room waits at an *end*: QUEUE2 in ``queue_waiters.py``.

Threads: any thread may use any of these; the items are in C containers, whose every
operation is one step, and ``limit``, ``is_shutdown``, ``WaitEnd.due`` and the counts
are written in the same step as what they depend on.
"""

from __future__ import annotations

import sys
import warnings
from collections import deque
from heapq import heapify, heappop, heappush
from queue import Empty, Full

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._base.publish import publish
from gevent._base.signatures import Signed
from gevent._hub.timeout import Timeout
from gevent._native.scheduling.scheduler import Scheduler
from gevent.sync.channel import Channel
from gevent.sync.event import Event
from gevent.sync.queue_locks import QueueCondition, QueueMutex
from gevent.sync.queue_waiters import Mode, QueueEnds, ShutDown, demand_not_negative

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self

# What monkey patching installs, and what the standard library does not have (but for
# ShutDown, from Python 3.13 on) or has unchanged.
__implements__ = ["LifoQueue", "PriorityQueue", "Queue", "SimpleQueue"]
__extensions__ = ["Channel", "JoinableQueue", "ShutDown"]
__imports__ = ["Empty", "Full"]

__all__ = (
    "Channel",
    "Empty",
    "Full",
    "JoinableQueue",
    "LifoQueue",
    "PriorityQueue",
    "Queue",
    "ShutDown",
    "SimpleQueue",
)


class SimpleQueue(QueueEnds):
    """A first-in first-out queue without task accounting.

    Subclasses may override ``_init``, ``_qsize``, ``_get``, ``_put`` and ``_peek``, as
    those of :class:`queue.Queue`.

    Args:
        maxsize: How many items it holds at most; None or negative: any number.
        items: Initial contents.
    """

    __signature__ = Signed("maxsize=None, items=()")

    items: deque[object] | list[object]
    append: Callable[[object], object]
    popleft: Callable[[], object]

    def __init__(self, maxsize: int | None = None, items: Iterable[object] = ()):
        self.limit = -1
        self.items = []  # until _init, which may leave it alone
        self.is_shutdown = False
        self.has_ends = False
        self.loop = Scheduler.of_thread_or_none()
        if maxsize is not None and maxsize > 0:
            self.limit = maxsize
        elif maxsize == 0:
            warnings.warn(
                "Queue(0) now means an unlimited queue; use Channel for a rendezvous",
                DeprecationWarning,
                stacklevel=2,
            )
        if items:
            self._init(self.maxsize, items)
        else:
            self._init(self.maxsize)

    @property
    def maxsize(self) -> int | None:
        """How many items fit; None: any number. Putters look at it when they come."""
        return None if self.limit < 0 else self.limit

    @maxsize.setter
    def maxsize(self, value: int | None) -> None:
        self.limit = -1 if value is None or value <= 0 else value

    @property
    def queue(self) -> object:
        """The storage; may be assigned."""
        return self.items

    @queue.setter
    def queue(self, items: deque[object] | list[object]) -> None:
        self.items = items
        # A hook may store something without these; its class then overrides the only
        # methods that use them.
        self.append = getattr(items, "append", None)  # type: ignore[assignment]
        self.popleft = getattr(items, "popleft", None)  # type: ignore[assignment]

    # -- hooks -------------------------------------------------------------------

    def _init(self, maxsize: int | None, items: Iterable[object] = ()) -> None:
        """Make the storage; called without *items* if there are none."""
        self.queue = deque(items)

    def _qsize(self) -> int:
        """Return the number of items."""
        return len(self.items)

    def _get(self) -> object:
        """Remove and return the next item."""
        return self.popleft()

    def _put(self, item: object) -> object:
        """Store an item."""
        self.append(item)
        return None

    def _peek(self) -> object:
        """Return the next item."""
        return self.items[0]

    # -- state -------------------------------------------------------------------

    def qsize(self) -> int:
        """Return the number of items."""
        return self._qsize()

    def __len__(self) -> int:
        return self._qsize()

    def __bool__(self) -> bool:
        return True

    def empty(self) -> bool:
        """Return whether there are no items."""
        return self._qsize() == 0

    def full(self) -> bool:
        """Return whether the limit is reached."""
        return not self.has_room()

    def copy(self) -> Self:
        """Return a new queue of the same type with the same limit and items."""
        return type(self)(self.maxsize, self.items)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at 0x{id(self):x}{self._describe()}>"

    def __str__(self) -> str:
        return f"<{type(self).__name__}{self._describe()}>"

    def _describe(self) -> str:
        words = [""]
        if self.limit >= 0:
            words.append(f"maxsize={self.limit}")
        if self.items:
            words.append(f"queue={self.items!r}")
        if self.has_ends and self.getters.n_links:
            words.append(f"getters[{self.getters.n_links}]")
        if self.has_ends and self.putters.n_links:
            words.append(f"putters[{self.putters.n_links}]")
        return " ".join(words)

    # -- putting -------------------------------------------------------------------

    def put(
        self, item: object, block: bool = True, timeout: float | Timeout | None = None
    ) -> None:
        """Store an item.

        Args:
            item: Any object.
            block: Whether to wait for room.
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            Full: There was no room (in time).
            ShutDown: The queue was shut down.
            ValueError: *timeout* is negative although there is room; where ``queue``
                is patched: is negative, and the queue has a limit.

        Blocking:
            Switches to the hub when the queue is full and *block* is true; waiters
            are served first come, first served. In the hub it never waits.
        Cancellation:
            The item is not stored.
        Thread safety:
            From any thread; not atomic to subclasses with hooks in Python.
        """
        if self.is_shutdown:
            raise ShutDown
        if self.limit < 0 or self._qsize() < self.limit:
            if (
                timeout is not None
                and block
                and (self.limit >= 0 or not Mode.follows_stdlib)
            ):
                demand_not_negative(timeout)
            self.store(item)
        else:
            self.store_later(item, block, timeout)

    def put_nowait(self, item: object) -> None:
        """Store an item, or raise Full; ``put(item, False)``."""
        self.put(item, False)

    def store(self, item: object) -> int:
        """Store an item for which there is room."""
        self._put(item)
        if self.has_ends:
            self.settle()
        return 0

    def store_later(
        self, item: object, block: bool, timeout: float | Timeout | None
    ) -> int:
        """Wait for room and store an item."""
        self.wait_for_room(block, timeout)  # switches
        return self.store(item)

    # -- getting -------------------------------------------------------------------

    def get(self, block: bool = True, timeout: float | Timeout | None = None) -> object:
        """Remove and return the next item.

        Args:
            block: Whether to wait for one.
            timeout: Seconds to wait at most; None: for ever.

        Returns:
            The item; the queue no longer holds a reference to it.

        Raises:
            Empty: There was no item (in time).
            ShutDown: The queue was shut down and is empty.
            ValueError: *timeout* is negative and there is no item (or, where ``queue``
                is patched, there is one).

        Blocking:
            Switches to the hub when the queue is empty and *block* is true; waiters
            are served first come, first served. In the hub it never waits.
        Cancellation:
            The queue is unchanged; no item is lost.
        Thread safety:
            From any thread; not atomic to subclasses with hooks in Python.
        """
        if self._qsize() == 0:
            self.wait_for_item(block, timeout)  # switches
        elif timeout is not None and block and Mode.follows_stdlib:
            demand_not_negative(timeout)
        # In the same step as the last look for an item (QUEUE3).
        item = self._get()
        if self.has_ends:
            self.settle()
        return item

    def get_nowait(self) -> object:
        """Remove and return the next item, or raise Empty; ``get(False)``."""
        return self.get(False)

    def peek(
        self, block: bool = True, timeout: float | Timeout | None = None
    ) -> object:
        """Return the next item without removing it; otherwise like :meth:`get`."""
        if self._qsize() == 0:
            self.wait_for_item(block, timeout)  # switches
            # The item is still there for the next one.
            self.settle()
        return self._peek()

    def peek_nowait(self) -> object:
        """Return the next item, or raise Empty; ``peek(False)``."""
        return self.peek(False)


class Queue(SimpleQueue):
    """A first-in first-out queue with task accounting and shutdown.

    Args:
        maxsize: How many items it holds at most; None or negative: any number.
        items: Initial contents.
        unfinished_tasks: How many tasks they are; None: one per item.
    """

    __signature__ = Signed("maxsize=None, items=(), unfinished_tasks=None")

    unfinished_tasks: int
    finished: Event | None
    made_mutex: QueueMutex | None

    def __init__(
        self,
        maxsize: int | None = None,
        items: Iterable[object] = (),
        unfinished_tasks: int | None = None,
    ):
        self.unfinished_tasks = 0
        self.finished = None
        self.made_mutex = None
        SimpleQueue.__init__(self, maxsize, items)
        if unfinished_tasks is not None:
            self.unfinished_tasks = unfinished_tasks
        elif items:
            self.unfinished_tasks = self._qsize()

    def _describe(self) -> str:
        text = SimpleQueue._describe(self)
        if self.unfinished_tasks:
            text += f" tasks={self.unfinished_tasks} _cond={self.own_finished()}"
        return text

    def store(self, item: object) -> int:
        """Store an item for which there is room; it is one more task (QUEUE4)."""
        # Counted first. A getter in another thread may take the item, and be done with
        # it, before this returns: task_done() would find nothing to count down, and
        # join() no task to wait for.
        self.unfinished_tasks += 1
        if self.finished is not None:
            self.finished.lower()
        try:
            self._put(item)
        except BaseException:
            self.task_done()
            raise
        if self.has_ends:
            self.settle()
        return 0

    def own_finished(self) -> Event:
        """Return the event of :meth:`join`, made on first use."""
        if self.finished is None:
            made = Event.__new__(Event)
            # Asked again: making it may run a finalizer that joins this queue, too. It
            # waits for the event that it has made, which ours must not replace.
            if self.finished is None:
                if self.unfinished_tasks == 0:
                    made.set()
                self.finished = made
        return self.finished

    # -- what programs of the standard library reach into -----------------------------

    @property
    def mutex(self) -> QueueMutex:
        """A lock around changes of ``queue``; letting it go wakes who can go on."""
        if self.made_mutex is None:
            self.made_mutex = QueueMutex(self)
        return self.made_mutex

    @property
    def not_empty(self) -> QueueCondition:
        """A condition with the lock ``mutex``."""
        return QueueCondition(self.mutex, self._wait_not_empty)

    @property
    def not_full(self) -> QueueCondition:
        """A condition with the lock ``mutex``."""
        return QueueCondition(self.mutex, self._wait_not_full)

    @property
    def all_tasks_done(self) -> QueueCondition:
        """A condition with the lock ``mutex``."""
        return QueueCondition(self.mutex, self.join)

    def _has_changed(self) -> None:
        """Somebody changed the storage or the count: wake who can go on now."""
        if self.has_ends:
            self.settle()
        if self.finished is not None:
            if self.unfinished_tasks > 0:
                self.finished.lower()
            elif not self.finished.is_set():
                self.finished.set()

    def task_done(self) -> None:
        """Say that a task is finished; the last one wakes who is in :meth:`join`.

        Raises:
            ValueError: There were more calls than items.

        Blocking:
            Never switches.
        Thread safety:
            From any thread.
        """
        if self.unfinished_tasks <= 0:
            raise ValueError("task_done() called too many times")
        self.unfinished_tasks -= 1
        if self.unfinished_tasks == 0 and self.finished is not None:
            self.finished.set()

    def join(self, timeout: float | Timeout | None = None) -> bool:
        """Wait until every task is finished.

        Args:
            timeout: Seconds to wait at most; None: for ever.

        Returns:
            True, or False if the time passed.

        Blocking:
            Switches to the hub unless no task is unfinished.
        Cancellation:
            The queue is unchanged.
        Thread safety:
            From any thread.
        """
        if self.unfinished_tasks == 0:
            return True
        return self.own_finished().wait(timeout)  # switches

    def shutdown(self, immediate: bool = False) -> None:
        """Let later puts fail, and gets once the queue is empty, with ShutDown.

        Args:
            immediate: Whether to throw away the items and count them as done.

        Blocking:
            Never switches; waiting getters and putters are woken.
        Thread safety:
            From any thread.
        """
        self.is_shutdown = True
        if immediate:
            while self._qsize():
                self._get()
                if self.unfinished_tasks > 0:
                    self.unfinished_tasks -= 1
            if self.unfinished_tasks == 0 and self.finished is not None:
                self.finished.set()
        if self.has_ends:
            self.settle()
            # The waits of other threads, which settle() tells one at a time.
            self.getters.wake_all_foreign()
            self.putters.wake_all_foreign()


JoinableQueue = Queue


class UnboundQueue(Queue):
    """A queue without limit.

    Args:
        maxsize: None.
        items: Initial contents.

    Raises:
        ValueError: There is a *maxsize*.
    """

    __signature__ = Signed("maxsize=None, items=()")

    def __init__(self, maxsize: int | None = None, items: Iterable[object] = ()):
        if maxsize is not None:
            raise ValueError("UnboundQueue has no maxsize")
        Queue.__init__(self, None, items)


class PriorityQueue(Queue):
    """A queue whose next item is the smallest; a heap.

    Items may compare themselves in Python code, so moving them is more than one step.
    Invariant: the heap is changed by the thread whose key is ``sifter`` alone, which is
    0 while nobody changes it. Who puts meanwhile, a finalizer for instance, leaves the
    item in ``late``; that thread stores it. Other threads wait when they ask for the
    size, before they look whether there is an item.
    """

    __signature__ = Signed("maxsize=None, items=(), unfinished_tasks=None")

    sifter: int
    late: list[object] | None

    def __init__(
        self,
        maxsize: int | None = None,
        items: Iterable[object] = (),
        unfinished_tasks: int | None = None,
    ):
        self.sifter = 0
        self.late = None
        Queue.__init__(self, maxsize, items, unfinished_tasks)

    def _qsize(self) -> int:
        if self.sifter == 0:
            return len(self.items)
        return self.settled_size()

    def settled_size(self) -> int:
        """_qsize() while somebody changes the heap."""
        me = Scheduler.thread_key()
        while self.sifter != 0 and self.sifter != me:
            # Another thread compares items, for which it needs the processor only.
            originals.get("time", "sleep")(0)
        return len(self.items) + (len(self.late) if self.late else 0)

    def leave_to_sifter(self, item: object) -> bool:
        """Whether somebody changes the heap, who will store *item*."""
        # Made before the look: that may run others, and the thread that changes the
        # heap may be done by then. It would not look into `late` again.
        late = [item]
        if self.sifter == 0:
            return False
        if self.late is None:
            self.late = late
        else:
            self.late.append(item)
        return True

    def end_sifting(self) -> int:
        """Store what came meanwhile, then let others change the heap."""
        try:
            # Comparing may bring more. The last look and the reset are one step: what
            # came in between would be stored by nobody.
            while self.late:
                heappush(self.items, self.late.pop())  # type: ignore[type-var, arg-type]  # see _init
        finally:
            self.sifter = 0
        return 0

    def _init(self, maxsize: int | None, items: Iterable[object] = ()) -> None:
        heap = list(items)
        heapify(heap)  # type: ignore[type-var]  # its users know how to order them
        self.queue = heap

    def _get(self) -> object:
        if self.sifter != 0:
            raise RuntimeError("a comparison of items cannot take from their queue")
        self.sifter = Scheduler.thread_key()
        try:
            return heappop(self.items)  # type: ignore[type-var, arg-type]  # see _init
        finally:
            self.end_sifting()

    def _put(self, item: object) -> object:
        if self.sifter != 0 and self.leave_to_sifter(item):
            return None
        self.sifter = Scheduler.thread_key()
        try:
            heappush(self.items, item)  # type: ignore[type-var, arg-type]  # see _init
        finally:
            self.end_sifting()
        return None

    def _peek(self) -> object:
        return self.items[0]


class LifoQueue(Queue):
    """A queue whose next item is the one that came last; a stack."""

    def _init(self, maxsize: int | None, items: Iterable[object] = ()) -> None:
        self.queue = list(items)

    def _get(self) -> object:
        return self.items.pop()

    def _put(self, item: object) -> object:
        self.items.append(item)
        return None

    def _peek(self) -> object:
        return self.items[-1]


if sys.version_info < (3, 13):
    ShutDown.__module__ = __name__  # the public name from here on
publish(__name__, "gevent.queue")
