# cython: nonecheck=True
# ruff: noqa: ERA001 - that is a directive, for watchers made by __new__ alone
"""The watchers: what waits for one kind of event, on every loop.

Common life of a watcher::

    idle --start--> active --stop--> idle --close--> closed
    active --fires--> pending (and active) --callback ran--> active
    active --close--> closed

Invariants:

* WATCH1  An active watcher with ``ref`` counts once in ``loop.references``, another
  one not at all.
* WATCH2  A watcher that a user started is in ``loop.kept`` while it is active, so
  that it lives although nobody holds it. One that wakes a parked greenlet is not:
  that greenlet holds it.
* WATCH3  ``stop`` and ``close`` take effect at once: a watcher that had fired and was
  queued does not run any more.

Users make watchers with the factories of a loop, never with these classes.
"""

from __future__ import annotations

import os
from math import inf, nextafter

from gevent._base.checking import TYPE_CHECKING
from gevent._base.exceptions import ConcurrentObjectUseError
from gevent._base.light import NSIG
from gevent._base.signatures import Signed
from gevent._native.io.descriptor import cancel_wait_ex
from gevent._native.io.fd_table import begin_wait, end_wait
from gevent._native.library.io_events import READ, WRITE
from gevent._native.library.polled_loop import PolledLoop
from gevent._native.scheduling.scheduler import Waiter, Watcher, demand_throwable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Protocol, Self

    from gevent._native.library.backend import Record

    class Simulated(Protocol):
        """A network in memory."""

        def watch(
            self, number: int, events: int, ref: bool, priority: int | None
        ) -> Armable | None:
            """Return a watcher of one of its sockets; None: the number is of none."""

    class Reaper(Protocol):
        """Who waits for the child processes of a loop."""

        def watch(self, watcher: child) -> None:
            """Tell *watcher* when its process has ended, and with which status."""

        def forget(self, watcher: child) -> None:
            """Stop waiting for the process of *watcher*."""


__all__ = (
    "async_",
    "check",
    "child",
    "fork",
    "idle",
    "io",
    "prepare",
    "signal",
    "stat",
    "timer",
)

# What event libraries make of an interval of 0 and of too short ones, in seconds.
USUAL_STAT_INTERVAL = 5.0074891
SHORTEST_STAT_INTERVAL = 0.1074891
_EVENT_NAMES = ("", "READ", "WRITE", "READ|WRITE")


class WatchedLoop(PolledLoop):
    """The part of a loop that its watchers use."""

    kept: dict[Armable, None]  # for its order; WATCH2
    prepares: list[Armable]
    checks: list[Armable]
    idles: list[Armable]
    forks: list[Armable]
    in_callbacks: bool  # entries are being run
    wall_offset: float  # what `now` adds to the loop's clock, in seconds

    if TYPE_CHECKING:

        def now(self) -> float:
            """The cached time, in seconds since the epoch."""

        def post(self, message: async_) -> None:
            """Put a message into the inbox and wake the loop; from any thread."""

        @property
        def children(self) -> Reaper:
            """Who waits for its child processes."""


