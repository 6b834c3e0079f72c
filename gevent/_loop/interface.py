"""What a loop, a watcher and a callback are: for checkers, and for zope.interface.

The protocols are what our own loops are checked against; the interfaces describe the
same to programs that ask ``ILoop.providedBy``. Nothing of gevent needs this module at
run time: zope.interface is loaded by whoever imports it.
"""

from __future__ import annotations

from zope.interface import Attribute, Interface, classImplements

from gevent._base.checking import TYPE_CHECKING, Protocol
from gevent._base.publish import publish
from gevent._loop.loop import Loop
from gevent._loop.watchers import Armable
from gevent._native.scheduling.scheduler import callback

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

__all__ = ("ILoop", "IWatcher", "ICallback")

_PUBLIC_NAME = "gevent._interfaces"


class CallbackProtocol(Protocol):
    """A call that is queued to run in the next pass of a loop."""

    @property
    def pending(self) -> bool:
        """Whether it is still to run."""

    def stop(self) -> None:
        """Cancel the call; harmless when it ran already."""

    def close(self) -> None:
        """The same as :meth:`stop`."""


class WatcherProtocol(Protocol):
    """What waits for one kind of event."""

    ref: bool
    priority: int

    @property
    def active(self) -> bool:
        """Whether it is watching."""

    @property
    def pending(self) -> bool:
        """Whether an event arrived whose callback has not run yet."""

    def start(self, callback: Callable[..., object], *args: object) -> None:
        """Begin to watch; on each event call ``callback(*args)`` in the hub."""

    def stop(self) -> None:
        """End watching; also takes back an event whose callback has not run yet."""

    def close(self) -> None:
        """Stop for good; repeatable."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class LoopProtocol(Protocol):
    """What a hub runs."""

    @property
    def default(self) -> bool:
        """Whether this is the loop of the main thread."""

    @property
    def approx_timer_resolution(self) -> float:
        """The shortest time, in seconds, that its timers can tell from none."""

    def run(self, nowait: bool = False, once: bool = False) -> None:
        """Run until nothing referenced is left to wait for."""

    def now(self) -> float:
        """Return the loop's cached time, in seconds since the epoch."""

    def update_now(self) -> None:
        """Read the clock anew."""

    def destroy(self) -> bool | None:
        """Release everything; repeatable."""

    def run_callback(
        self, func: Callable[..., object], *args: object
    ) -> CallbackProtocol:
        """Queue a call; only from the loop's thread."""

    def run_callback_threadsafe(
        self, func: Callable[..., object], *args: object
    ) -> CallbackProtocol:
        """Queue a call, from any thread; wakes the loop."""

    def closing_fd(self, fd: int) -> bool:
        """Fire the io watchers of a descriptor that is about to be closed."""

    def io(
        self, fd: int, events: int, ref: bool = True, priority: int | None = None
    ) -> WatcherProtocol:
        """Return a watcher of a descriptor; *events*: 1 read, 2 write, 3 both."""

    def timer(
        self,
        after: float,
        repeat: float = 0.0,
        ref: bool = True,
        priority: int | None = None,
    ) -> WatcherProtocol:
        """Return a timer of *after* seconds, then every *repeat* seconds unless 0."""

    def signal(
        self, signum: int, ref: bool = True, priority: int | None = None
    ) -> WatcherProtocol:
        """Return a watcher of a signal."""

    def idle(self, ref: bool = True, priority: int | None = None) -> WatcherProtocol:
        """Return a watcher that fires when nothing else does."""

    def prepare(self, ref: bool = True, priority: int | None = None) -> WatcherProtocol:
        """Return a watcher that fires at the begin of each iteration."""

    def check(self, ref: bool = True, priority: int | None = None) -> WatcherProtocol:
        """Return a watcher that fires after each poll."""

    def fork(self, ref: bool = True, priority: int | None = None) -> WatcherProtocol:
        """Return a watcher that fires in forked children."""

    def async_(self, ref: bool = True, priority: int | None = None) -> WatcherProtocol:
        """Return a watcher that other threads fire by its ``send``."""

    def child(self, pid: int, trace: int = 0, ref: bool = True) -> WatcherProtocol:
        """Return a watcher of the end of a child process."""

    def stat(
        self,
        path: str | bytes,
        interval: float = 0.0,
        ref: bool = True,
        priority: int | None = None,
    ) -> WatcherProtocol:
        """Return a watcher of a file's status."""


