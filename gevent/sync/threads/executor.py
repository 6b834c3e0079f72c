"""What ``ThreadPoolExecutor.submit`` returns.

It acts like ``concurrent.futures.Future`` for its users, and for
``concurrent.futures.wait`` and ``as_completed``, which use its private parts.
"""

from __future__ import annotations

import concurrent.futures
import threading

from gevent._base.checking import TYPE_CHECKING, Protocol
from gevent._hub.hub import get_hub
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent.sync.event import AsyncResult


class Observer(Protocol):
    """How the standard library waits for several futures."""

    event: threading.Event | Event

    def add_result(self, future: ExecutorFuture) -> None:
        """The future has a result."""

    def add_exception(self, future: ExecutorFuture) -> None:
        """The future has an exception."""


class Observers(list[Observer]):
    """Who waits for a future, each for an event that lets greenlets run meanwhile.

    The standard library's, unless it is patched, blocks the thread whose hub hands the
    results over.
    """

    def append(self, observer: Observer) -> None:
        """Begin to tell one; nobody else knows it yet."""
        if not isinstance(observer.event, Event):
            observer.event = Event()
        super().append(observer)


class FutureLink:
    """A link of the result that passes the future on; equal if its callable is."""

    __slots__ = ("callback", "future")

    def __init__(
        self, callback: Callable[[ExecutorFuture], object], future: ExecutorFuture
    ):
        self.callback = callback
        self.future = future

    def __call__(self, _result: object) -> None:
        """The result is there."""
        self.callback(self.future)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FutureLink) and self.callback == other.callback

    def __hash__(self) -> int:
        return hash(self.callback)


class DoneCallback(FutureLink):
    """A link whose errors are printed: one done-callback fails for itself only."""

    __slots__ = ()

    def __call__(self, _result: object = None) -> None:
        """The result is there."""
        try:
            self.callback(self.future)
        except Exception as error:  # as the standard library: reported, not raised
            context = (self.callback, self.future)
            get_hub().print_exception(context, type(error), error, error.__traceback__)


class Beginning:
    """Makes a call, and notes that it has begun; written by the thread that does."""

    __slots__ = ("has_begun",)

    def __init__(self) -> None:
        self.has_begun = False

    def __call__(
        self, fn: Callable[..., object], /, *args: object, **kwargs: object
    ) -> object:
        """Make the call."""
        self.has_begun = True
        return fn(*args, **kwargs)


class ExecutorFuture:
    """The result of a call to be.

    Usable in :func:`gevent.wait`. What it does not have itself is that of its
    :class:`~gevent.event.AsyncResult`.

    Args:
        asyncresult: Where the result arrives.
        beginning: What makes the call, in a thread.
    """

    def __init__(self, asyncresult: AsyncResult, beginning: Beginning | None = None):
        self.asyncresult = asyncresult
        self._beginning = Beginning() if beginning is None else beginning
        # What concurrent.futures.wait and as_completed look at.
        self._condition = threading.Condition()
        self._state = "PENDING"
        self._waiters = Observers()
        asyncresult.rawlink(self._on_result)

    def __getattr__(self, name: str) -> object:
        value: object = getattr(self.asyncresult, name)
        return value

    def __str__(self) -> str:
        return str(self.asyncresult)

    def _on_result(self, result: AsyncResult) -> None:
        """The result is there; in the hub."""
        with self._condition:
            self._state = "FINISHED"
            # They take themselves out.
            waiters = list(self._waiters)
        for waiter in waiters:
            if result.successful():
                waiter.add_result(self)
            else:
                waiter.add_exception(self)

    def done(self) -> bool:
        """Return whether the call has ended."""
        return self.asyncresult.ready()

    def running(self) -> bool:
        """Return whether a thread has begun with the call, and has not ended it."""
        return self._beginning.has_begun and not self.done()

    def cancel(self) -> bool:
        """Return False: it cannot be cancelled."""
        return False

    def cancelled(self) -> bool:
        """Return False: it cannot be cancelled."""
        return False

    def set_running_or_notify_cancel(self) -> bool:
        """Return True: it was not cancelled."""
        return True

    def _wait(self, timeout: float | None) -> None:
        self.asyncresult.wait(timeout)  # switches
        if not self.asyncresult.ready():
            raise concurrent.futures.TimeoutError

    def result(self, timeout: float | None = None) -> object:
        """Wait for the end of the call; return its value or raise its exception.

        Args:
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            TimeoutError: The time passed.
            BaseException: What the call raised.

        Blocking:
            Switches to the hub unless the call has ended.
        Cancellation:
            The call goes on.
        Thread safety:
            From any thread.
        """
        self._wait(timeout)  # switches
        return self.asyncresult.get_nowait()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end of the call; return its exception, or None.

        Args:
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            TimeoutError: The time passed.

        Blocking:
            Switches to the hub unless the call has ended.
        Cancellation:
            The call goes on.
        Thread safety:
            From any thread.
        """
        self._wait(timeout)  # switches
        return self.asyncresult.exception

    def add_done_callback(self, callback: Callable[[ExecutorFuture], object]) -> None:
        """Call ``callback(future)`` in the hub at the end; now, if that has come."""
        link = DoneCallback(callback, self)
        if self.done():
            link()
        else:
            self.asyncresult.rawlink(link)

    def rawlink(self, callback: Callable[[ExecutorFuture], object]) -> None:
        """Call ``callback(future)`` in the hub at the end.

        Raises:
            TypeError: *callback* is not callable.
        """
        if not callable(callback):
            raise TypeError(f"Expected callable: {callback!r}")
        self.asyncresult.rawlink(FutureLink(callback, self))

    def unlink(self, callback: Callable[[ExecutorFuture], object]) -> None:
        """Take back a link; an unknown callable is ignored."""
        self.asyncresult.unlink(FutureLink(callback, self))
