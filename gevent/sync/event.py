"""``Event`` and ``AsyncResult``: a flag and a result that greenlets wait for.

The order contract of both: being set queues one notification, which visits waiters
and links in the order of their registration; who comes while one is queued goes
behind. Whoever waited when it was set is woken, whatever happens to it meanwhile.
"""

from __future__ import annotations

from types import GenericAlias

from gevent._base.checking import TYPE_CHECKING
from gevent._base.publish import publish
from gevent._base.signatures import Signed
from gevent._hub.timeout import Timeout
from gevent._native.scheduling.scheduler import Scheduler, Waiter, as_seconds
from gevent.sync.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Protocol

    class Source(Protocol):
        """What has ended, and how; a greenlet."""

        value: object
        exception: BaseException

        def successful(self) -> bool:
            """Whether it has a value."""


__all__ = ("AsyncResult", "Event")

EMPTY = 0
VALUE = 1
ERROR = 2


class Announcement(Shared):
    """Something that is announced to everybody who waits at that moment."""

    def announce_all(self) -> int:
        """Queue the notification of everybody who is linked or waiting now."""
        self.wake_all_foreign()
        if self.first is not None:
            # Whoever is linked now is told, even if a clear() comes before its turn.
            self.batch = self.places
            self.announce_at_home()
        return 0

    def _at_fork_reinit(self) -> None:
        """In a forked child: forget the threads that are gone, and their waits."""
        self.keep_survivors()
        if self.is_due():
            self.announce_all()

    def announce_link(self) -> int:
        """A link came when this was set already: it is called whatever happens."""
        self.batch = self.places
        return self.announce_at_home()

    def wait_for_announcement(self, timeout: float | Timeout | None) -> bool:
        """Park until announced; False if the time passed before."""
        if timeout is not None and not isinstance(timeout, BaseException):
            timeout = as_seconds(timeout)
        loop = Shared.waiting_loop()
        if loop is not None:
            waiter = loop.new_waiter()
            if self.claim(loop):
                self.append_node(waiter)
                return self.wait_at_home_once(waiter, timeout)
        return self.visit(loop, timeout)

    def wait_at_home_once(
        self, waiter: Waiter, timeout: float | Timeout | None
    ) -> bool:
        """wait_for_announcement() in the owner's thread; *waiter* is linked."""
        if self.is_due():
            # Set already. If the notification is queued, we join it at its end. If this
            # was set between the caller's look and our linking, there was nobody to
            # tell, and nothing is queued: without this we would wait for ever.
            self.batch = self.places
            self.notify()
        try:
            timed_out = waiter.wait_optional(self, timeout)  # switches
        finally:
            self.remove_node(waiter)
        return not timed_out or waiter.place <= self.batch

    def visit(self, loop: Scheduler | None, timeout: float | Timeout | None) -> bool:
        """wait_for_announcement() in a thread that is not the owner's."""
        # Linked first, then the look (SHARE3); see Shared.wait_abroad.
        foreign = self.enter(loop)
        try:
            if not self.is_due():
                foreign.park(self, timeout)  # switches
        finally:
            self.leave(foreign)
        return foreign.is_told or self.is_due()

    def unlink(self, callback: Callable[..., object]) -> None:
        """Take back a link; an unknown callable is ignored."""
        self.remove_link(callback)