class Armable(Watcher):
    """What all watchers have in common."""

    __signature__ = Signed("loop, ref=True, priority=None")

    loop: WatchedLoop
    function: Callable[..., object] | None
    arguments: tuple[object, ...] | None
    is_active: bool
    is_referenced: bool
    is_closed: bool
    is_counted: bool
    is_kept: bool

    def __init__(
        self, loop: WatchedLoop, ref: bool = True, priority: int | None = None
    ):
        self.set_up(loop, ref, priority)

    def set_up(self, loop: WatchedLoop, ref: bool, priority: int | None) -> int:
        """The constructor."""
        if loop is None:
            raise ValueError("a watcher needs a loop; was super().__init__() called?")
        self.loop = loop
        self.is_referenced = ref
        if priority is not None:
            self.level = _checked_priority(priority)
        return 0

    # -- public -------------------------------------------------------------------

    def start(self, callback: Callable[..., object], *args: object) -> None:
        """Begin to watch; on each event call ``callback(*args)`` in the hub.

        Raises:
            TypeError: *callback* is not callable.
            ValueError: The watcher is closed, or its loop destroyed.

        Thread safety:
            Only from the thread of the loop.
        """
        self.begin(callback, args)

    def stop(self) -> None:
        """End watching; also takes back an event whose callback has not run yet."""
        self.halt()
        self.function = None
        self.arguments = None

    def close(self) -> None:
        """Stop for good and release what the watcher holds; repeatable."""
        self.stop()
        self.is_closed = True

    @property
    def active(self) -> bool:
        """Whether it is watching."""
        return self.is_active

    @property
    def pending(self) -> bool:
        """Whether an event arrived whose callback has not run yet."""
        return self.queued != 0

    @property
    def callback(self) -> Callable[..., object] | None:
        """What is called on an event; None when stopped."""
        return self.function

    @callback.setter
    def callback(self, callback: Callable[..., object] | None) -> None:
        if callback is not None and not callable(callback):
            raise TypeError(f"Expected callable, not {callback!r}")
        self.function = callback

    @property
    def args(self) -> tuple[object, ...] | None:
        """The arguments of the callback; None when stopped."""
        return self.arguments

    @args.setter
    def args(self, args: tuple[object, ...] | None) -> None:
        if args is not None and not isinstance(args, tuple):
            raise TypeError(f"args must be a tuple or None, not {args!r}")
        self.arguments = args

    @property
    def ref(self) -> bool:
        """Whether the watcher, while active, keeps the loop running."""
        return self.is_referenced

    @ref.setter
    def ref(self, ref: bool) -> None:
        self.is_referenced = bool(ref)
        self.count()

    @property
    def priority(self) -> int:
        """Higher ones run first within one iteration; from -2 to 2."""
        return self.level

    @priority.setter
    def priority(self, priority: int) -> None:
        if self.is_active:
            raise AttributeError("Cannot set priority of an active watcher")
        self.level = _checked_priority(priority)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        text = f"<{type(self).__name__} at 0x{id(self):x}"
        text += f" native=0x{self.native_address():x}{self._describe()}"
        if self.is_active:
            text += " active"
        if self.pending:
            text += " pending"
        if self.function is not None:
            text += f" callback={self.function!r}"
        if self.arguments is not None:
            text += f" args={_describe_arguments(self.arguments)}"
        return text + ">"

    # -- for the kinds ------------------------------------------------------------

    def begin(
        self, function: Callable[..., object], arguments: tuple[object, ...]
    ) -> int:
        """start(), for every kind."""
        if not callable(function):
            raise TypeError(f"Expected callable, not {function!r}")
        if self.is_closed:
            raise ValueError("cannot start a closed watcher; make a new one")
        if self.loop.closing:
            raise ValueError("operation on destroyed loop")
        self.function = function
        self.arguments = arguments
        self.waiter = None
        if not self.is_active:
            self.engage()
            self.is_active = True
        self.count()
        self.keep()
        return 0

    def keep(self) -> int:
        """Let the loop hold a watcher that a user started (WATCH2)."""
        if not self.is_kept:
            self.is_kept = True
            self.loop.kept[self] = None
        return 0

    def halt(self) -> int:
        """stop(), for every kind; leaves callback and arguments alone."""
        self.queued = 0
        self.fired_events = 0
        self.waiter = None
        if self.is_active:
            self.is_active = False
            self.disengage()
            self.count()
            if self.is_kept:
                self.is_kept = False
                self.loop.kept.pop(self, None)
        return 0

    def wait_for(self, waiter: Waiter, subject: object) -> int:
        """Watch for one event that wakes *waiter*'s greenlet, which is this one.

        Blocking:
            Parks the calling greenlet.
        Cancellation:
            The watcher is stopped in any case.
        """
        if self.is_closed:
            raise ValueError("cannot wait for a closed watcher")
        if self.waiter is not None:
            raise ConcurrentObjectUseError(
                f"{self!r} is already used by {self.waiter.greenlet!r}"
            )
        if self.loop.closing:
            raise ValueError("operation on destroyed loop")
        self.engage()
        self.waiter = waiter
        self.is_active = True
        self.count()
        try:
            waiter.wait(subject)  # switches
        finally:
            self.halt()
        return 0

    def cancel_wait(self, error: BaseException | type[BaseException]) -> None:
        """Raise *error* in the greenlet that waits for one event, in its turn.

        Raises:
            TypeError: *error* is nothing that can be raised.
        """
        demand_throwable(error)
        waiter = self.waiter
        if waiter is not None:
            # An event that has fired and is queued must not wake the greenlet before
            # the error does: with nobody to wake it does nothing.
            self.waiter = None
            waiter.fail_later(error)

    def engage(self) -> int:
        """Begin to watch, natively."""
        raise NotImplementedError

    def disengage(self) -> int:
        """End watching, natively."""
        raise NotImplementedError

    def fire(self) -> int:
        """Run the callback."""
        self.fired_events = 0
        function = self.function
        if function is not None:
            function(*(self.arguments or ()))
        return 0

    def native_address(self) -> int:
        """A number for its native part; most have none but themselves."""
        return id(self)

    def _describe(self) -> str:
        return ""

    def count(self) -> int:
        """Bring the loop's count of references up to date (WATCH1)."""
        counts = self.is_active and self.is_referenced
        if counts != self.is_counted:
            self.is_counted = counts
            self.loop.references += 1 if counts else -1
        return 0


