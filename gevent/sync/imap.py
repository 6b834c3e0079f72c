"""The iterators behind ``imap`` and ``imap_unordered``.

Each is a greenlet, the *producer*, which submits one call per item, and an iterator,
at which the *consumer* takes the results.

Invariants:

* IMAP1  ``queue`` gets every submitted call once: when it was submitted (ordered), or
  when it has ended (unordered).
* IMAP2  Its last entry is the end mark, put when the producer has ended and
  ``n_running`` is 0. The producer may end in any way, also without ever having run.
* IMAP3  With a limit, the units missing in ``room`` are the calls whose results nobody
  has taken; the producer waits for one before it submits.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING
from gevent._base.publish import publish
from gevent._hub.greenlet import Greenlet
from gevent.sync.group_members import GroupMembers
from gevent.sync.lock import Semaphore
from gevent.sync.queue import SimpleQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol, Self

    class Call(Protocol):
        """What a pool's ``spawn`` returns: a greenlet, or a result to come."""

        def get(self) -> object:
            """Wait for the end; return the value or raise the exception."""

        def ready(self) -> bool:
            """Whether it has ended."""

        def successful(self) -> bool:
            """Whether it has ended, with a value."""

        def rawlink(self, callback: Callable[[Call], object], /) -> None:
            """Call back in the hub at the end."""


__all__ = ("IMap", "IMapUnordered")


class IMapUnordered(Greenlet):
    """Results of calls in the order in which these end.

    Args:
        func: What to call.
        iterable: Its arguments.
        spawn: Submits a call; ``Pool.spawn``, for example.
        maxsize: How many results may wait to be taken; None: any number.
        zipped: Whether an item is a tuple of arguments instead of the only one.
    """

    mapped: Callable[..., object]
    iterable: Iterable[object]
    submit: Callable[..., Call]
    is_zipped: bool
    members: GroupMembers | None
    room: Semaphore | None
    queue: SimpleQueue
    n_running: int
    has_ended: bool
    is_over: bool

    def __init__(
        self,
        func: Callable[..., object],
        iterable: Iterable[object],
        spawn: Callable[..., Call],
        maxsize: int | None = None,
        zipped: bool = False,
    ):
        Greenlet.__init__(self)
        self.mapped = func
        self.iterable = iterable
        self.submit = spawn
        self.is_zipped = zipped
        self.members = None
        self.room = None if maxsize is None else Semaphore(maxsize)
        self.queue = SimpleQueue()
        self.n_running = 0
        self.has_ended = False
        self.is_over = False
        self.rawlink(self._on_end)

    # -- the producer ---------------------------------------------------------------

    def _run(self) -> None:
        """Submit the calls."""
        submit = self.submit
        mapped = self.mapped
        room = self.room
        for item in self.iterable:  # may switch
            if room is not None:
                room.acquire()  # switches
            if self.is_zipped:
                arguments: tuple[object, ...] = item  # type: ignore[assignment]
                self.accept(submit(mapped, *arguments))  # may switch
            else:
                self.accept(submit(mapped, item))  # may switch

    def accept(self, call: Call) -> int:
        """Keep an eye on a submitted call (IMAP1)."""
        self.n_running += 1
        call.rawlink(self._on_result)
        return 0

    def _on_result(self, call: Call) -> None:
        """A call has ended; in the hub."""
        self.n_running -= 1
        self.queue.put(call)
        self.end_if_complete()

    def _on_end(self, _self: object) -> None:
        """The producer has ended; in the hub."""
        self.has_ended = True
        error = self.exception
        if error is not None:
            self.queue.put(Failure(error))
        self.end_if_complete()

    def end_if_complete(self) -> int:
        """Put the end mark if nothing comes any more (IMAP2)."""
        if self.has_ended and self.n_running == 0:
            self.queue.put(None)
        return 0

    # -- the consumer ---------------------------------------------------------------

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> object:
        """Return the next result, or raise what its call raised.

        Raises:
            StopIteration: There are no more.
            BaseException: The call failed, or the iterable did.

        Blocking:
            Switches to the hub if the result is not there yet.
        Cancellation:
            An unordered result is not lost; an ordered one is skipped.
        Thread safety:
            Only from the thread of the pool.
        """
        if self.is_over:
            raise StopIteration
        call: Call | Failure | None = self.queue.get()  # type: ignore[assignment]  # switches
        if call is None:
            self.is_over = True
            raise StopIteration
        if self.room is not None and not isinstance(call, Failure):
            self.room.release()
        has_value = False
        try:
            value = call.get()  # may switch
            has_value = True
            return value
        finally:
            if self.members is not None and (has_value or call.ready()):
                # Whoever has the result sees that the call is no member any more.
                self.members(call)  # type: ignore[arg-type]  # of a group
            # The traceback of what it raises keeps this frame, and the call the error.
            call = None


class IMap(IMapUnordered):
    """Results of calls in the order of the items."""

    def accept(self, call: Call) -> int:
        """Queue a submitted call; whoever takes it waits for its end (IMAP1)."""
        self.queue.put(call)
        return 0

    def _of_group(self, members: GroupMembers) -> Self:
        """Let calls leave their group no later than their results are there."""
        self.members = members
        return self


class Failure:
    """Stands in the results for what the iterable raised."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException):
        self.error = error

    def ready(self) -> bool:
        """Return True."""
        return True

    def get(self) -> object:
        """Raise it."""
        try:
            raise self.error
        finally:
            # The error keeps this frame.
            self = None  # type: ignore[assignment]


publish(__name__, "gevent._imap")