class Event(Announcement):
    """A flag that greenlets wait for; like ``threading.Event``.

    Usable in :func:`gevent.wait`.

    Thread safety:
        Every method from any thread. The event belongs to the thread that first
        waited; that thread's waiters and the links are woken by its loop.
    """

    __signature__ = Signed("")

    flag: bool

    def __init__(self) -> None:
        """Refuse arguments; compiled, a class without this takes any."""

    def is_due(self) -> bool:
        """Whether the flag is up."""
        return self.flag

    def __repr__(self) -> str:
        state = "set" if self.flag else "unset"
        return f"<gevent.event.{type(self).__name__} at 0x{id(self):x}: {state}>"

    def __str__(self) -> str:
        name = f"{type(self).__module__}.{type(self).__name__}"
        state = "set" if self.flag else "clear"
        return f"<{name} at 0x{id(self):x} {state} _links[{self.n_links}]>"

    def is_set(self) -> bool:
        """Return whether the flag is up."""
        return self.flag

    def isSet(self) -> bool:
        """Return whether the flag is up; other name of :meth:`is_set`."""
        return self.flag

    def ready(self) -> bool:
        """Return whether the flag is up; for :func:`gevent.wait`."""
        return self.flag

    def set(self) -> None:
        """Raise the flag and queue the notification of whoever waits.

        Blocking:
            Never switches.
        Thread safety:
            From any thread.
        """
        self.flag = True
        if self.has_listener():
            self.announce_all()

    def clear(self) -> None:
        """Lower the flag; who waited when it was raised is woken all the same."""
        self.lower()

    def lower(self) -> int:
        """clear(), for compiled callers."""
        self.flag = False
        return 0

    def wait(self, timeout: float | Timeout | None = None) -> bool:
        """Wait until the flag is up.

        Args:
            timeout: Seconds to wait at most; None: for ever; 0 or less: let others
                run once.

        Returns:
            True, or False if the time passed.

        Raises:
            LoopExit: Nothing is left that could raise the flag (main greenlet).
            BlockingSwitchOutError: Called in the hub while the flag is down.

        Blocking:
            Switches to the hub, unless the flag is up and nobody who waited for it
            is still to be woken.
        Cancellation:
            The event is unchanged, and others are woken as if the caller had not
            waited.
        Thread safety:
            From any thread.
        """
        if self.flag and (self.queued == 0 or Shared.is_in_hub()):
            return True
        return self.wait_for_announcement(timeout) or self.flag

    def rawlink(self, callback: Callable[[Event], object]) -> None:
        """Call ``callback(event)`` once in the hub when, or if, the flag is up.

        Raises:
            TypeError: *callback* is not callable.
        """
        self.link(callback)