def _checked_priority(priority: int) -> int:
    if not isinstance(priority, int):
        raise TypeError(f"an integer is required for the priority, not {priority!r}")
    return max(-2, min(2, priority))


class recorded(Armable):
    """A watcher whose events come from the event library."""

    record: Record

    def native_address(self) -> int:
        """A number for its native part."""
        return id(self.record)

    def engage(self) -> int:
        """Begin to watch, natively."""
        self.record.start()
        return 0

    def disengage(self) -> int:
        """End watching, natively."""
        self.record.stop()
        return 0

    def close(self) -> None:
        """Stop for good and release the native record; repeatable."""
        Armable.close(self)
        self.record.free()


class io(recorded):
    """Readiness of a descriptor; fires again in each iteration while it lasts."""

    __signature__ = Signed("loop, fd, events, ref=True, priority=None")

    descriptor: int
    mask: int
    is_stale: bool
    passes_events: bool

    def __init__(
        self,
        loop: WatchedLoop,
        fd: int,
        events: int,
        ref: bool = True,
        priority: int | None = None,
    ):
        Armable.__init__(self, loop, ref, priority)
        self.descriptor = _checked_fd(fd)
        self.mask = _checked_events(events)
        self.is_stale = False
        self.record = loop.backend_for(self.descriptor).io(
            self, self.descriptor, self.mask
        )

    def start(
        self, callback: Callable[..., object], *args: object, pass_events: bool = False
    ) -> None:
        """Begin to watch; on each event call ``callback(*args)`` in the hub.

        Args:
            callback: What to call.
            args: Its arguments.
            pass_events: Put the mask of what is ready before the arguments.

        Raises:
            TypeError: *callback* is not callable.
            ValueError: The watcher is closed, or its loop destroyed.

        Thread safety:
            Only from the thread of the loop.
        """
        self.passes_events = pass_events
        self.begin(callback, args)

    @property
    def fd(self) -> int:
        """The descriptor; settable while inactive."""
        return self.descriptor

    @fd.setter
    def fd(self, fd: int) -> None:
        self._demand_inactive("fd")
        self.descriptor = _checked_fd(fd)
        self.is_stale = True

    @property
    def events(self) -> int:
        """What is watched for: 1 read, 2 write, 3 both; settable while inactive."""
        return self.mask

    @events.setter
    def events(self, events: int) -> None:
        self._demand_inactive("events")
        self.mask = _checked_events(events)
        self.is_stale = True

    def release_descriptor(self) -> None:
        """Forget the descriptor natively, at once: it is about to be closed."""
        self.record.stop()
        self.record.set_io(self.descriptor, self.mask)

    def release(self) -> None:
        """The descriptor is about to be closed: EBADF for the greenlet that waits."""
        self.cancel_wait(cancel_wait_ex())
        self.release_descriptor()

    def wait_for(self, waiter: Waiter, subject: object) -> int:
        """Wait until the descriptor is ready; :meth:`release` ends that."""
        number = self.descriptor
        # In the table before the park: a thread that closes the number tells only those
        # that it finds there (FDT2).
        entry = begin_wait(number, self, self.loop)
        try:
            return Armable.wait_for(self, waiter, subject)  # switches
        finally:
            end_wait(number, entry)

    @property
    def events_str(self) -> str:
        """The event mask in words."""
        return _EVENT_NAMES[self.mask]

    def engage(self) -> int:
        """Begin to watch the descriptor."""
        if self.is_stale:
            self.record.set_io(self.descriptor, self.mask)
            self.is_stale = False
        self.record.start()
        return 0

    def disengage(self) -> int:
        """End watching, and forget the number: it may be another file next time.

        At once, because a library that forgot it later could meet the other file.
        """
        self.release_descriptor()
        return 0

    def fire(self) -> int:
        """Run the callback."""
        events = self.fired_events
        self.fired_events = 0
        function = self.function
        if function is None:
            return 0
        arguments = self.arguments or ()
        if self.passes_events:
            arguments = (events, *arguments)
        function(*arguments)
        return 0

    def failed(self) -> int:
        """Stop: the callback would raise again at once."""
        self.stop()
        return 0

    def _demand_inactive(self, name: str) -> None:
        if self.is_active:
            raise AttributeError(
                f"'io' watcher attribute {name!r} is read-only while active"
            )

    def _describe(self) -> str:
        return f" fd={self.descriptor} events={_EVENT_NAMES[self.mask]}"


