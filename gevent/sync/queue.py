# cython: nonecheck=True
# ruff: noqa: ERA001 - that is a directive, for subclasses that forget to call __init__
"""Queues between greenlets, and ``Channel``, a queue that stores nothing.

Invariants:

* Q1  Nobody is handed an item: who is woken takes or stores it himself, in arrival
  order, so an exception that arrives before loses nothing. A running greenlet may be
  faster; who was woken for nothing keeps its place.
* Q2  The ends (who waits for an item, who waits for room) exist once somebody had to
  wait. From then on every change of the storage brings ``End.due`` up to date and
  announces that it became true: once is enough, for as long as it stays true the
  notification goes on to the next waiter. The ends do not refer to the queue: it must
  go without the collector.
* Q3  No lock is held anywhere, so finalizers may use the queue they interrupt. What
  there is, or room, is looked at and taken in one step (see ``owned.py``), as long as
  the hooks of the queue's class are ours.
* Q4  A task is counted before its item can be taken.

Threads: any thread may use any of these; the items are in C containers, whose every
operation is one step, and ``limit``, ``is_shutdown``, ``End.due`` and the counts are
written in the same step as what they depend on.
"""

from __future__ import annotations

import sys
import warnings
from collections import deque
from heapq import heapify, heappop, heappush
from queue import Empty, Full
from types import GenericAlias
from typing import TYPE_CHECKING

from gevent._base import originals
from gevent._base.publish import publish
from gevent._hub.timeout import Timeout
from gevent._native.scheduler import Scheduler, Waiter, as_seconds, current_hub
from gevent.sync.event import Event
from gevent.sync.owned import Owned, Visitor
from gevent.sync.queue_locks import QueueCondition, QueueMutex

if sys.version_info >= (3, 13):
    from queue import ShutDown
else:

    class ShutDown(Exception):
        """The queue has been shut down."""


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


class Mode:
    """What the monkey patching decides."""

    # Whether negative timeouts are refused as in the standard library.
    follows_stdlib = False


class End(Owned):
    """The waiters at one end of a queue."""

    due: bool

    def is_due(self) -> bool:
        """Whether the first of them can go on."""
        return self.due

    def turn(self, due: bool) -> bool:
        """Set ``due``; return whether to tell somebody (Q2)."""
        is_news = due and not self.due
        self.due = due
        # Visitors are told one at a time.
        return is_news or self.visitors is not None

    def signal(self) -> int:
        """They may be able to go on."""
        if self.due and self.has_listener():
            self.announce()
        return 0

    def n_waiting(self) -> int:
        """How many wait, in whichever thread, and have not been told."""
        n_abroad = 0 if self.visitors is None else self.visitors.n_links
        return self.n_links + n_abroad


class Passage:
    """What is put and got in order; the common part of queues and channels."""

    loop: Scheduler | None

    __class_getitem__ = classmethod(GenericAlias)  # type: ignore[var-annotated]  # a class

    @property
    def hub(self) -> object:
        """The hub of the thread that made it."""
        if self.loop is None:
            return current_hub()
        return self.loop.hub

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> object:
        """Return ``get()``; the item ``StopIteration`` (the class) ends iteration."""
        item = self.get()
        if item is StopIteration:
            raise StopIteration
        return item

    if TYPE_CHECKING:

        def get(self) -> object:
            """Take the next item."""