class ILoop(Interface):
    """What a hub runs."""

    __module__ = _PUBLIC_NAME

    default = Attribute("Whether this is the loop of the main thread.")
    approx_timer_resolution = Attribute(
        "The shortest time, in seconds, that its timers can tell from none."
    )

    def run(nowait=False, once=False):  # type: ignore[no-untyped-def]
        """Run until nothing referenced is left to wait for."""

    def now():  # type: ignore[no-untyped-def,misc]
        """Return the loop's cached time, in seconds since the epoch."""

    def update_now():  # type: ignore[no-untyped-def,misc]
        """Read the clock anew."""

    def destroy():  # type: ignore[no-untyped-def,misc]
        """Release everything; repeatable."""

    def run_callback(func, *args):  # type: ignore[no-untyped-def]
        """Queue a call; only from the loop's thread.

        Returns:
            An :class:`ICallback`.
        """

    def run_callback_threadsafe(func, *args):  # type: ignore[no-untyped-def]
        """Queue a call, from any thread; wakes the loop."""

    def closing_fd(fd):  # type: ignore[no-untyped-def]
        """Fire the io watchers of a descriptor that is about to be closed.

        Returns:
            Whether there were any.
        """

    def io(fd, events, ref=True, priority=None):  # type: ignore[no-untyped-def]
        """Return a watcher of a descriptor; *events*: 1 read, 2 write, 3 both."""

    def timer(after, repeat=0.0, ref=True, priority=None):  # type: ignore[no-untyped-def]
        """Return a timer of *after* seconds, then every *repeat* seconds unless 0."""

    def signal(signum, ref=True, priority=None):  # type: ignore[no-untyped-def]
        """Return a watcher of a signal."""

    def idle(ref=True, priority=None):  # type: ignore[no-untyped-def]
        """Return a watcher that fires when nothing else does."""

    def prepare(ref=True, priority=None):  # type: ignore[no-untyped-def]
        """Return a watcher that fires at the begin of each iteration."""

    def check(ref=True, priority=None):  # type: ignore[no-untyped-def]
        """Return a watcher that fires after each poll."""

    def fork(ref=True, priority=None):  # type: ignore[no-untyped-def]
        """Return a watcher that fires in forked children."""

    def async_(ref=True, priority=None):  # type: ignore[no-untyped-def]
        """Return a watcher that other threads fire by its ``send``."""

    def child(pid, trace=0, ref=True):  # type: ignore[no-untyped-def]
        """Return a watcher of the end of a child process."""

    def stat(path, interval=0.0, ref=True, priority=None):  # type: ignore[no-untyped-def]
        """Return a watcher of a file's status."""


class IWatcher(Interface):
    """What waits for one kind of event."""

    __module__ = _PUBLIC_NAME

    def start(callback, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Begin to watch; on each event call ``callback(*args)`` in the hub.

        The keywords are those of the kind: ``pass_events``, ``update``.
        """

    def stop():  # type: ignore[no-untyped-def,misc]
        """End watching; also takes back an event whose callback has not run yet."""

    def close():  # type: ignore[no-untyped-def,misc]
        """Stop for good; repeatable."""


class ICallback(Interface):
    """A call that is queued to run in the next pass of a loop."""

    __module__ = _PUBLIC_NAME

    pending = Attribute("Whether it is still to run.")

    def stop():  # type: ignore[no-untyped-def,misc]
        """Cancel the call; harmless when it ran already."""

    def close():  # type: ignore[no-untyped-def,misc]
        """The same as ``stop``."""


classImplements(Loop, ILoop)
classImplements(Armable, IWatcher)
classImplements(callback, ICallback)

publish(__name__, "gevent._interfaces")