def _checked_fd(fd: int) -> int:
    if fd < 0:
        raise ValueError(f"fd must be non-negative: {fd!r}")
    return fd


def _checked_events(events: int) -> int:
    if events & ~(READ | WRITE):
        raise ValueError(f"illegal event mask: {events!r}")
    return events


class timer(Armable):
    """Fires after a time, and then at regular intervals if it repeats."""

    __signature__ = Signed("loop, after=0.0, repeat=0.0, ref=True, priority=None")

    after: float
    interval: float

    def __init__(
        self,
        loop: WatchedLoop,
        after: float = 0.0,
        repeat: float = 0.0,
        ref: bool = True,
        priority: int | None = None,
    ):
        self.set_up(loop, ref, priority)
        self.schedule(after, repeat)

    def schedule(self, after: float, repeat: float) -> int:
        """Take the two times."""
        if repeat < 0.0:
            raise ValueError(f"repeat must be positive or zero: {repeat!r}")
        if after != after or repeat != repeat:
            raise ValueError("a timer needs a number of seconds, not NaN")
        self.after = after
        self.interval = repeat
        return 0

    def start(
        self, callback: Callable[..., object], *args: object, update: bool | None = None
    ) -> None:
        """Arm the timer; when it is due, call ``callback(*args)`` in the hub.

        Args:
            callback: What to call.
            args: Its arguments.
            update: Whether the delay counts from now (else from the loop's cached
                time); None: only while callbacks run.

        Raises:
            TypeError: *callback* is not callable.
            ValueError: The watcher is closed, or its loop destroyed.

        Thread safety:
            Only from the thread of the loop.
        """
        self.launch(callback, args, self.after, update)

    def again(
        self, callback: Callable[..., object], *args: object, update: bool = True
    ) -> None:
        """Restart a repeating timer with its interval; stop one that does not repeat.

        Args:
            callback: What to call.
            args: Its arguments.
            update: Whether the interval counts from now.

        Raises:
            TypeError: *callback* is not callable.
            ValueError: The watcher is closed, or its loop destroyed.
        """
        if self.interval == 0.0:
            self.stop()
        else:
            self.launch(callback, args, self.interval, update)

    @property
    def at(self) -> float:
        """When it is due, or was the last time, on the scale of ``loop.now()``."""
        return self.deadline() + self.loop.wall_offset

    def launch(
        self,
        function: Callable[..., object],
        arguments: tuple[object, ...],
        delay: float,
        update: object,
    ) -> int:
        """Arm, or arm anew."""
        loop = self.loop
        if update or (update is None and loop.in_callbacks):
            loop.clock()
        self.pending_delay = delay
        if self.is_active:
            self.queued = 0
            self.arm_at(loop.now_cached + delay)
        self.begin(function, arguments)
        return 0

    def keep(self) -> int:
        """Nothing to do: the timer heap holds it."""
        return 0

    def engage(self) -> int:
        """Begin to wait."""
        self.arm_at(self.loop.now_cached + self.pending_delay)
        return 0

    def wait_for(self, waiter: Waiter, subject: object) -> int:
        """Wait until the time is over, from now."""
        self.loop.clock()
        self.pending_delay = self.after
        return Armable.wait_for(self, waiter, subject)

    def disengage(self) -> int:
        """Take it out of the heap."""
        self.disarm()
        return 0

    def expired(self) -> int:
        """The time is over: fire, and arm again if it repeats."""
        if self.interval > 0.0:
            now = self.loop.now_cached
            due = self.deadline() + self.interval
            if due <= now:
                due = now + self.interval
            # An interval may be too small to move the clock; never due at once.
            self.arm_at(due if due > now else nextafter(now, inf))
        self.fired(1)
        return 0

    def fire(self) -> int:
        """Run the callback; a timer that does not repeat is inactive by then."""
        function = self.function
        arguments = self.arguments or ()
        self.fired_events = 0
        # Before the call, which may start it again.
        if self.interval == 0.0:
            self.halt()
        if function is not None:
            function(*arguments)
            self.forget_call()
        return 0

    def failed(self) -> int:
        """The report has been made, and may forget the callback, too."""
        return self.forget_call()

    def forget_call(self) -> int:
        """Let go of callback and arguments, unless it is to fire again."""
        if not self.is_active:
            self.function = None
            self.arguments = None
        return 0