class SimpleQueue(Passage):
    """A first-in first-out queue without task accounting.

    Subclasses may override ``_init``, ``_qsize``, ``_get``, ``_put`` and ``_peek``, as
    those of :class:`queue.Queue`.

    Args:
        maxsize: How many items it holds at most; None or negative: any number.
        items: Initial contents.
    """

    items: deque[object] | list[object]
    append: Callable[[object], object]
    popleft: Callable[[], object]
    limit: int
    is_shutdown: bool
    has_ends: bool
    getters: End
    putters: End

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
        # What a hook stores may have neither; then it overrides their only users.
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

    def has_room(self) -> bool:
        """Whether an item fits."""
        return self.limit < 0 or self._qsize() < self.limit

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
                _demand_not_negative(timeout)
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

    def wait_for_room(self, block: bool, timeout: float | Timeout | None) -> int:
        """Wait until an item fits, or raise."""
        if not block:
            raise Full
        if timeout is not None and Mode.follows_stdlib:
            _demand_not_negative(timeout)
        self.make_ends()
        if Owned.is_in_hub():
            while self.getters.due and self.getters.first is not None:
                if not self.getters.resume_first():  # switches
                    break
                if self.has_room():
                    return 0
            raise Full
        if not self.putters.wait_until_due(self, timeout):  # switches
            raise timeout if isinstance(timeout, Timeout) else Full
        if self.is_shutdown:
            raise ShutDown
        return 0

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
            _demand_not_negative(timeout)
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

    def wait_for_item(self, block: bool, timeout: float | Timeout | None) -> int:
        """Wait until there is an item, or raise."""
        if self.is_shutdown:
            raise ShutDown
        if not block:
            raise Empty
        self.make_ends()
        if Owned.is_in_hub():
            while self.putters.due and self.putters.first is not None:
                if not self.putters.resume_first():  # switches
                    break
                if self._qsize():
                    return 0
            raise Empty
        if timeout is not None:
            _demand_not_negative(timeout)
        while self._qsize() == 0:
            if self.is_shutdown:
                raise ShutDown
            # Hooks in Python may have let another thread in between.
            self.settle()
            if not self.getters.wait_until_due(self, timeout):  # switches
                raise timeout if isinstance(timeout, Timeout) else Empty
        return 0

    # -- waking --------------------------------------------------------------------

    def make_ends(self) -> int:
        """Make the lists of waiters, or bring them up to date (Q2)."""
        if not self.has_ends:
            getters, putters = End(), End()
            # Others may have run meanwhile, and wait at theirs.
            if not self.has_ends:
                self.getters = getters
                self.putters = putters
                self.has_ends = True
        return self.settle()

    def settle(self) -> int:
        """The storage has changed: wake who can go on now."""
        size = self._qsize()
        is_down = self.is_shutdown
        tells_getters = self.getters.turn(size > 0 or is_down)
        tells_putters = self.putters.turn(
            self.limit < 0 or size < self.limit or is_down
        )
        if tells_getters:
            self.getters.signal()
        if tells_putters:
            self.putters.signal()
        return 0


class Queue(SimpleQueue):
    """A first-in first-out queue with task accounting and shutdown.

    Args:
        maxsize: How many items it holds at most; None or negative: any number.
        items: Initial contents.
        unfinished_tasks: How many tasks they are; None: one per item.
    """

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
        """Store an item for which there is room; it is one more task (Q4)."""
        self.unfinished_tasks += 1
        if self.finished is not None:
            self.finished.flag = False
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
            # Others may have run meanwhile, and wait for theirs.
            if self.finished is None:
                made.flag = self.unfinished_tasks == 0
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
                self.finished.flag = False
            elif not self.finished.flag:
                self.finished.set()

    def _wait_not_empty(self, timeout: float | None) -> bool:
        self.make_ends()
        return self._pass_on(self.getters.wait_until_due(self, timeout))  # switches

    def _wait_not_full(self, timeout: float | None) -> bool:
        self.make_ends()
        return self._pass_on(self.putters.wait_until_due(self, timeout))  # switches

    def _pass_on(self, came: bool) -> bool:
        """What was waited for is still there for the next one."""
        self.settle()
        return came

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
            self.getters.wake_all_visitors()
            self.putters.wake_all_visitors()


JoinableQueue = Queue


class UnboundQueue(Queue):
    """A queue without limit.

    Args:
        maxsize: None.
        items: Initial contents.

    Raises:
        ValueError: There is a *maxsize*.
    """

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
            # It is comparing items: nothing but the processor is needed for that.
            originals.get("time", "sleep")(0)
        return len(self.items) + (len(self.late) if self.late else 0)

    def leave_to_sifter(self, item: object) -> bool:
        """Whether somebody changes the heap, who will store *item*."""
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


class Offer(Visitor):
    """A wait in :meth:`Channel.put`, with the item; anybody may take it."""

    item: object
    is_taken: bool

    def accept(self) -> int:
        """It was taken: wake the putter, wherever it lives."""
        self.is_taken = True
        self.wake()
        return 0


def make_offer(item: object) -> Offer:
    """Return an offer of the current greenlet, or of a thread without a hub."""
    made = Offer.__new__(Offer)
    made.prepare(Owned.waiting_loop())
    made.item = item
    return made