class AsyncResult(Announcement):
    """A box for one value or one exception that greenlets wait for.

    Can be linked to a greenlet (``greenlet.rawlink(result)``) and used in
    :func:`gevent.wait`.

    Thread safety:
        Every method from any thread, as for :class:`Event`.
    """

    __signature__ = Signed("")

    state: int
    value: object
    exception: BaseException | None
    trace: TracebackType | None

    __class_getitem__ = classmethod(GenericAlias)  # type: ignore[var-annotated]  # a class

    def __init__(self) -> None:
        """Refuse arguments; compiled, a class without this takes any."""

    def is_due(self) -> bool:
        """Whether it has a result."""
        return self.state != EMPTY

    def __str__(self) -> str:
        words = [f"<{type(self).__name__}"]
        if self.value is not None or self.exception is not None:
            words.append(f"value={self.value!r}")
        if self.exception is not None:
            words.append(f"exception={self.exception!r} ")
        else:
            words.append("unset ")
        return f"{' '.join(words)} _links[{self.n_links}]>"

    @property
    def exc_info(
        self,
    ) -> tuple[type[BaseException], BaseException, TracebackType | None] | tuple[()]:
        """(type, value, traceback) of the exception, or an empty tuple."""
        if self.exception is None:
            return ()
        return (type(self.exception), self.exception, self.trace)

    def ready(self) -> bool:
        """Return whether it has a value or an exception."""
        return self.state != EMPTY

    def done(self) -> bool:
        """Return whether it has a value or an exception."""
        return self.state != EMPTY

    def successful(self) -> bool:
        """Return whether it has a value."""
        return self.state == VALUE

    def cancel(self) -> bool:
        """Return False: it cannot be cancelled."""
        return False

    def cancelled(self) -> bool:
        """Return False: it cannot be cancelled."""
        return False

    # -- setting ------------------------------------------------------------------

    def settle(self, state: int) -> int:
        """Announce what has been stored."""
        # After the result: another thread takes that as soon as it sees the state.
        self.state = state
        if self.has_listener():
            self.announce_all()
        return 0

    def set(self, value: object = None) -> None:
        """Store a value and queue the notification of whoever waits.

        Blocking:
            Never switches.
        Thread safety:
            From any thread.
        """
        self.value = value
        self.settle(VALUE)

    def set_result(self, value: object = None) -> None:
        """Store a value; other name of :meth:`set`."""
        self.value = value
        self.settle(VALUE)

    def set_exception(
        self,
        exception: BaseException,
        exc_info: tuple[object, object, TracebackType | None] | None = None,
    ) -> None:
        """Store an exception and queue the notification of whoever waits.

        Args:
            exception: The instance that :meth:`get` raises.
            exc_info: As of ``sys.exc_info()``; its traceback is raised along.

        Raises:
            TypeError: *exception* is no instance of an exception class.

        Blocking:
            Never switches.
        Thread safety:
            From any thread.
        """
        if not isinstance(exception, BaseException):
            raise TypeError(f"expected an exception instance, got {exception!r}")
        self.exception = exception
        self.trace = exc_info[2] if exc_info else exception.__traceback__
        self.settle(ERROR)

    def __call__(self, source: Source) -> None:
        """Take over the outcome of a finished *source* (a link target)."""
        if source.successful():
            self.value = source.value
            self.settle(VALUE)
        else:
            self.set_exception(source.exception, getattr(source, "exc_info", None))

    # -- waiting ------------------------------------------------------------------

    def get(self, block: bool = True, timeout: float | Timeout | None = None) -> object:
        """Return the value or raise the exception.

        Args:
            block: Whether to wait for them.
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            Timeout: There is no result (in time).
            BaseException: The one that was set.
            LoopExit: Nothing is left that could set it (main greenlet).
            BlockingSwitchOutError: Called in the hub without a result.

        Blocking:
            Switches to the hub unless there is a result or *block* is false.
        Cancellation:
            The result is unchanged.
        Thread safety:
            From any thread.
        """
        if self.state == VALUE:
            return self.value
        if self.state == EMPTY:
            if not block:
                raise Timeout()
            self.wait_for_announcement(timeout)
            if self.state == EMPTY:
                raise timeout if isinstance(timeout, Timeout) else Timeout(timeout)
        try:
            return self.outcome()
        finally:
            # The exception keeps this frame, and the result keeps the exception.
            self = None  # type: ignore[assignment]

    def get_nowait(self) -> object:
        """Return the value or raise the exception, now.

        Raises:
            Timeout: There is no result.
            BaseException: The one that was set.
        """
        try:
            return self.get(False)
        finally:
            self = None  # type: ignore[assignment]  # see get()

    def result(self, timeout: float | Timeout | None = None) -> object:
        """Return the value or raise the exception; ``get(timeout=timeout)``."""
        try:
            return self.get(True, timeout)  # switches
        finally:
            self = None  # type: ignore[assignment]  # see get()

    def wait(self, timeout: float | Timeout | None = None) -> object:
        """Wait until there is a result.

        Args:
            timeout: Seconds to wait at most; None: for ever.

        Returns:
            The value; None for an exception, or when the time passed.

        Blocking:
            Switches to the hub, unless there is a result and nobody who waited for
            it is still to be woken.
        Cancellation:
            The result is unchanged.
        Thread safety:
            From any thread.
        """
        if self.state == EMPTY or (self.queued != 0 and not Shared.is_in_hub()):
            self.wait_for_announcement(timeout)
        return self.value if self.state == VALUE else None

    def outcome(self) -> object:
        """Return the value or raise the exception, with its first traceback."""
        if self.state == ERROR:
            assert self.exception is not None, "set together with the state"
            try:
                raise self.exception.with_traceback(self.trace)
            finally:
                self = None  # type: ignore[assignment]  # see get()
        return self.value

    def rawlink(self, callback: Callable[[AsyncResult], object]) -> None:
        """Call ``callback(result)`` once in the hub when, or if, there is a result.

        Raises:
            TypeError: *callback* is not callable.
        """
        self.link(callback)


publish(__name__, "gevent.event")