def _describe_arguments(arguments: tuple[object, ...]) -> str:
    """repr() without the arguments of watchers, which may be each other."""
    texts = [
        f"<{type(each).__name__} at 0x{id(each):x}>"
        if isinstance(each, Armable)
        else repr(each)
        for each in arguments
    ]
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


def new_timer(
    loop: WatchedLoop, after: float, repeat: float, ref: bool, priority: int | None
) -> timer:
    """Return a timer; the constructor without its detour through Python."""
    made = timer.__new__(timer)
    made.set_up(loop, ref, priority)
    made.schedule(after, repeat)
    return made


class signal(recorded):
    """Deliveries of a signal to the process; callbacks run in the hub."""

    __signature__ = Signed("loop, signalnum, ref=True, priority=None")

    signum: int

    def __init__(
        self,
        loop: WatchedLoop,
        signalnum: int,
        ref: bool = True,
        priority: int | None = None,
    ):
        Armable.__init__(self, loop, ref, priority)
        if not 1 <= signalnum < NSIG:
            raise ValueError(f"illegal signal number: {signalnum!r}")
        self.signum = signalnum
        self.record = loop.backend_loop().signal(self, signalnum)

    @property
    def signalnum(self) -> int:
        """The number of the signal."""
        return self.signum

    def engage(self) -> int:
        """Begin to watch; one loop of the process owns a signal at a time."""
        _claim_signal(self.signum, self.loop)
        try:
            self.record.start()
        except BaseException:
            _release_signal(self.signum, self.loop)
            raise
        return 0

    def disengage(self) -> int:
        """End watching."""
        self.record.stop()
        _release_signal(self.signum, self.loop)
        return 0