class Channel(Passage):
    """A queue without storage: ``put`` waits until a ``get`` takes the item.

    Invariant: an offer is in ``offering`` exactly while its item can be taken;
    ``taking.due`` says whether there is one.

    Args:
        maxsize: 1.

    Raises:
        ValueError: *maxsize* is not 1.
    """

    taking: End
    offering: End

    def __init__(self, maxsize: int = 1):
        if maxsize != 1:
            raise ValueError("Channels have a maxsize of 1")
        self.loop = Scheduler.of_thread_or_none()
        self.taking = End()
        self.offering = End()

    @property
    def getters(self) -> deque[Waiter]:
        """Who waits in :meth:`get`, as a new deque."""
        return deque(_nodes(self.taking))

    @property
    def putters(self) -> deque[tuple[object, Waiter]]:
        """What is offered, and by whom, as a new deque."""
        return deque(_offers(self.offering))

    @property
    def balance(self) -> int:
        """How many putters wait, minus how many getters."""
        return self.offering.n_links - self.taking.n_waiting()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at 0x{id(self):x} {self._describe()}>"

    def __str__(self) -> str:
        return f"<{type(self).__name__} {self._describe()}>"

    def _describe(self) -> str:
        text = ""
        if self.taking.n_links:
            text += f" getters[{self.taking.n_links}]"
        if self.offering.n_links:
            text += f" putters[{self.offering.n_links}]"
        return text

    def qsize(self) -> int:
        """Return 0."""
        return 0

    def empty(self) -> bool:
        """Return True."""
        return True

    def full(self) -> bool:
        """Return True."""
        return True

    def put(
        self, item: object, block: bool = True, timeout: float | Timeout | None = None
    ) -> None:
        """Offer an item until a getter takes it.

        Args:
            item: Any object.
            block: Whether to wait; without, as with a *timeout* of 0.
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            Full: Nobody took it in time.

        Blocking:
            Switches to the hub. In the hub it never waits.
        Cancellation:
            The item is no longer offered, unless it was taken before.
        Thread safety:
            From any thread.
        """
        offer = make_offer(item)
        if Owned.is_in_hub():
            self.offer_from_hub(offer)
        else:
            self.await_taker(offer, timeout if block else 0)  # switches
        if not offer.is_taken:
            raise timeout if block and isinstance(timeout, Timeout) else Full

    def put_nowait(self, item: object) -> None:
        """Offer an item for a moment; ``put(item, False)``."""
        self.put(item, False)

    def await_taker(self, offer: Offer, timeout: float | Timeout | None) -> int:
        """Park until the offer is taken or the time has passed."""
        if timeout is not None and not isinstance(timeout, BaseException):
            timeout = as_seconds(timeout)
        self.offering.append_node(offer)
        self.taking.due = True
        try:
            self.taking.signal()
            offer.park(self, timeout)  # switches
        finally:
            self.offering.remove_node(offer)
            self.taking.due = self.offering.first is not None
        return 0

    def offer_from_hub(self, offer: Offer) -> int:
        """Let the first waiting getter, if any, take the offer now."""
        if self.taking.first is None:
            return 0
        self.offering.append_node(offer)
        self.taking.due = True
        try:
            self.taking.resume_first()  # switches
        finally:
            self.offering.remove_node(offer)
            self.taking.due = self.offering.first is not None
        return 0

    def get(self, block: bool = True, timeout: float | Timeout | None = None) -> object:
        """Take an item from a putter.

        Args:
            block: Whether to wait; without, as with a *timeout* of 0.
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            Empty: Nobody offered an item in time.

        Blocking:
            Switches to the hub unless an item is offered. In the hub it never waits.
        Cancellation:
            No item is taken.
        Thread safety:
            From any thread.
        """
        if self.offering.first is None:
            if Owned.is_in_hub():
                raise Empty
            if not self.taking.wait_until_due(self, timeout if block else 0):
                raise timeout if block and isinstance(timeout, Timeout) else Empty
        return self.take()

    def get_nowait(self) -> object:
        """Take an item from a putter; ``get(False)``."""
        return self.get(False)

    def take(self) -> object:
        """Take the item of the first offer, and wake its putter."""
        offer: Offer = self.offering.first  # type: ignore[assignment]  # none else
        self.offering.remove_node(offer)
        self.taking.due = self.offering.first is not None
        offer.accept()
        return offer.item

    def next(self) -> object:
        """Return the next item; Python 2's name of ``__next__``."""
        return self.__next__()


def _nodes(end: End) -> list[Waiter]:
    found: list[Waiter] = []
    node = end.first
    while node is not None:
        found.append(node)  # type: ignore[arg-type]  # ends have no links
        node = node.following
    return found


def _offers(end: End) -> list[tuple[object, Waiter]]:
    return [_item_of(offer) for offer in _nodes(end)]  # type: ignore[arg-type]  # of put


def _item_of(offer: Offer) -> tuple[object, Waiter]:
    return (offer.item, offer)


def _demand_not_negative(timeout: float | Timeout) -> None:
    if isinstance(timeout, BaseException) and isinstance(timeout, Timeout):
        if timeout.seconds is None:
            return
        timeout = timeout.seconds
    if as_seconds(timeout) < 0:
        raise ValueError("'timeout' must be a non-negative number")


publish(__name__, "gevent.queue")
