"""Waiting for many things at once: ``wait`` and ``iwait``."""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING, Protocol
from gevent._base.light import WeakSet, deque
from gevent._hub.timeout import Timeout, demand_timeout, start_given, stop_given
from gevent._native.scheduling.messages import post
from gevent._native.scheduling.scheduler import (
    Linkable,
    NativeGreenlet,
    Scheduler,
    Waiter,
    as_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from types import TracebackType
    from typing import Self, TypeVar

    _T = TypeVar("_T")

    from gevent._native.scheduling.scheduler import HubLike

__all__ = ("iwait", "wait")


class Waitable(Protocol):
    """What can be waited for."""

    def rawlink(self, callback: Callable[[Self], object], /) -> None:
        """Call ``callback(self)`` in the hub when it is ready."""

    def unlink(self, callback: Callable[[Self], object], /) -> None:
        """Take a link back."""


def in_order(objects: Iterable[_T]) -> list[_T]:
    """Return a list of *objects*: of a set of greenlets, in the order they were made.

    What happens to them must not depend on where they lie in memory.
    """
    members = list(objects)
    if isinstance(objects, set | frozenset | WeakSet):
        members.sort(key=birth_of)
    return members


def birth_of(each: object) -> int:
    """Return a number that grows from greenlet to greenlet of a loop; of others 0."""
    return born_of(each) if isinstance(each, NativeGreenlet) else 0


def born_of(each: NativeGreenlet) -> int:
    """Return the number that grows from greenlet to greenlet of a loop."""
    return each.born


def is_ready(each: object) -> bool:
    """Whether an object of ours says that it is ready; of others nobody knows."""
    if isinstance(each, NativeGreenlet | Linkable):
        ready = getattr(each, "ready", None)
        return ready is not None and bool(ready())
    return False


class Gathering:
    """Links to many objects and one waiter that is woken when enough are ready.

    Invariant: every object that is in ``linked`` and not yet ready has exactly our
    link; ``unlink_all`` takes all of them back.
    """

    waiter: Waiter
    linked: list[Waitable]
    done: deque[object]
    wanted: int
    missing: int
    n_called: int

    def __init__(self, objects: Collection[Waitable], count: int | None):
        n_objects = len(objects)
        self.done = deque()
        self.linked = []
        self.waiter = Waiter()
        self.n_called = 0
        self.wanted = 1
        self.missing = n_objects if count is None else min(count, n_objects)

    def link_all(self, objects: Collection[Waitable]) -> int:
        """Link to every object that is not ready; on an error no link stays behind."""
        try:
            for each in in_order(objects):
                if is_ready(each):
                    # A link would be called in the hub only, after others have run.
                    self.done.append(each)
                else:
                    each.rawlink(self)
                    self.linked.append(each)
        except BaseException:
            self.unlink_all()
            raise
        return 0

    def unlink_all(self) -> int:
        """Take back every link that has not been used."""
        if self.n_called < len(self.linked):
            for each in self.linked:
                each.unlink(self)
        self.linked = []
        return 0

    def __call__(self, source: object) -> None:
        """An object is ready (a link)."""
        self.n_called += 1
        self.done.append(source)
        if len(self.done) >= self.wanted:
            loop = self.waiter.loop
            if loop.is_current():
                self._wake()
            else:
                # Linked to an object that belongs to another thread's loop. Ours may be
                # dead by now: whoever has made the object ready has no part in that.
                post(loop, self._wake)

    def _wake(self) -> None:
        """In the loop of who waits: wake it, unless it has gone."""
        self.waiter.loop.queue_waiter(self.waiter)


class WaitIterator:
    """What :func:`iwait` returns; links are made by the first step."""

    objects: Collection[Waitable]
    count: int | None
    timeout: float
    given: Timeout | None
    deadline: float
    gathering: Gathering | None
    is_over: bool

    def __init__(
        self,
        objects: Collection[Waitable],
        timeout: float | Timeout | None = None,
        count: int | None = None,
    ):
        self.objects = objects
        self.count = count
        self.given = None
        if isinstance(timeout, BaseException):
            self.given = demand_timeout(timeout)
            timeout = None
        self.timeout = -1.0 if timeout is None else max(0.0, as_seconds(timeout))
        self.gathering = None
        self.is_over = objects is None
        if objects is not None:
            len(objects)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> object:
        if self.is_over:
            raise StopIteration
        try:
            return self.next_ready()
        except BaseException:
            self.close()
            raise

    def next_ready(self) -> object:
        """Return the next object; StopIteration at the end."""
        gathering = self.gathering
        if gathering is None:
            gathering = Gathering(self.objects, self.count)
            self.gathering = gathering
            if self.given is not None:
                self.timeout = seconds_to_count(self.given)
            if self.timeout >= 0.0:
                self.deadline = gathering.waiter.loop.clock() + self.timeout
            if gathering.missing > 0:
                gathering.link_all(self.objects)
        if gathering.missing <= 0:
            raise StopIteration
        waiter = gathering.waiter
        # The time may be over in the same pass of the loop in which an object becomes
        # ready: the object counts.
        while not gathering.done:
            if self.timeout < 0.0:
                self.wait_for_one(waiter)  # switches
            elif (
                waiter.wait_until(  # switches
                    self.objects, self.deadline - waiter.loop.clock()
                )
                and not gathering.done
            ):
                self.expire()
        gathering.missing -= 1
        return gathering.done.popleft()

    def wait_for_one(self, waiter: Waiter) -> int:
        """Park without a limit of our own; one that was given may fire meanwhile."""
        try:
            return waiter.wait(self.objects)  # switches
        except BaseException as error:
            if error is not self.given:
                raise
            raise StopIteration from None

    def expire(self) -> int:
        """The time has passed: end, or raise what the Timeout was given for that."""
        if self.given is not None:
            error = self.given._what_to_throw()
            if error is not self.given:
                raise error
        raise StopIteration

    def close(self) -> None:
        """End the iteration and take back all links."""
        self.is_over = True
        if self.given is not None:
            stop_given(self.given)
        if self.gathering is not None:
            self.gathering.unlink_all()
            self.gathering = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def seconds_to_count(given: Timeout) -> float:
    """Return after how many seconds it ends an iteration; negative: by itself.

    It is not started: it would fire in what its user does between two steps.
    """
    if given.pending or given.seconds is None:
        return -1.0
    return max(0.0, given.seconds)


def iwait(
    objects: Collection[Waitable],
    timeout: float | Timeout | None = None,
    count: int | None = None,
) -> WaitIterator:
    """Iterate over objects in the order in which they become ready.

    Args:
        objects: What has ``rawlink`` and ``unlink``; needs a length.
        timeout: Seconds for the whole iteration; None: for ever.
        count: End after this many; None: after all.

    Returns:
        An iterator, and context manager that takes all links back.

    Blocking:
        Each step switches to the hub unless an object is ready.
    Cancellation:
        All links are taken back; also when the ``with`` block is left.
    Thread safety:
        Only from the thread of the objects' hub.
    """
    return WaitIterator(objects, timeout, count)


def wait(
    objects: Collection[Waitable] | None = None,
    timeout: float | Timeout | None = None,
    count: int | None = None,
) -> list[object] | bool:
    """Wait until objects are ready, or until the loop has nothing left to do.

    Args:
        objects: What has ``rawlink`` and ``unlink``; needs a length. None: the
            whole loop, only from the main greenlet.
        timeout: Seconds; None: for ever.
        count: Wait for this many only; None: for all.

    Returns:
        The objects that became ready, in that order; for the loop, whether it
        finished in time.

    Raises:
        AttributeError: An object has no ``rawlink``.
        TypeError: *objects* has no length.

    Blocking:
        Switches to the hub.
    Cancellation:
        All links are taken back.
    Thread safety:
        Only from the thread of the objects' hub.
    """
    if objects is None:
        hub = Scheduler.of_thread().hub
        assert hub is not None, "of_thread() has made one"
        if isinstance(timeout, BaseException):
            return join_under(hub, demand_timeout(timeout))  # switches
        return hub.join(timeout=timeout)
    gathering = Gathering(objects, count)
    wanted = gathering.missing
    if wanted <= 0:
        return []
    gathering.wanted = wanted
    if isinstance(timeout, BaseException):
        timeout = demand_timeout(timeout)
    elif timeout is not None:
        timeout = as_seconds(timeout)
    gathering.link_all(objects)
    try:
        if len(gathering.done) < wanted:
            gathering.waiter.wait_optional(objects, timeout)  # switches
    finally:
        gathering.unlink_all()
    done = list(gathering.done)
    return done[:wanted]


def join_under(hub: HubLike, timeout: Timeout) -> bool:
    """Run the loop until nothing is left to do, or until the Timeout fires."""
    timer = timeout.timer
    keeps_running = timer.ref
    # It is none of the things that there are to do.
    timer.ref = False
    start_given(timeout)
    try:
        return hub.join()  # switches
    except BaseException as error:
        if error is not timeout:
            raise
        return False
    finally:
        stop_given(timeout)
        timer.ref = keeps_running