# Signal number -> (loop that owns it, active watchers of that loop). A watcher of a
# destroyed loop may still be active, as that of a parked greenlet is in no list; its
# signal is anybody's. The dispositions are the
# process's, so this is too. Written with the GIL held, never across a switch. A forked
# child finds loops that it lacks closing, and gives their signals to others.
_signal_owners: dict[int, tuple[WatchedLoop, int]] = {}


def _claim_signal(signum: int, loop: WatchedLoop) -> None:
    owner, count = _signal_owners.get(signum, (loop, 0))
    if owner is not loop and not owner.closing:
        raise ValueError(
            f"signal {signum} is watched by another loop ({owner!r}); "
            "stop its watchers first"
        )
    _signal_owners[signum] = (loop, count + 1 if owner is loop else 1)


def _release_signal(signum: int, loop: WatchedLoop) -> None:
    owner, count = _signal_owners.get(signum, (None, 0))
    # Another loop has claimed the signal since ours was destroyed, perhaps released it,
    # too: that one's watchers are not ours to count.
    if owner is not loop:
        return
    if count > 1:
        _signal_owners[signum] = (loop, count - 1)
    else:
        del _signal_owners[signum]


class stat(recorded):
    """Changes of a file's status."""

    __signature__ = Signed("loop, path, interval=0.0, ref=True, priority=None")

    path: str | bytes
    wanted_interval: float
    was_started: bool

    def __init__(
        self,
        loop: WatchedLoop,
        path: str | bytes,
        interval: float = 0.0,
        ref: bool = True,
        priority: int | None = None,
    ):
        Armable.__init__(self, loop, ref, priority)
        if not isinstance(path, str | bytes):
            raise TypeError(f"path must be str or bytes, not {path!r}")
        self.path = path
        self.wanted_interval = interval
        self.was_started = False
        self.record = loop.backend_loop().stat(self, os.fsencode(path), interval)

    def engage(self) -> int:
        """Begin to watch."""
        self.record.start()
        self.was_started = True
        return 0

    @property
    def interval(self) -> float:
        """Seconds between two looks at the file: as given, once started as used."""
        if not self.was_started or self.wanted_interval >= SHORTEST_STAT_INTERVAL:
            return self.wanted_interval
        if self.wanted_interval == 0.0:
            return USUAL_STAT_INTERVAL
        return SHORTEST_STAT_INTERVAL

    @property
    def attr(self) -> os.stat_result | None:
        """The status as last seen; None if the file is missing."""
        return self._status(False)

    @property
    def prev(self) -> os.stat_result | None:
        """The status before that; None if the file was missing, or before start."""
        return self._status(True)

    def _status(self, previous: bool) -> os.stat_result | None:
        fields = self.record.status(previous) if self.was_started else None
        return None if fields is None else os.stat_result(fields)


class listed(Armable):
    """A watcher of something that the loop itself does, kept in a list of it."""

    members: list[Armable]

    def engage(self) -> int:
        """Join the list."""
        self.members.append(self)
        return 0

    def disengage(self) -> int:
        """Leave the list."""
        self.members.remove(self)
        return 0


class prepare(listed):
    """Fires at the begin of each iteration."""

    __signature__ = Signed("loop, ref=True, priority=None")

    def __init__(
        self, loop: WatchedLoop, ref: bool = True, priority: int | None = None
    ):
        Armable.__init__(self, loop, ref, priority)
        self.members = loop.prepares


class check(listed):
    """Fires right after each poll."""

    __signature__ = Signed("loop, ref=True, priority=None")

    def __init__(
        self, loop: WatchedLoop, ref: bool = True, priority: int | None = None
    ):
        Armable.__init__(self, loop, ref, priority)
        self.members = loop.checks


class idle(listed):
    """Fires in iterations in which nothing else does; the loop never sleeps then."""

    __signature__ = Signed("loop, ref=True, priority=None")

    def __init__(
        self, loop: WatchedLoop, ref: bool = True, priority: int | None = None
    ):
        Armable.__init__(self, loop, ref, priority)
        self.members = loop.idles


class fork(listed):
    """Fires in a child process, once its loop is its own."""

    __signature__ = Signed("loop, ref=True, priority=None")

    def __init__(
        self, loop: WatchedLoop, ref: bool = True, priority: int | None = None
    ):
        Armable.__init__(self, loop, ref, priority)
        self.members = loop.forks


class async_(Armable):
    """Lets other threads wake the loop: :meth:`send`."""

    __signature__ = Signed("loop, ref=True, priority=None")

    is_sent: bool

    def __init__(
        self, loop: WatchedLoop, ref: bool = True, priority: int | None = None
    ):
        Armable.__init__(self, loop, ref, priority)
        self.is_sent = False

    def send(self) -> None:
        """Fire the watcher; several sends before the loop runs give one call.

        What was sent before it was started is lost.

        Thread safety:
            From any thread.
        """
        # Two threads may both find it unsent: the second message is one too many, and
        # finds nothing to do.
        if not self.is_sent:
            self.is_sent = True
            self.loop.post(self)

    def send_ignoring_arg(self, _ignored: object) -> None:
        """send(), as a link."""
        self.send()

    @property
    def pending(self) -> bool:
        """Whether it was sent and the callback has not run yet."""
        return self.is_sent or self.queued != 0

    def arrive(self) -> None:
        """The loop got the message."""
        is_for_us = self.is_sent
        # Cleared before the callback runs. A thread that has something new while that
        # runs then sends another message. Cleared after it, the thread would take this
        # one for still on its way, and the callback may have looked already.
        self.is_sent = False
        if is_for_us and self.is_active:
            self.fired(1)

    def engage(self) -> int:
        """Ignore what was sent before; its message is still on its way in the inbox."""
        self.is_sent = False
        return 0

    def disengage(self) -> int:
        """Nothing to do."""
        return 0


class child(Armable):
    """The end of a child process, whose status it reaps.

    Waits on a pidfd where the kernel has them, else on SIGCHLD; only the watched
    process is waited for, never "any child".
    """

    __signature__ = Signed("loop, pid, trace=0, ref=True")

    pid: int
    rpid: int
    rstatus: int
    usage: object
    source: Watcher | None

    def __init__(self, loop: WatchedLoop, pid: int, trace: int = 0, ref: bool = True):
        Armable.__init__(self, loop, ref, None)
        if pid <= 0:
            raise ValueError(f"illegal process id: {pid!r}; watch one child at a time")
        self.pid = pid
        self.rpid = 0
        self.rstatus = 0
        self.usage = None
        self.source = None

    def engage(self) -> int:
        """Begin to wait for the process."""
        self.loop.children.watch(self)
        return 0

    def disengage(self) -> int:
        """Stop waiting."""
        self.loop.children.forget(self)
        return 0

    def ended(self, status: int) -> None:
        """The process ended with *status*: fire."""
        self.rpid = self.pid
        self.rstatus = status
        self.fired(1)

    def fire(self) -> int:
        """Run the callback; the process ends once."""
        function = self.function
        arguments = self.arguments or ()
        self.halt()  # before the call, which may start it again
        if function is not None:
            function(*arguments)
        return 0

    def _describe(self) -> str:
        return f" pid={self.pid} rstatus={self.rstatus}"
