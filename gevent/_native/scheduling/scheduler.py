"""The scheduler core in plain Python; the twin of ``scheduler.pyx``.

The pure form runs it, and type checkers read it for the compiled form, too. States,
kinds of entries and the invariants SCHED1 to SCHED10 are those of ``scheduler.pyx``;
both run the same tests. Two things are done differently:

* timers are a ``heapq`` of (deadline, sequence, entry), and a disarmed entry stays in
  it without an owner until it is met or until half of the heap is such entries;
* nothing is borrowed: the parked list owns its waiters, which their greenlets keep
  alive anyway.

One file for the reason that ``scheduler.pyx`` gives: it is one state machine.
"""

from __future__ import annotations

import heapq
from _thread import _local as native_local
from _thread import get_ident
from math import inf, isnan
from sys import exception
from time import monotonic
from time import sleep as native_sleep  # bound before anything can be patched
from types import TracebackType

from greenlet import GreenletExit, getcurrent, gettrace
from greenlet import error as greenlet_error
from greenlet import greenlet as raw_greenlet

from gevent._base.checking import TYPE_CHECKING, Protocol, cast
from gevent._base.exceptions import (
    BlockingSwitchOutError,
    ConcurrentObjectUseError,
    HubDestroyed,
    InvalidSwitchError,
)
from gevent._base.light import deque
from gevent._base.signatures import Signed

try:
    from _thread import get_native_id
except ImportError:  # not on this platform
    get_native_id = get_ident

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self, SupportsFloat, SupportsIndex

    Seconds = SupportsFloat | SupportsIndex
    Call = tuple[object, tuple[object, ...]]

# Kinds of entries, see the table in scheduler.pyx.
WAKE = 0
NOTIFY = 1
FIRE = 2
CALL = 3
START = 4
ALARM = 5
END = 6

EMPTY = 0
STORED = 1
FAILED = 2

# Hand-offs between two visits of the hub.
MOST_HANDOFFS = 256
# How many entries a choice is drawn from.
MOST_CHOICES = 64
# So many withdrawn entries may stay in a queue, or less than half of it.
MANY_WITHDRAWN = 64
# Priorities run from -2 to 2.
LOWEST_LEVEL = -2
# Why a park is not the usual one: bits of ``park_flags``.
CUSTOM_SWITCH = 1  # Hub.switch is not ours
HAS_CANCELLED = 2  # a cancelled scope is open: ask ``policy``
N_LEVELS = 5
N_TIMES = 64  # powers of two of ticks
# Below this size a heap full of disarmed timers is not worth a rebuild.
SMALL_HEAP = 64

# Of looking at an entry for a resumption.
DROPPED = 0
FOR_HUB = 1
RESUMES = 2


class Registry(Protocol):
    """What hands out ``minimal_ident`` numbers."""

    def get_ident(self, obj: object) -> int:
        """Return the number of *obj*."""


class HubLike(raw_greenlet):
    """What the tiers below the hub know of it; for type checkers.

    At run time a hub is a subclass of ``greenlet`` directly.
    """

    if TYPE_CHECKING:
        ident_registry: Registry
        loop: Scheduler

        def join(self, timeout: float | None = None) -> bool:
            """Run the loop until nothing is left to do."""

        def handle_error(
            self,
            context: object,
            type: type[BaseException],
            value: BaseException | None,
            tb: TracebackType | None,
        ) -> None:
            """Decide what to do about an error that nobody catches."""

        main_hub: bool
        thread_ident: int

        @property
        def exception_stream(self) -> object:
            """Where errors are printed; None: nowhere."""

        def print_exception(
            self,
            context: object,
            t: type[BaseException],
            v: BaseException | str | None,
            tb: TracebackType | None,
        ) -> None:
            """Print an error."""


class ThreadState(native_local):
    """What one native thread has; read and written by that thread only."""

    loop: Scheduler | None = None


thread_state = ThreadState()


class Zeroed:
    """Gives our subclasses the zero values that a compiled class has for its fields.

    A field is an annotation without a value in the body of the class. Only homes are
    treated so: a user's annotations say nothing about native fields.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__module__.startswith("gevent."):
            for name, kind in cls.__annotations__.items():
                if not hasattr(cls, name):
                    setattr(cls, name, _ZEROS.get(kind))


_ZEROS = {"int": 0, "bool": False, "float": 0.0}


class TimerEntry:
    """A place in a timer heap; without an owner it is disarmed."""

    __slots__ = ("deadline", "owner")

    def __init__(self, owner: Timed, deadline: float):
        self.owner: Timed | None = owner
        self.deadline = deadline


class Node(Zeroed):
    """One place in the list of a :class:`Linkable`."""

    following: Node | None
    preceding: Node | None
    linkable: Linkable | None
    place: int


class Link(Node):
    """A callable that is to be called once when a :class:`Linkable` is ready."""

    def __init__(self, callback: Callable[..., object]):
        self.callback = callback

    def __repr__(self) -> str:
        return f"<link to {self.callback!r}>"


class Waiter(Node):
    """One-shot rendezvous: one greenlet waits, the hub wakes it.

    The only thing that stands between a parked greenlet and what wakes it. A
    wake-up that comes when nobody waits is stored for the next :meth:`get`.

    Args:
        hub: The hub whose loop is waited on; the calling thread's by default.

    Thread safety:
        Only from the thread of the hub.
    """

    __signature__ = Signed("hub=None")

    loop: Scheduler
    greenlet: raw_greenlet | None
    subject: object
    value: object
    failure: tuple[object, ...] | None
    thrown: BaseException | None
    queued: int
    state: int
    timed_out: bool
    woken: bool
    priority: int = -1
    ref: bool = True
    timer: TimerEntry | None

    def __init__(self, hub: HubLike | None = None):
        self.loop = hub.loop if hub is not None else current_hub().loop

    @property
    def hub(self) -> HubLike | None:
        """The hub whose greenlet wakes this waiter."""
        return own_loop(self).hub

    @property
    def exc_info(self) -> tuple[object, ...] | None:
        """The arguments of :meth:`throw`, or None."""
        return self.failure if self.state == FAILED else None

    def ready(self) -> bool:
        """Return whether a value or an exception is stored."""
        return self.state != EMPTY

    def successful(self) -> bool:
        """Return whether a value is stored."""
        return self.state == STORED

    def clear(self) -> None:
        """Forget the stored value or exception, and the waiting greenlet."""
        self.state = EMPTY
        self.value = None
        self.failure = None
        if self.greenlet is not None:
            self.queued = 0

    def get(self) -> object:
        """Return the stored value, or wait for one.

        Raises:
            ConcurrentObjectUseError: Another greenlet is waiting already.
            BlockingSwitchOutError: Called in the hub.
            BaseException: What was given to :meth:`throw`.

        Blocking:
            Switches to the hub unless a value or exception is stored.
        Cancellation:
            The waiter can be used again afterwards.
        Thread safety:
            Only from the thread of the hub.
        """
        if self.state == EMPTY:
            if self.greenlet is not None:
                raise ConcurrentObjectUseError(
                    f"This Waiter is already used by {self.greenlet!r}"
                )
            own_loop(self).park(self, None)  # switches
            return take_delivered(self)
        return take_result(self)

    def switch(self, value: object) -> None:
        """Hand *value* to the waiting greenlet, or store it.

        Raises:
            AssertionError: Called outside the hub while a greenlet waits.
        """
        if self.greenlet is not None:
            demand_hub(self, "switch")
        self.state = STORED
        self.value = value
        self.failure = None
        if self.greenlet is not None:
            resume_in_hub(self, self.switch)  # switches

    def switch_args(self, *args: object) -> None:
        """Hand the tuple of arguments over; see :meth:`switch`."""
        self.switch(args)

    def throw(self, *throw_args: object) -> None:
        """Raise an exception in the waiting greenlet, or store it.

        Args:
            throw_args: What ``greenlet.throw`` takes: type or instance, and
                optionally value and traceback.

        Raises:
            TypeError: They are none that can be raised.
            AssertionError: Called outside the hub while a greenlet waits.
        """
        demand_throwable(*throw_args)
        if not throw_args:
            throw_args = (GreenletExit,)
        if self.greenlet is not None:
            demand_hub(self, "throw")
        self.state = FAILED
        self.failure = throw_args
        self.value = None
        if self.greenlet is not None:
            resume_in_hub(self, self.throw)  # switches

    def __call__(self, source: Outcome) -> None:
        """Take the value or the exception of a finished *source* (a link target)."""
        if source.exception is None:
            self.switch(source.value)
        else:
            self.throw(source.exception)

    def __str__(self) -> str:
        # Not the repr: that of the greenlet may show it, as in spawn(waiter.get).
        state = f" greenlet={self.greenlet}"
        if self.state == STORED:
            state += f" value={self.value!r}"
        elif self.state == FAILED:
            state += f" exc_info={self.failure!r}"
        return f"<{type(self).__name__}{state}>"

    # -- native side ------------------------------------------------------------------

    def wait(self, subject: object) -> int:
        """Park until woken; raise what the wake-up carries. 0."""
        self.loop.park(self, subject)  # switches
        if self.state == FAILED:
            raise_failure(self)
        return 0

    def fail_later(self, error: BaseException | type[BaseException]) -> int:
        """Raise *error* in the greenlet that waits or is about to, in its turn."""
        self.state = FAILED
        self.failure = (error,)
        self.value = None
        self.loop.queue_waiter(self)
        return 0

    def wait_until(self, subject: object, timeout: float) -> int:
        """Like wait(), at most *timeout* seconds. 1 if the time passed."""
        loop = self.loop
        loop.arm(self, loop.clock() + (timeout if timeout > 0.0 else 0.0), True)
        try:
            loop.park(self, subject)  # switches
        finally:
            if self.timer is not None:
                loop.disarm(self, True)
        if self.state == FAILED:
            raise_failure(self)
        return int(self.timed_out)

    def wait_optional(
        self, subject: object, timeout: Seconds | BaseException | None
    ) -> int:
        """wait() when *timeout* is None, else wait_until(); or under a Timeout."""
        if timeout is None:
            return self.wait(subject)
        if isinstance(timeout, BaseException):
            return wait_under(self, subject, timeout)
        return self.wait_until(subject, as_seconds(timeout))


class TimeoutLike(BaseException):
    """What a ``Timeout`` object is to a waiter; for type checkers."""

    if TYPE_CHECKING:

        @property
        def pending(self) -> bool:
            """Whether it is armed."""

        def start(self) -> None:
            """Arm it."""

        def cancel(self) -> None:
            """Disarm it."""


def wait_under(waiter: Waiter, subject: object, under: BaseException) -> int:
    """Wait under a ``Timeout`` object, then cancel it. 1 if that one fired."""
    timeout: TimeoutLike = under  # type: ignore[assignment]  # nobody passes another
    if not hasattr(timeout, "pending"):
        as_seconds(timeout)  # type: ignore[arg-type]  # it says what is wrong
    if not timeout.pending:
        timeout.start()
    try:
        return waiter.wait(subject)  # switches
    except BaseException as error:
        if error is under:
            return 1
        raise
    finally:
        timeout.cancel()


def is_woken(waiter: Waiter) -> bool:
    """Whether it was woken before its greenlet was parked (SCHED8)."""
    return waiter.woken or waiter.state != EMPTY


def own_loop(waiter: Waiter) -> Scheduler:
    """The loop of a waiter; a subclass may have forgotten to call __init__."""
    if waiter.loop is None:
        waiter.loop = Scheduler.of_thread()  # type: ignore[unreachable]  # see above
    return waiter.loop


class Outcome(Protocol):
    """A finished source: what a link is called with."""

    @property
    def value(self) -> object:
        """What it returned."""

    @property
    def exception(self) -> BaseException | None:
        """What ended it, or None."""


def take_result(waiter: Waiter) -> object:
    """Return or raise what a waiter holds, and keep it (it is one-shot)."""
    if waiter.state == FAILED:
        raise_failure(waiter)
    return waiter.value


def take_delivered(waiter: Waiter) -> object:
    """Return or raise what a waiter was woken with, and leave it empty."""
    value, state = waiter.value, waiter.state
    waiter.state = EMPTY
    waiter.value = None
    if state == FAILED:
        raise_failure(waiter)
    return value


def demand_throwable(
    kind: object = GreenletExit,
    value: object = None,
    traceback: object = None,
    *others: object,
) -> None:
    """Check what is to be raised somewhere, as ``greenlet.throw`` does there.

    Raises:
        TypeError: It cannot be raised.
    """
    if others:
        raise TypeError(f"throw expected at most 3 arguments, got {3 + len(others)}")
    if traceback is not None and not isinstance(traceback, TracebackType):
        raise TypeError("throw() third argument must be a traceback object")
    if isinstance(kind, BaseException):
        if value is not None:
            raise TypeError("instance exception may not have a separate value")
    elif not (isinstance(kind, type) and issubclass(kind, BaseException)):
        name = type(kind).__name__  # pyright: ignore[reportUnknownArgumentType]
        raise TypeError(f"exceptions must be classes, or instances, not {name}")


def raise_failure(waiter: Waiter) -> None:
    """Raise what the arguments of ``throw`` mean."""
    failure = waiter.failure or ()
    kind, value, traceback = (*failure, None, None, None)[:3]
    error = kind if isinstance(kind, BaseException) else value
    if not isinstance(error, BaseException):
        make = cast("type[BaseException]", kind)  # demand_throwable() has seen it
        if isinstance(value, tuple):
            error = make(*cast("tuple[object, ...]", value))
        else:
            error = make() if value is None else make(value)
    if traceback is not None:
        error = error.with_traceback(traceback)  # type: ignore[arg-type]  # it looks
    # If it is none, `raise` says so.
    raise error  # pyright: ignore[reportGeneralTypeIssues]


def demand_hub(waiter: Waiter, method: str) -> None:
    """Raise AssertionError unless the hub runs."""
    if getcurrent() is not waiter.loop.hub:
        raise AssertionError(
            f"Can only use Waiter.{method} method from the Hub greenlet"
        )


def resume_in_hub(waiter: Waiter, method: Callable[..., None]) -> None:
    """Resume from Python code on the hub's stack; report what comes back."""
    try:
        waiter.loop.resume(waiter, False)  # switches
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control is back in the hub
        waiter.loop.report(method, error)


def as_seconds(timeout: Seconds) -> float:
    """Return a time-out as float seconds.

    Raises:
        ValueError: It is not a number (NaN).
        TypeError: It is no kind of number.
    """
    # isnan() refuses what float() would parse: texts.
    if isnan(timeout):
        raise ValueError("a time-out must be a number of seconds, not NaN")
    return float(timeout)


class Linkable(Zeroed):
    """Something that becomes ready, with waiters and links in arrival order.

    Invariants:

    * LINK1  A node is linked in at most one list; linked nodes are owned by it.
    * LINK2  Nodes stand in the order of their ``place``; places up to ``batch``
      belong to a notification that was asked for and are notified whatever
      happens meanwhile, later ones only while the object is due.
    * LINK3  At most one notification is queued (``queued``); a node is unlinked
      before it is notified.
    """

    first: Node | None
    last: Node | None
    n_links: int
    places: int
    batch: int
    queued: int
    loop: Scheduler | None

    def is_due(self) -> bool:
        """Whether nodes beyond the batch are to be notified, too."""
        return False

    def link_argument(self) -> object:
        """What links are called with."""
        return self

    def append_node(self, node: Node) -> int:
        """Register *node* behind all others."""
        if node.linkable is not None:
            raise AssertionError("a waiter can wait for one object at a time")
        self.places += 1
        node.place = self.places
        node.linkable = self
        node.following = None
        node.preceding = self.last
        if self.last is None:
            self.first = node
        else:
            self.last.following = node
        self.last = node
        self.n_links += 1
        return 0

    def append_waiter_first(self, waiter: Waiter) -> int:
        """Put a waiter that lost its unit back where it stood: at the head."""
        first = self.first
        if first is None:
            return self.append_node(waiter)
        waiter.linkable = self
        waiter.preceding = None
        waiter.following = first
        first.preceding = waiter
        self.first = waiter
        self.n_links += 1
        return 0

    def remove_node(self, node: Node) -> int:
        """Unlink a node that is linked here; otherwise do nothing."""
        if node.linkable is not self:
            return 0
        following, preceding = node.following, node.preceding
        node.linkable = node.following = node.preceding = None
        if following is None:
            self.last = preceding
        else:
            following.preceding = preceding
        if preceding is None:
            self.first = following
        else:
            preceding.following = following
        self.n_links -= 1
        return 0

    def last_node(self) -> Node | None:
        """Return the node behind all others, or None."""
        return self.last

    def find_link(self, callback: Callable[..., object]) -> Link | None:
        """Return the first link to *callback*, or None."""
        links: list[Link] = []
        node = self.first
        while node is not None:
            if isinstance(node, Link):
                links.append(node)
            node = node.following
        # Comparing may run Python code, which may change the list of nodes.
        for link in links:
            if link.callback is callback or link.callback == callback:
                return link
        return None

    def add_link(self, callback: Callable[..., object]) -> int:
        """Register a callable.

        Raises:
            TypeError: It is none.
        """
        if not callable(callback):
            raise TypeError(f"Expected callable: {callback!r}")
        return self.append_node(Link(callback))

    def remove_link(self, callback: Callable[..., object]) -> int:
        """Take a callable out; unknown ones are ignored."""
        link = self.find_link(callback)
        if link is not None:
            self.remove_node(link)
        return 0

    def remove_all_links(self) -> int:
        """Take all callables out; waiters stay."""
        node = self.first
        while node is not None:
            following = node.following
            if isinstance(node, Link):
                self.remove_node(node)
            node = following
        return 0

    def notify(self) -> int:
        """Queue one notification, unless one is queued or nobody listens."""
        if self.queued == 0 and self.first is not None:
            if self.loop is None:
                self.loop = current_hub().loop
            self.queued = self.loop.push(self, NOTIFY)
        return 0

    def due_node(self) -> Node | None:
        """The first node that is to be notified now, or None."""
        node = self.first
        if node is None or (node.place > self.batch and not self.is_due()):
            return None
        return node


class callback(Zeroed):
    """A call that is queued to run in the next pass of the loop.

    Made by ``loop.run_callback``; true and :attr:`pending` until it ran or was
    stopped.
    """

    __signature__ = Signed("callback, args=()")

    # The loop whose queue it is in; None: it ran, or was stopped in that thread.
    queued_in: Scheduler | None
    is_withdrawn: bool

    def __init__(self, callback: Callable[..., object], args: tuple[object, ...] = ()):
        self.callback: Callable[..., object] | None = callback
        self.arguments: tuple[object, ...] | None = args

    @property
    def args(self) -> tuple[object, ...] | None:
        """The arguments of the call; None once it ran or was stopped."""
        return self.arguments

    @property
    def pending(self) -> bool:
        """Whether it is still to run."""
        return self.callback is not None

    def __bool__(self) -> bool:
        return self.callback is not None

    def stop(self) -> None:
        """Cancel the call; harmless when it ran already."""
        loop = self.queued_in
        self.callback = None
        self.arguments = None
        # A native thread may stop a call of another one's loop, but only the loop's own
        # thread may touch its queue: the entry stays there with nothing to call.
        if loop is not None and loop.is_current():
            self.queued_in = None
            self.is_withdrawn = True
            loop.note_withdrawal()

    close = stop

    def __repr__(self) -> str:
        # While it runs it is no longer pending but still knows its arguments.
        text = f"<callback at 0x{id(self):x}"
        if self.callback is not None:
            text += " pending"
            text += f" callback={self.callback!r}"
        if self.arguments is not None:
            text += f" args={self.arguments!r}"
        elif self.callback is None:
            text += " stopped"
        return text + ">"


class Watcher(Zeroed):
    """What the scheduler knows of a watcher: it fired, and whom that wakes."""

    loop: Scheduler
    waiter: Waiter | None
    queued: int
    level: int
    fired_events: int
    timer: TimerEntry | None
    last_deadline: float

    if TYPE_CHECKING:

        def stop(self) -> None:
            """End watching; every kind has it."""

    def armed(self) -> bool:
        """Whether it is in the timer heap, which then keeps it alive."""
        return self.timer is not None

    def arm_at(self, deadline: float) -> int:
        """Arm it, or arm it anew, for an instant of the loop's clock."""
        if self.timer is not None:
            self.loop.disarm(self, False)
        self.last_deadline = deadline
        return self.loop.arm(self, deadline, False)

    def disarm(self) -> int:
        """Take it out of the heap; a no-op when it is not there."""
        if self.timer is not None:
            self.loop.disarm(self, False)
        return 0

    def deadline(self) -> float:
        """When it is due, or was the last time."""
        return self.last_deadline

    def fire(self) -> int:
        """Run the callback, in the hub."""
        raise NotImplementedError

    def failed(self) -> int:
        """The callback raised, which has been reported."""
        return 0

    def fired(self, events: int) -> int:
        """The library reported *events*: queue the watcher once."""
        self.fired_events |= events
        if self.queued == 0:
            self.queued = self.loop.push_fired(self, FIRE, self.level)
        return 0

    def expired(self) -> int:
        """The timer of this watcher is due and out of the heap."""
        raise NotImplementedError


class Alarm(Zeroed):
    """The timer of one ``Timeout``.

    The bet is that it is disarmed before it is due. It refers to its owner and to
    the greenlet only while armed.
    """

    loop: Scheduler
    seconds: float
    after: float
    owner: Expiring | None
    target: raw_greenlet | None
    failed_call: Call | None
    queued: int
    level: int
    is_referenced: bool
    is_closed: bool
    timer: TimerEntry | None

    @staticmethod
    def make(seconds: float, ref: bool, level: int) -> Alarm:
        """create(), natively."""
        return Alarm.create(seconds, ref, level)

    @staticmethod
    def create(seconds: float, ref: bool, level: int) -> Alarm:
        """Return an unarmed alarm of the calling thread's loop.

        Raises:
            TypeError: *seconds* is no number.
            ValueError: *seconds* is NaN.
        """
        if isnan(seconds):
            raise ValueError("a Timeout needs a number of seconds, not NaN")
        made = Alarm()
        made.loop = Scheduler.of_thread()
        made.seconds = seconds
        made.after = float(seconds)
        made.is_referenced = bool(ref)
        made.level = max(-2, min(2, level))
        return made

    def start_for(self, owner: Expiring) -> int:
        """Arm for the current greenlet, from now; then ``owner._expire(greenlet)``."""
        loop = self.loop
        if self.owner is not None:
            raise AssertionError(
                f"{owner!r} is already started; to restart it, cancel it first"
            )
        if self.is_closed:
            raise AssertionError("a closed Timeout cannot be started; make a new one")
        if loop.closing:
            raise ValueError("operation on destroyed loop")
        loop.arm(self, loop.clock() + self.after, False)
        self.owner = owner
        self.target = getcurrent()
        loop.references += self.is_referenced
        return 0

    def halt(self) -> int:
        """Disarm, and forget whom it was for; harmless when it is not armed."""
        if self.owner is not None:
            # It may be due already and stand in the queue. Who has cancelled it must
            # not be thrown at afterwards (SCHED2).
            self.queued = 0
            self.loop.references -= self.is_referenced
            self.owner = None
            self.target = None
            if self.timer is not None:
                self.loop.disarm(self, False)
        return 0

    @property
    def active(self) -> bool:
        """Whether it is armed and has not fired."""
        return self.owner is not None

    @property
    def pending(self) -> bool:
        """Whether it is due and has not been run yet."""
        return self.queued != 0

    @property
    def ref(self) -> bool:
        """Whether it keeps the loop running while armed."""
        return self.is_referenced

    @ref.setter
    def ref(self, value: bool) -> None:
        if self.owner is not None:
            self.loop.references += bool(value) - self.is_referenced
        self.is_referenced = bool(value)

    @property
    def callback(self) -> object:
        """The hook of the owner that is called; None while it is not armed."""
        call = alarm_call(self)
        return None if call is None else call[0]

    @property
    def args(self) -> tuple[object, ...] | None:
        """The arguments of the callback, or None."""
        call = alarm_call(self)
        return None if call is None else call[1]

    def stop(self) -> None:
        """Disarm."""
        self.halt()

    def close(self) -> int:
        """Disarm for good."""
        self.is_closed = True
        return self.halt()

    def __repr__(self) -> str:
        call = alarm_call(self)
        state = " active" if self.owner is not None else ""
        if self.queued:
            state += " pending"
        if call is not None:
            state += f" callback={call[0]!r} args={call[1]!r}"
        return f"<timer at 0x{id(self):x} native=0x{id(self):x}{state}>"


def alarm_call(alarm: Alarm) -> Call | None:
    """What an alarm calls, and with what, for those who look at it; or None."""
    if alarm.owner is not None and alarm.target is not None:
        return alarm.owner._expiry(alarm.target)
    return alarm.failed_call


class Expiring(Protocol):
    """What an alarm is for: a ``Timeout``."""

    def _expire(self, target: raw_greenlet) -> None:
        """The time is over; runs in the hub."""

    def _expiry(self, target: raw_greenlet) -> Call:
        """What is called when the time is over, for those who look at it."""


class NativeGreenlet(raw_greenlet, Zeroed):
    """A greenlet whose start can be queued, and taken back before it ran."""

    queued: int
    born: int
    start_entry: Start | None
    parked_on: Waiter | None
    base: object
    standing: object

    def adopt(self, parent: HubLike) -> int:
        """Let it return to *parent* (the hub) when it ends."""
        self.parent = parent
        return 0

    def announce_end(self) -> int:
        """It has ended: tell its only listener, in the hub."""
        raise NotImplementedError

    def is_unborn(self) -> bool:
        """Whether nobody has ever switched to it."""
        return not raw_greenlet.__bool__(self) and not raw_greenlet.dead.__get__(self)

    def end_early(self, error: BaseException) -> int:
        """End it with *error* if it has not begun: it never runs. 1 if it did."""
        raise NotImplementedError


class ParkPolicy(Zeroed):
    """Who may refuse that a greenlet waits; of one loop."""

    def meet(self, current: raw_greenlet, waiter: Waiter) -> int:
        """The current greenlet is about to park on *waiter*, which was not woken.

        May raise, which ends the wait before it has begun, or switch.
        """
        raise NotImplementedError


class Start:
    """The queued start of a greenlet; withdrawn, it holds nothing."""

    __slots__ = ("target",)

    def __init__(self, target: NativeGreenlet):
        self.target: NativeGreenlet | None = target


class SwitchHook:
    """A function that is told of each switch, until that is undone."""

    def __init__(self, loop: Scheduler, function: object):
        called = _from_capsule(function)
        if called is None:
            if not callable(function):
                raise TypeError(f"expected a callable, not {function!r}")
            called = function
        self.loop: Scheduler | None = loop
        self.function = function
        self._called: Callable[[object, object], object] = called

    @property
    def active(self) -> bool:
        """Whether it has not been undone."""
        return self.loop is not None

    def remove(self) -> None:
        """Undo it; repeatable."""
        loop, self.loop = self.loop, None
        if loop is not None:
            loop.hooks = tuple(each for each in loop.hooks if each is not self)
            loop.has_switch_hooks = bool(loop.hooks)
            if not loop.hooks:
                loop.active = None

    def call(self, origin: raw_greenlet | None, target: raw_greenlet | None) -> None:
        """Call it; one that fails is removed, and reported later (HOOK2)."""
        loop = self.loop
        if loop is None:
            return
        try:
            self._called(origin, target)
        except BaseException as error:  # last resort: whoever switches has no part
            self.remove()
            if not loop.closing:
                loop.run_callback(loop.report, self, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.remove()

    def __repr__(self) -> str:
        state = "" if self.loop is not None else " removed"
        return f"<switch hook{state} function={self.function!r}>"


def _from_capsule(given: object) -> Callable[[object, object], object] | None:
    """Return what calls the C function in a capsule; None: it is none."""
    if type(given).__name__ != "PyCapsule":
        return None
    # Hardly anybody has a C function and no compiled gevent.
    import ctypes

    pointer_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    context_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)(
        ("PyCapsule_GetContext", ctypes.pythonapi)
    )
    address: int = pointer_of(given, b"gevent_switch_hook")
    context: int | None = context_of(given)
    kind = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    function = kind(address)
    return lambda origin, target: function(context, origin, target)


def log2_of(n_ticks: int) -> int:
    """The power of two that a number of ticks is counted at."""
    return max(0, min(N_TIMES, n_ticks.bit_length()) - 1)


Timed = Waiter | Watcher | Alarm
Item = Waiter | Linkable | Watcher | Alarm | callback | NativeGreenlet | Start
Queue = deque[tuple[Item, int, int]]


class Scheduler(Zeroed):
    """The scheduling half of a loop; see the head of ``scheduler.pyx``."""

    hub: HubLike | None
    root: raw_greenlet | None
    root_parked_on: Waiter | None
    running: raw_greenlet | None
    delivered: Waiter | None
    handoff: bool
    park_flags: int
    runs_handlers: bool
    handler_waiter: Waiter | None
    n_fired: int
    top_fired: int = -1
    n_withdrawn: int
    serials: int
    n_disarmed: int
    references: int
    polled_at: float
    drained_from: float
    now_cached: float
    interval: float = 0.005
    chooser: Callable[[int], int] | None
    steps: int
    only_fired: bool
    closing: bool
    n_switches: int
    hooks: tuple[SwitchHook, ...]
    has_switch_hooks: bool
    active: raw_greenlet | None
    in_hook: bool
    ran_from: int
    is_draining: bool
    turn_from: int
    run_counts: list[int]
    lag_counts: list[int]
    limit: float = inf
    queue: Queue
    fired_queues: tuple[Queue, ...]
    timers: list[tuple[float, int, TimerEntry]]
    parked: dict[int, Waiter]
    thread_ident: int
    native_ident: int
    own_clock: Callable[[Scheduler], float] | None
    has_own_clock: bool
    policy: ParkPolicy | None

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Make one; ``__init__`` belongs to the loops."""
        self = super().__new__(cls)
        self.queue = deque()
        self.fired_queues = tuple(deque() for _ in range(N_LEVELS))
        self.timers = []
        self.parked = {}
        self.thread_ident = get_ident()
        self.own_clock = getattr(cls, "read_clock", None)
        self.has_own_clock = self.own_clock is not None
        self.now_cached = self.polled_at = self.drained_from = monotonic()
        self.hooks = ()
        self.active = None
        self.run_counts = [0] * N_TIMES
        self.lag_counts = [0] * N_TIMES
        return self

    if TYPE_CHECKING:
        # What every loop adds to its scheduler.
        def run_callback_threadsafe(
            self, func: Callable[..., object], *args: object
        ) -> callback:
            """Like ``run_callback``, from any thread; wakes the loop."""

    @property
    def custom_switch(self) -> bool:
        """Whether who parks goes through ``Hub.switch``, which is not ours."""
        return self.park_flags & CUSTOM_SWITCH != 0

    @custom_switch.setter
    def custom_switch(self, value: bool) -> None:
        self.park_flags &= ~CUSTOM_SWITCH
        if value:
            self.park_flags |= CUSTOM_SWITCH

    # -- the loop of this thread ------------------------------------------------------

    @staticmethod
    def of_thread() -> Scheduler:
        """The calling thread's loop; made, with its hub, on first use."""
        return thread_state.loop or current_hub().loop

    @staticmethod
    def of_thread_or_none() -> Scheduler | None:
        """The calling thread's loop, or None if it has no hub."""
        return thread_state.loop

    @staticmethod
    def thread_key() -> int:
        """A number that no other living native thread has; never 0."""
        return get_ident()

    def is_current(self) -> bool:
        """Whether this is the calling thread's loop."""
        return thread_state.loop is self

    @staticmethod
    def for_thread() -> Scheduler:
        """Return the calling thread's loop, made on first use."""
        return Scheduler.of_thread()

    @staticmethod
    def call_guarded(
        function: Callable[..., object],
        arguments: tuple[object, ...],
        keywords: dict[str, object] | None,
    ) -> object:
        """Call the body of a greenlet (only C can guard it)."""
        return function(*arguments, **(keywords or {}))

    @staticmethod
    def greenlet_now() -> raw_greenlet:
        """The greenlet that runs now; None when the interpreter has let go of it."""
        try:
            return getcurrent()
        except RuntimeError:
            # Greenlet is being finalized; that nobody runs is all that is asked then.
            return None  # type: ignore[return-value]

    @staticmethod
    def is_ending() -> bool:
        """Whether the interpreter has let go of greenlets: nobody can wait any more."""
        try:
            getcurrent()
        except RuntimeError:
            return True
        return False

    def attach_to_thread(self) -> None:
        """Make this the calling thread's loop; its hub is then the thread's."""
        self.note_thread()
        thread_state.loop = self

    def note_thread(self) -> None:
        """Remember what the kernel calls this thread; a fork changes it."""
        self.native_ident = get_native_id()

    def detach_from_thread(self) -> None:
        """Undo :meth:`attach_to_thread`, if this is the calling thread's loop."""
        if thread_state.loop is self:
            thread_state.loop = None

    # -- clock ------------------------------------------------------------------------

    def clock(self) -> float:
        """Read the clock, and remember it."""
        read = self.own_clock
        self.now_cached = monotonic() if read is None else read(self)
        return self.now_cached

    # -- queueing ---------------------------------------------------------------------

    def push(self, item: Item, kind: int) -> int:
        """Append to the FIFO; return the entry's serial (SCHED2)."""
        # Kept aside: a finalizer that the collector runs here may queue something, too.
        serial = self.serials = self.serials + 1
        self.queue.append((item, kind, serial))
        return serial

    def push_fired(self, item: Item, kind: int, level: int) -> int:
        """Append to what the poll found, at priority *level*; return the serial."""
        at = level - LOWEST_LEVEL
        serial = self.serials = self.serials + 1
        self.fired_queues[at].append((item, kind, serial))
        self.n_fired += 1
        self.top_fired = max(at, self.top_fired)
        return serial

    def queue_waiter(self, waiter: Waiter) -> int:
        """Wake a waiter in its turn, also one that is about to park (SCHED8)."""
        if waiter.greenlet is None:
            waiter.woken = True
        elif waiter.queued == 0:
            waiter.queued = self.push(waiter, WAKE)
        return 0

    def queue_arriving(self, waiter: Waiter) -> int:
        """Wake a waiter in its turn; one about to park lets others run first."""
        if waiter.queued == 0:
            waiter.queued = self.push(waiter, WAKE)
        return 0

    def new_waiter(self) -> Waiter:
        """A waiter for a greenlet of this loop's thread."""
        waiter = Waiter.__new__(Waiter)
        waiter.loop = self
        return waiter

    def queue_start(self, target: NativeGreenlet) -> int:
        """Start a greenlet in its turn."""
        target.start_entry = Start(target)
        target.queued = self.push(target.start_entry, START)
        return 0

    def withdraw_start(self, target: NativeGreenlet) -> int:
        """Take a queued start back; its entry holds nothing from now on (SCHED2)."""
        entry = target.start_entry
        if entry is None:
            return 0
        target.queued = 0
        target.start_entry = entry.target = None
        return self.note_withdrawal()

    def note_withdrawal(self) -> int:
        """An entry holds nothing from now on: drop it, or some day many of them."""
        self.n_withdrawn += 1
        queue = self.queue
        while queue and is_withdrawn(queue[-1][0]):
            queue.pop()
            self.n_withdrawn -= 1
        if self.n_withdrawn > MANY_WITHDRAWN and self.n_withdrawn * 2 > len(queue):
            kept = [entry for entry in queue if not is_withdrawn(entry[0])]
            queue.clear()
            queue.extend(kept)
            self.n_withdrawn = 0
        return 0

    def queue_end(self, ended: NativeGreenlet) -> int:
        """Let a greenlet announce its end in its turn."""
        self.push(ended, END)
        return 0

    def run_callback(self, func: Callable[..., object], *args: object) -> callback:
        """Queue ``func(*args)`` to run in the hub, in the next pass of the loop.

        Returns:
            A callback object: true and ``pending`` until it ran; ``stop()``
            cancels it.

        Raises:
            ValueError: The loop is destroyed.

        Thread safety:
            Only from the thread of the loop; see ``run_callback_threadsafe``.
        """
        if self.closing:
            raise ValueError("operation on destroyed loop")
        call = callback(func, args)
        self.requeue(call)
        return call

    def has_work(self) -> bool:
        """Whether any entry is queued."""
        return bool(self.queue) or self.n_fired != 0

    def handler_goes_on(self) -> bool:
        """Whether a signal handler that waits in the hub has been woken (SCHED9)."""
        waiter = self.handler_waiter
        return waiter is not None and is_woken(waiter)

    def polls_next(self) -> bool:
        """Whether nothing is queued, but for a notification that reached everybody.

        Such a notification is usually the one that has resumed the current greenlet.
        """
        if len(self.queue) + self.n_fired > 1:
            return False
        queue = self.head_queue()
        if queue is None:
            return True
        item = queue[0][0]
        return isinstance(item, Linkable) and item.due_node() is None

    def n_pending(self) -> int:
        """How many entries are queued."""
        return len(self.queue) - self.n_withdrawn + self.n_fired

    def clear_queues(self) -> int:
        """Drop every entry and stop every timer: the loop is being destroyed."""
        for queue in (self.queue, *self.fired_queues):
            while queue:
                disown_entry(queue.popleft()[0])
        self.n_withdrawn = 0
        self.n_fired = 0
        self.top_fired = -1
        timers, self.timers = self.timers, []
        self.n_disarmed = 0
        for _, _, entry in timers:
            owner = entry.owner
            if owner is not None:
                owner.timer = None
                if not isinstance(owner, Waiter):
                    owner.stop()
        return 0

    # -- parking ----------------------------------------------------------------------

    def park(self, waiter: Waiter, subject: object) -> int:
        """Suspend the current greenlet until *waiter* is woken.

        Returns normally only when woken by the waiter's own wake-up. Raises
        what is thrown into the greenlet, InvalidSwitchError when somebody
        switched to it, BlockingSwitchOutError in the hub, greenlet.error in a
        foreign thread. However it ends, the waiter is not parked any more and
        no queue holds a live entry for it.
        """
        try:
            current = getcurrent()
        except RuntimeError:
            return park_at_end(self, waiter)
        if thread_state.loop is not self or current is self.hub or self.closing:
            if not self.runs_handlers:
                refuse_park(self)
            return self.park_handler(waiter, subject)
        waiter.subject = subject
        waiter.timed_out = False
        # The waiter was announced some lines ago. If a finalizer has run since and
        # waited for something, the hub had its turn, met our wake-up, found nobody to
        # wake and left a note. Nobody wakes twice: who parked in spite of the note
        # would sleep for ever (SCHED8).
        if is_woken(waiter):
            return self.skip_park(waiter)
        if self.park_flags:
            if self.ask_policy(current, waiter):  # switches
                return self.skip_park(waiter)
            if self.park_flags & CUSTOM_SWITCH:
                return self.park_through_python(waiter)  # switches
        has_hooks = call_switch_out(current)
        # Telling of a long run may let others run, too: before anybody is chosen.
        if self.handoff:
            self.count_run(current)
        target = self.take_handoff(waiter) if self.handoff else None
        # The hook, and finalizers of dropped entries, may have let others run again. If
        # the wake-up has come by now, we go on without a switch.
        if target is waiter or (target is None and is_woken(waiter)):
            if has_hooks:
                call_switch_in(self, current)
            return self.skip_park(waiter)
        if self.has_switch_hooks:
            target = self.announce_park(current, target)
        # But a target that has left the queue must be switched to, for nobody else
        # knows of it any more. Our own wake-up is queued again then, or there would be
        # none.
        if is_woken(waiter):
            waiter.woken = False
            waiter.queued = self.push(waiter, WAKE)
        # no switch until the switch (SCHED6). If a finalizer waited after we are
        # recorded as parked, our wake-up would resume this greenlet in the finalizer's
        # wait: an invalid switch there, and here a wait that nobody ends.
        before = self.running
        handled = exception() if self.park_flags & HAS_CANCELLED else None
        self.link_parked(waiter, current)
        try:
            got = self.leave_for(target)  # switches
        except BaseException as error:
            chain_error(error, handled)
            self.unlink_parked(waiter, current)
            if self.has_switch_hooks:
                self.tell(current)
            if has_hooks:
                call_switch_in(self, current)
            # The error's traceback keeps this frame, and a greenlet its error.
            del current, before, target, handled
            self.forget_delivery(waiter)
            raise
        # Read before anything is dropped: a finalizer may park, and the wake-up of its
        # wait would stand in `delivered` instead of ours (SCHED3).
        is_delivered = self.take_delivery(waiter)
        self.unlink_parked(waiter, current)
        if self.has_switch_hooks:
            self.tell(current)
        if has_hooks:
            call_switch_in(self, current)
        # SCHED7: a greenlet that ran before us may die here, not earlier.
        del current, before, target
        # Somebody has switched to the greenlet by hand. Its wake-up is still to come,
        # and would be the second for one wait.
        if not is_delivered:
            self.forget_delivery(waiter)
            raise_invalid_switch(self, subject, got)
        if waiter.thrown is not None:
            chain_error(waiter.thrown, handled)
        del handled
        self.accept(waiter)
        return 0

    def skip_park(self, waiter: Waiter) -> int:
        """Go on without a switch: the wake-up was there first (SCHED8)."""
        waiter.queued = 0
        waiter.woken = False
        waiter.subject = None
        return 0

    def set_has_cancelled(self, value: bool) -> int:
        """Say whether ``policy`` is to be asked."""
        self.park_flags &= ~HAS_CANCELLED
        if value:
            self.park_flags |= HAS_CANCELLED
        return 0

    def ask_policy(self, current: raw_greenlet, waiter: Waiter) -> bool:
        """Let who has a say refuse this wait, or make it wait for something else first.

        Returns:
            Whether the wake-up has come meanwhile.
        """
        if not self.park_flags & HAS_CANCELLED or self.in_hook:
            return False
        assert self.policy is not None, "who set the flag has a say"
        try:
            self.policy.meet(current, waiter)  # switches
        except BaseException:
            self.forget_delivery(waiter)
            self.skip_park(waiter)
            raise
        return is_woken(waiter)

    def park_handler(self, waiter: Waiter, subject: object) -> int:
        """park() of a signal handler in the hub, by a loop on top of it (SCHED9)."""
        outer = self.handler_waiter
        run_loop = getattr(self.hub, "run_handler_loop", None)
        if self.closing or thread_state.loop is not self or run_loop is None:
            refuse_park(self)
        assert run_loop is not None, "then it was refused"
        waiter.timed_out = False
        self.handler_waiter = waiter
        # The callbacks that this loop runs are in the hub's greenlet, as the handler
        # is; left set, the flag would let them wait, too.
        self.runs_handlers = False
        try:
            while not is_woken(waiter):
                run_loop(subject)  # switches
        finally:
            self.handler_waiter = outer
            self.runs_handlers = True
            self.skip_park(waiter)
        self.accept(waiter)
        return 0

    def leave_for(self, target: Waiter | None) -> object:
        """Switch to the greenlet parked on *target* (hand-off), or to the hub."""
        if target is None:
            self.running = None
            return switch_to(self.hub)  # switches
        self.delivered = target
        self.running = target.greenlet
        self.n_switches += 1
        return switch_to(target.greenlet)  # switches

    def take_delivery(self, waiter: Waiter) -> bool:
        """Whether it was its wake-up that resumed *waiter*; true once (SCHED3)."""
        if self.delivered is not waiter:
            return False
        self.delivered = None
        return True

    def accept(self, waiter: Waiter) -> None:
        """The greenlet of *waiter* was woken: raise what was thrown at it."""
        if waiter.thrown is not None:
            raise_thrown(waiter)

    def park_through_python(self, waiter: Waiter) -> int:
        """park() by a ``Hub.switch`` that users replaced; without hand-off."""
        assert self.hub is not None, "only a hub replaces switch"
        current = getcurrent()
        subject = waiter.subject
        if self.in_hook:
            raise BlockingSwitchOutError("a switch hook cannot wait")
        if self.has_switch_hooks:
            self.catch_up()
            self.tell(self.hub)
        self.link_parked(waiter, current)
        try:
            got: object = self.hub.switch()  # switches
        except BaseException:
            self.forget_delivery(waiter)
            raise
        finally:
            self.unlink_parked(waiter, current)
        if not self.take_delivery(waiter):
            self.forget_delivery(waiter)
            raise_invalid_switch(self, subject, got)
        self.accept(waiter)
        return 0

    def forget_delivery(self, waiter: Waiter) -> int:
        """The greenlet goes on without its wake-up: nobody may deliver it later.

        Left alive, the entry would end the next wait on this waiter before its time;
        and whoever resumed that one by hand would pass for its wake-up.
        """
        waiter.queued = 0
        if self.delivered is waiter:
            self.delivered = None
        return 0

    def link_parked(self, waiter: Waiter, current: raw_greenlet) -> None:
        """Record that *current* is parked on *waiter* (SCHED5)."""
        waiter.greenlet = current
        if isinstance(current, NativeGreenlet):
            current.parked_on = waiter
        elif current is self.root:
            self.root_parked_on = waiter
        self.parked[id(waiter)] = waiter

    def unlink_parked(self, waiter: Waiter, current: raw_greenlet) -> None:
        """Undo link_parked()."""
        del self.parked[id(waiter)]
        if isinstance(current, NativeGreenlet):
            current.parked_on = None
        elif current is self.root:
            self.root_parked_on = None
        waiter.greenlet = None
        waiter.subject = None

    @property
    def n_parked(self) -> int:
        """How many greenlets are parked."""
        return len(self.parked)

    def parked_greenlets(self) -> list[tuple[raw_greenlet | None, object]]:
        """Return (greenlet, what it waits for) of every parked greenlet.

        The subject is an object or a text, or None if it is not known. Newest
        first.
        """
        return [
            (each.greenlet, each.subject)
            for each in reversed(self.parked.values())
            if each.greenlet is not None  # not abandoned
        ]

    def waits(self) -> list[tuple[raw_greenlet, object, float | None, bool]]:
        """Return (greenlet, subject, seconds left, is woken) of every parked greenlet.

        For who looks from outside, another thread included. Seconds left are None
        where the wait has no limit of its own (a ``Timeout`` is no part of it). "Is
        woken" says that its turn will come whatever happens. Newest first.
        """
        now = self.now_cached if self.has_own_clock else monotonic()
        result: list[tuple[raw_greenlet, object, float | None, bool]] = []
        # A copy is one step; its thread may go on meanwhile.
        for waiter in reversed(list(self.parked.values())):
            greenlet, entry = waiter.greenlet, waiter.timer
            if greenlet is not None:  # not abandoned
                left = None if entry is None else entry.deadline - now
                is_woken = waiter.queued != 0 or waiter.woken or waiter.timed_out
                result.append((greenlet, waiter.subject, left, is_woken))
        return result

    def is_between_polls(self) -> bool:
        """Whether it runs signal handlers, before or after a poll and no callback.

        For who looks from outside. Uncompiled, they run inside the poll.
        """
        return bool(self.runs_handlers)

    def due_for(self) -> list[object]:
        """Return what armed or queued entries are about, for who looks from outside.

        The greenlets that a ``Timeout`` is armed for, and armed timers; of what is
        queued, the :class:`callback` objects, and what is about to announce something:
        a :class:`Linkable`, or a greenlet that has ended.
        """
        owners = [entry.owner for _, _, entry in self.timers.copy()]
        found: list[object] = [
            each.target if isinstance(each, Alarm) else each
            for each in owners
            if isinstance(each, Alarm | Watcher)
        ]
        for queue in (self.queue, *self.fired_queues):
            for item, kind, _ in queue.copy():
                if kind in (CALL, END, NOTIFY) and item is not None:
                    found.append(item)
                elif isinstance(item, Alarm):
                    found.append(item.target)
        return found

    def living(self) -> list[raw_greenlet]:
        """Return the greenlets that are parked or are to be started, oldest first."""
        found = [
            each.greenlet
            for each in self.parked.values()
            if each.greenlet is not None  # not abandoned
        ]
        found += [
            item.target
            for item, _, _ in self.queue
            if isinstance(item, Start) and item.target is not None
        ]
        return sorted(found, key=birth_of)

    def strand(self, target: raw_greenlet | None, subject: object) -> None:
        """Let a greenlet that is parked for *subject* be parked for ever."""
        for waiter in self.parked.values():
            if waiter.greenlet is target and waiter.subject is subject:
                waiter.greenlet = None

    def take_handoff(self, entering: Waiter) -> Waiter | None:
        """Pop the head if it is a resumption, else None.

        The waiter that is about to park may find its own wake-up. Counts towards
        the hub's turn.
        """
        self.steps += 1
        if self.steps >= MOST_HANDOFFS or (self.only_fired and self.n_fired == 0):
            return None
        if self.n_fired == 0 and self.turn_is_over():
            self.steps = MOST_HANDOFFS  # the hub polls at once, too
            return None
        return self.next_resumption(entering)

    def is_overdue(self) -> bool:
        """Whether the switch interval passed since the last poll."""
        return self.clock() - self.polled_at >= self.interval

    def turn_is_over(self) -> bool:
        """Whether the FIFO has had its switch interval; asked before each step."""
        return self.clock() - self.drained_from >= self.interval

    def note_poll(self) -> int:
        """The hub has polled: remember when."""
        self.polled_at = self.clock()
        self.turn_from = self.tick()
        return 0

    # -- how long it takes: in ticks of a nanosecond ----------------------------------

    @property
    def max_run(self) -> float:
        """Seconds that a run or a turn may take; longer ones are told."""
        return self.limit

    @max_run.setter
    def max_run(self, seconds: float) -> None:
        self.limit = seconds if seconds > 0.0 else inf

    def read_times(self) -> tuple[list[int], list[int], float]:
        """Return how many runs and how many turns took how long."""
        return (list(self.run_counts), list(self.lag_counts), 1e-9)

    def present_run(self) -> tuple[int, float, raw_greenlet] | None:
        """Return the run that lasts (TIMES1): a number of its own, seconds, who runs.

        None while the loop polls or is not run; of a loop with a clock of its own too.

        Thread safety:
            From any thread.
        """
        runner = self.running or self.hub
        if not self.is_draining or self.own_clock is not None or runner is None:
            return None
        return (self.ran_from, (self.tick() - self.ran_from) * 1e-9, runner)

    def begin_run(self, target: raw_greenlet) -> None:
        """The hub is about to throw at a greenlet, outside of any drain (TIMES1)."""
        self.ran_from = self.tick()
        self.running = target
        self.is_draining = True

    def end_run_of(self, target: raw_greenlet) -> None:
        """The hub has control again: count how long that one ran."""
        self.is_draining = False
        self.count_run(target)
        self.drop_running()

    def tick(self) -> int:
        """The clock in nanoseconds, without remembering it."""
        if self.own_clock is not None:
            # Far from 0, which says never.
            return (1 << 62) + int(self.own_clock(self) * 1e9)
        return int(monotonic() * 1e9)

    def count_run(self, runner: raw_greenlet | None) -> None:
        """A run has ended: count it, and tell if it was too long (TIMES1)."""
        now = self.tick()
        n_ticks, self.ran_from = now - self.ran_from, now
        self.run_counts[log2_of(n_ticks)] += 1
        if n_ticks * 1e-9 >= self.limit and not self.closing:
            self.tell_hub("note_long_run", runner, n_ticks * 1e-9)

    def note_turn(self) -> int:
        """The hub is about to poll: count how long it did not."""
        if self.turn_from:
            n_ticks = self.tick() - self.turn_from
            self.lag_counts[log2_of(n_ticks)] += 1
            if n_ticks * 1e-9 >= self.limit and not self.closing:
                self.tell_hub("note_long_turn", n_ticks * 1e-9)
        return 0

    def tell_hub(self, name: str, *arguments: object) -> None:
        """Call a method of the hub, if it has it; what fails is reported later."""
        try:
            method = getattr(self.hub, name, None)
            if method is not None:
                method(*arguments)
        except BaseException as error:  # last resort: whoever ran has no part in it
            if not self.closing:
                self.run_callback(self.report, name, error)

    # -- who wants to know of switches ------------------------------------------------

    def add_switch_hook(self, function: object) -> SwitchHook:
        """Call ``function(origin, target)`` at each switch; see ``Hub``."""
        if thread_state.loop is not self:
            raise RuntimeError("switch hooks are added in the thread of their hub")
        hook = SwitchHook(self, function)
        if not self.has_switch_hooks:
            self.active = getcurrent()
        self.hooks = (*self.hooks, hook)
        self.has_switch_hooks = True
        return hook

    def tell(self, target: raw_greenlet | None) -> None:
        """Tell hooks that control goes to *target*, unless they know (HOOK1)."""
        origin = self.active
        if origin is target:
            return
        self.active = target
        custom_switch = self.custom_switch
        # Whoever parks in a hook comes by there, and is refused (HOOK2).
        self.in_hook = self.custom_switch = True
        for hook in self.hooks:
            hook.call(origin, target)
        self.in_hook = False
        self.custom_switch = custom_switch

    def catch_up(self) -> int:
        """Tell hooks who runs, if somebody switched past the scheduler."""
        self.tell(getcurrent())
        return 0

    def announce_park(
        self, current: raw_greenlet, target: Waiter | None
    ) -> Waiter | None:
        """Tell hooks whom *current* switches to; return whom it is to switch to."""
        self.tell(current)
        if target is not None:
            self.tell(target.greenlet)
            if target.greenlet is not None:
                return target
        self.tell(self.hub)
        return None

    def begin_turn(self) -> int:
        """The turn of the FIFO begins.

        It counts from now: what the poll found may have taken its time.
        """
        self.drained_from = self.clock()
        return 0

    def head_queue(self) -> Queue | None:
        """The queue whose head runs next, None when all are empty."""
        if self.n_fired:
            while not self.fired_queues[self.top_fired]:
                self.top_fired -= 1
            return self.fired_queues[self.top_fired]
        self.top_fired = -1
        return self.queue or None

    def drop_head(self, queue: Queue) -> None:
        """Pop the head."""
        queue.popleft()
        if queue is not self.queue:
            self.n_fired -= 1

    def next_resumption(self, entering: Waiter | None) -> Waiter | None:
        """Pop the head if it resumes a parked greenlet; drop dead entries.

        Returns a Waiter that is parked and no longer queued or linked, or None when
        the head is for the hub or there is none. *entering* is the waiter of a
        greenlet that is about to park; its wake-up counts, too.
        """
        while True:
            if entering is not None and entering.woken:
                return entering
            queue = self.head_queue()
            if queue is None:
                return None
            item, kind, serial = queue[0]
            if is_withdrawn(item):
                self.drop_head(queue)
                self.n_withdrawn -= 1
                continue
            if kind > FIRE:
                return None
            assert isinstance(item, Waiter | Watcher | Linkable)
            if item.queued != serial:
                self.drop_head(queue)
                continue
            if isinstance(item, Waiter):
                self.drop_head(queue)
                waiter: Waiter | None = item
            elif isinstance(item, Watcher):
                if item.waiter is None:
                    return None
                waiter = self.take_watcher(queue, item)
            else:
                node = item.due_node()
                if isinstance(node, Link):
                    return None
                waiter = self.take_node(queue, item, node)
            if waiter is None:
                continue
            # Its time-out may be queued as well. The first of the two that is met is
            # the wake-up; the other one is dead from here on.
            waiter.queued = 0
            if waiter.greenlet is not None or waiter is entering:
                return waiter
            # It is announced, but does not wait yet: a finalizer or a hook has let us
            # run in between. The entry is used up, so this note takes its place
            # (SCHED8).
            waiter.woken = True

    def take_watcher(self, queue: Queue, watcher: Watcher) -> Waiter | None:
        """Pop a watcher that fired for a parked greenlet."""
        self.drop_head(queue)
        waiter = watcher.waiter
        watcher.queued = 0
        watcher.waiter = None
        return waiter

    def take_node(
        self, queue: Queue, linkable: Linkable, node: Node | None
    ) -> Waiter | None:
        """Unlink the waiter that is due; None, and the entry popped, at the end."""
        if node is None:
            linkable.queued = 0
            self.drop_head(queue)
            return None
        assert isinstance(node, Waiter)
        # Unlinked before it is told: woken, it may wait for the same object again, and
        # must then stand at the end of the list (LINK3).
        linkable.remove_node(node)
        if linkable.first is None:
            # It has reached everybody, and must not be kept by that.
            linkable.queued = 0
            self.drop_head(queue)
        return node

    def resume(self, waiter: Waiter, handoff: bool) -> int:
        """Switch from the hub to the greenlet parked on *waiter*.

        Returns when the hub has control again, for whatever reason. An
        exception that arrives in the hub (of a raw greenlet that died, or
        thrown by somebody) is raised.
        """
        waiter.queued = 0
        # The last reference to a dead greenlet may go here, and what finalizes it may
        # throw at the one that we are about to resume. That one has gone on then, and
        # must not be resumed a second time: look after this, not before.
        self.drop_running()
        target = waiter.greenlet
        if self.has_switch_hooks and target is not None:
            self.tell(self.hub)
            self.tell(target)
            target = waiter.greenlet
        if target is None:
            return 0
        self.delivered = waiter
        self.enter(target, handoff)  # switches
        return 0

    def enter(self, target: raw_greenlet, handoff: bool) -> None:
        """Switch from the hub to *target*; hand-off is on while it runs."""
        self.running = target
        self.handoff = handoff
        self.n_switches += 1
        try:
            switch_to(target)  # switches
        finally:
            # Before anything runs in the hub. A callback may switch to a greenlet by
            # hand; with hand-off on, that one would pass control to others when it
            # blocks, and the callback would hang in its middle until the hub has its
            # turn (SCHED4).
            self.handoff = False
            if handoff:
                self.end_run()
            if self.has_switch_hooks:
                self.tell(self.hub)

    def end_run(self) -> None:
        """The hub has control: whoever did not park has ended."""
        if self.running is not None:
            self.count_run(self.running)

    def throw_parked(self, target: raw_greenlet, error: BaseException) -> bool:
        """In the hub: raise in a greenlet that is parked. False if it is not."""
        # A handler that waits is in the hub's own greenlet: there is nobody to switch
        # to. It finds the error when the loop that it runs comes back (SCHED9).
        if target is self.hub and self.handler_waiter is not None:
            self.handler_waiter.thrown = error
            self.handler_waiter.woken = True
            return True
        # Whoever traces greenlets is to see a throw.
        if gettrace() is not None:
            return False
        # Finalizers that run here may wake the target. Its waiter is asked for only
        # afterwards: one that it has left would keep the error for its next wait.
        self.drop_running()
        waiter = self.root_parked_on if target is self.root else None
        if isinstance(target, NativeGreenlet):
            waiter = target.parked_on
        if (
            waiter is None
            or thread_state.loop is not self
            or getcurrent() is not self.hub
        ):
            return False
        if not isinstance(error, BaseException):
            raise TypeError(f"only exceptions can be thrown, not {error!r}")
        waiter.thrown = error
        self.resume(waiter, False)  # switches
        return True

    def drop_running(self) -> int:
        """Forget who ran last; a dead greenlet goes with it."""
        self.running = None
        return 0

    def sleep(self, seconds: float, ref: bool) -> int:
        """Park for *seconds* from now; ``ref=False`` lets the loop end meanwhile."""
        waiter = self.new_waiter()
        waiter.priority = 0
        # As a C parameter makes it; it is counted.
        waiter.ref = ref = bool(ref)
        self.arm(waiter, self.clock() + seconds, ref)
        try:
            self.park(waiter, "sleep")  # switches
        finally:
            if waiter.timer is not None:
                self.disarm(waiter, ref)
        return 0

    def yield_once(self) -> int:
        """Queue the current greenlet behind everything that is queued, and park."""
        waiter = self.new_waiter()
        waiter.queued = self.push(waiter, WAKE)
        try:
            return self.park(waiter, "sleep")  # switches
        finally:
            waiter.queued = 0

    # -- timers -----------------------------------------------------------------------

    def arm(self, owner: Timed, deadline: float, ref: bool) -> int:
        """Put an unarmed timer into the heap, which then owns its object."""
        serial = self.serials = self.serials + 1
        owner.timer = TimerEntry(owner, deadline)
        heapq.heappush(self.timers, (deadline, serial, owner.timer))
        self.references += ref
        return 0

    def disarm(self, owner: Timed, ref: bool) -> int:
        """Take an armed timer out; its object may go with it."""
        entry = owner.timer
        assert entry is not None, "the timer is not armed"
        entry.owner = owner.timer = None
        self.references -= ref
        self.n_disarmed += 1
        if self.n_disarmed > SMALL_HEAP and self.n_disarmed * 2 > len(self.timers):
            self.timers = [each for each in self.timers if each[2].owner is not None]
            heapq.heapify(self.timers)
            self.n_disarmed = 0
        return 0

    def next_timer(self) -> TimerEntry | None:
        """Return the armed timer that is due first; forget disarmed ones before it."""
        while self.timers:
            entry = self.timers[0][2]
            if entry.owner is not None:
                return entry
            heapq.heappop(self.timers)
            self.n_disarmed -= 1
        return None

    def first_deadline(self) -> float:
        """Return when the first timer is due, infinite if there is none."""
        return self.next_deadline()

    def next_deadline(self) -> float:
        """When the first timer is due, infinite if there is none."""
        entry = self.next_timer()
        return inf if entry is None else entry.deadline

    def requeue(self, call: callback) -> int:
        """Queue a call; another thread may have made it."""
        call.queued_in = self
        self.push(call, CALL)
        return 0

    def fire_due_timers(self) -> int:
        """Move every timer that is due into the fired queues, oldest first."""
        while True:
            entry = self.next_timer()
            if entry is None or entry.deadline > self.now_cached:
                return 0
            owner = entry.owner
            if isinstance(owner, Waiter):
                self.disarm(owner, owner.ref)
                self.time_out(owner)
            elif isinstance(owner, Alarm):
                self.disarm(owner, False)
                owner.queued = self.push_fired(owner, ALARM, owner.level)
            elif owner is not None:
                # The watcher knows its own reference flag, and may repeat.
                self.disarm(owner, False)
                owner.expired()

    def time_out(self, waiter: Waiter) -> None:
        """The time of a waiter is over: wake it, unless it is woken already."""
        # With a wake-up in the queue it was woken before its time was over. Marked now,
        # it would report a time-out for a wait that succeeded.
        if waiter.queued:
            return
        waiter.timed_out = True
        if waiter.greenlet is not None:
            waiter.queued = self.push_fired(waiter, WAKE, waiter.priority)
        else:
            waiter.woken = True

    # -- the drain --------------------------------------------------------------------

    def drain(self, only_fired: bool) -> int:
        """Run queued entries, until there are none or it is time to poll.

        What the poll found runs to the end; the FIFO (unless *only_fired*) until the
        switch interval is over.
        """
        self.steps = 0
        self.only_fired = only_fired
        if not only_fired:
            self.begin_turn()
        self.ran_from = self.tick()
        self.is_draining = True
        try:
            self.run_steps()  # switches
        finally:
            self.is_draining = False
        return 0

    def run_steps(self) -> int:
        """The body of drain()."""
        while True:
            try:
                if self.chooser is None:
                    while self.step():
                        pass
                else:
                    while self.step_chosen(self.chooser):
                        pass
                self.drop_running()
                return 0
            except GreenletExit:
                # Only thrown at the hub on purpose: a dying greenlet returns it.
                raise
            except BaseException as error:  # last resort
                # A raw greenlet died, or somebody threw at the hub.
                self.report_death(error)

    def step(self) -> int:
        """Run the head entry. 0 when the drain is to end."""
        self.steps += 1
        if self.n_fired == 0:
            if self.only_fired:
                return 0
            if self.steps >= MOST_HANDOFFS:
                self.steps = 0
                return 0
            if self.turn_is_over():
                return 0
        waiter = self.next_resumption(None)
        if waiter is not None:
            self.resume(waiter, True)  # switches
            return 1
        queue = self.head_queue()
        if queue is None:
            return 0
        self.run_head(queue)  # switches
        return 1

    def step_chosen(self, chooser: Callable[[int], int]) -> int:
        """Run one of the entries that could run next (CHOICE1). 0: end the drain."""
        self.steps += 1
        if self.n_fired == 0:
            if self.only_fired:
                return 0
            if self.steps >= MOST_HANDOFFS:
                self.steps = 0
                return 0
            if self.turn_is_over():
                return 0
        queue = self.head_queue()
        if queue is None:
            return 0
        places = find_choices(queue)
        drawn = 0
        if len(places) > 1:
            drawn = chooser(len(places))
            if not 0 <= drawn < len(places):
                raise ValueError(f"no choice among {len(places)}: {drawn!r}")
        if places:
            self.run_choice(queue, places[drawn])  # switches
        else:
            self.run_without_choice(queue)  # switches
        return 1

    def run_choice(self, queue: Queue, place: int) -> int:
        """Resume or start the greenlet of one entry."""
        item = queue[place][0]
        if isinstance(item, Linkable):
            # Not out of its place, for others may be waiting behind this one.
            node = item.due_node()
            assert isinstance(node, Waiter)
            item.remove_node(node)
            waiter = node
            if item.first is None:
                item.queued = 0
                self.take_out(queue, place)
        elif isinstance(item, Start):
            self.take_out(queue, place)
            target = item.target
            assert target is not None, "withdrawn starts are no choices"
            target.queued = 0
            target.start_entry = None
            return self.start(target)  # switches
        elif isinstance(item, Watcher):
            self.take_out(queue, place)
            assert item.waiter is not None
            waiter = item.waiter
            item.queued = 0
            item.waiter = None
        else:
            assert isinstance(item, Waiter)
            self.take_out(queue, place)
            waiter = item
        waiter.queued = 0
        if waiter.greenlet is None:
            waiter.woken = True
            return 0
        return self.resume(waiter, False)  # switches

    def run_without_choice(self, queue: Queue) -> int:
        """Nobody could run: drop the head if it is dead, else run it in the hub."""
        item, kind, serial = queue[0]
        if is_withdrawn(item):
            self.drop_head(queue)
            self.n_withdrawn -= 1
            return 0
        if kind > FIRE or outcome_of(item, kind, serial) == FOR_HUB:
            return self.run_head(queue)  # switches
        assert isinstance(item, Waiter | Linkable | Watcher)
        if item.queued != serial:
            self.drop_head(queue)
            return 0
        # Announced, and not parked yet (SCHED8).
        if isinstance(item, Waiter):
            self.drop_head(queue)
            waiter: Waiter | None = item
        elif isinstance(item, Watcher):
            waiter = self.take_watcher(queue, item)
        else:
            waiter = self.take_node(queue, item, item.due_node())
        if waiter is not None:
            waiter.queued = 0
            waiter.woken = True
        return 0

    def take_out(self, queue: Queue, place: int) -> None:
        """Take an entry out of the middle."""
        del queue[place]
        if queue is not self.queue:
            self.n_fired -= 1

    def run_head(self, queue: Queue) -> int:
        """Run an entry that belongs to the hub."""
        item, kind, serial = queue[0]
        # Let go of the greenlet that ran last: a callback may switch to another one by
        # hand, and would keep the dead one while that runs. Finalizers that run here
        # may take back what this entry is for, by a kill for example: what it still has
        # to do is looked at after this.
        self.drop_running()
        if isinstance(item, Linkable):
            run_link(self, item)
            self.count_run(self.hub)
            return 0
        self.drop_head(queue)
        if isinstance(item, callback):
            item.queued_in = None
            run_call(self, item)
        elif kind == END:
            assert isinstance(item, NativeGreenlet)
            item.announce_end()
        elif isinstance(item, Start):
            target = item.target
            assert target is not None, "withdrawn starts are dropped before"
            target.queued = 0
            target.start_entry = None
            self.start(target)  # switches
            return 0
        elif item.queued != serial:
            pass  # dropped meanwhile (SCHED2)
        elif isinstance(item, Watcher):
            item.queued = 0
            run_watcher(self, item)
        elif isinstance(item, Alarm):
            run_alarm(self, item)  # switches
        self.count_run(self.hub)
        return 0

    def start(self, target: raw_greenlet) -> int:
        """First switch into a new greenlet; nothing if it was started."""
        self.drop_running()
        # Somebody may have switched to it by hand before its turn came. It is in the
        # middle of its work then, and a switch from here would look like a wake-up.
        if raw_greenlet.__bool__(target) or is_dead(target):
            return 0
        if self.has_switch_hooks:
            self.tell(self.hub)
            self.tell(target)
        self.enter(target, self.chooser is None)  # switches
        return 0

    def report(self, context: object, error: BaseException) -> None:
        """Hand an error to the loop's error handler; never raises but HubDestroyed."""
        raise NotImplementedError

    def report_death(self, error: BaseException) -> None:
        """Report an error that arrived in the hub for the greenlet that died."""
        victim, self.running = self.running, None
        self.report(victim, error)


def find_choices(queue: Queue) -> list[int]:
    """Return the places of the entries that could run next (CHOICE1)."""
    places: list[int] = []
    for place, (item, kind, serial) in enumerate(queue):
        outcome = outcome_of(item, kind, serial)
        if outcome == FOR_HUB:
            break
        if outcome == RESUMES:
            places.append(place)
            if len(places) == MOST_CHOICES:
                break
    return places


def outcome_of(item: Item, kind: int, serial: int) -> int:
    """Say what running an entry would be."""
    if is_withdrawn(item):
        return DROPPED
    waiter: object
    if isinstance(item, Start):
        target = item.target
        is_new = not raw_greenlet.__bool__(target) and not is_dead(target)  # type: ignore[arg-type]  # withdrawn ones are out
        return RESUMES if is_new else DROPPED
    if isinstance(item, Waiter):
        waiter = item if item.queued == serial else None
    elif isinstance(item, Linkable):
        waiter = item.due_node() if item.queued == serial else None
    elif isinstance(item, Watcher):
        if item.queued != serial:
            return DROPPED
        waiter = item.waiter
        if waiter is None:
            return FOR_HUB
    elif isinstance(item, Alarm) and item.queued != serial:
        return DROPPED
    else:
        return FOR_HUB
    if isinstance(waiter, Link):
        return FOR_HUB
    is_parked = isinstance(waiter, Waiter) and waiter.greenlet is not None
    return RESUMES if is_parked else DROPPED


def switch_to(target: raw_greenlet | None) -> object:
    """Switch natively: past what a class or a user made of ``switch``."""
    assert target is not None, "nobody runs this loop"
    return raw_greenlet.switch(target)


def is_dead(target: raw_greenlet) -> bool:
    """Whether it has ended, whatever a subclass makes of ``dead``."""
    dead: bool = raw_greenlet.dead.__get__(target)
    return dead


def park_at_end(loop: Scheduler, waiter: Waiter) -> int:
    """``Scheduler.park`` in a finalizer at exit: only time can end the wait."""
    if waiter.queued or is_woken(waiter):
        return loop.skip_park(waiter)
    if waiter.timer is None:
        raise greenlet_error("cannot wait here: the interpreter is ending")
    seconds = waiter.timer.deadline - loop.clock()
    loop.disarm(waiter, waiter.ref)
    waiter.timed_out = True
    if seconds > 0.0:
        native_sleep(seconds)
    return 0


def refuse_park(loop: Scheduler) -> None:
    """Say why the current greenlet cannot wait here."""
    if loop.closing:
        if thread_state.loop is loop:
            # The thread ends, and its greenlets with it.
            raise GreenletExit
        raise ValueError("operation on destroyed loop")
    if thread_state.loop is not loop:
        raise greenlet_error(
            "cannot wait here: the object belongs to another thread's hub"
        )
    raise BlockingSwitchOutError(
        "Impossible to call blocking function in the event loop callback"
    )


def call_switch_out(current: raw_greenlet) -> bool:
    """Call the greenlet's switch_out hook, if it has one; it must not block."""
    hook = getattr(current, "switch_out", None)
    if hook is None:
        return False
    hook()
    return True


def call_switch_in(loop: Scheduler, current: raw_greenlet) -> None:
    """Call the hook for the way back, switch_in; what is being raised stays."""
    try:
        hook = getattr(current, "switch_in", None)
        if hook is not None:
            hook()
    except BaseException as error:  # last resort: the wake-up must not be lost
        loop.report(current, error)


def chain_error(error: BaseException, handled: BaseException | None) -> None:
    """Let what is thrown know what its greenlet handles, as a raise would."""
    if handled is not None and error is not handled and error.__context__ is None:
        error.__context__ = handled


def raise_thrown(waiter: Waiter) -> None:
    """Raise what was thrown at the parked greenlet, as ``greenlet.throw`` does."""
    error, waiter.thrown = waiter.thrown, None
    assert error is not None
    context = error.__context__
    try:
        raise error
    finally:
        # What the parked greenlet handles has nothing to do with it.
        error.__context__ = context
        del error, context


def birth_of(target: raw_greenlet) -> int:
    """Return a number that grows from one greenlet of a loop to the next."""
    return target.born if isinstance(target, NativeGreenlet) else 0


def raise_invalid_switch(loop: Scheduler, subject: object, got: object) -> None:
    """Say who was switched to by something else than what it waits for."""
    raise InvalidSwitchError(
        f"Invalid switch into {getcurrent()!r}: got {got!r} "
        f"(waiting on {loop.hub!r} for {subject!r})"
    )


def run_call(loop: Scheduler, call: callback) -> None:
    """Run a queued callback; errors are reported and do not stop the drain."""
    function, arguments = call.callback, call.arguments
    if function is None or arguments is None:
        return
    call.callback = None
    try:
        function(*arguments)  # switches
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control returns to the hub
        call.arguments = arguments
        loop.report(call, error)
    call.arguments = None


def run_link(loop: Scheduler, linkable: Linkable) -> None:
    """Call one link; it is unlinked before."""
    link = linkable.due_node()
    if not isinstance(link, Link):
        return  # a finalizer unlinked it
    linkable.remove_node(link)
    try:
        link.callback(linkable.link_argument())
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control returns to the hub
        loop.report((link.callback, linkable.link_argument()), error)


def run_watcher(loop: Scheduler, watcher: Watcher) -> None:
    """Run the callback of a watcher that fired."""
    try:
        watcher.fire()
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control returns to the hub
        try:
            loop.report(watcher, error)
        finally:
            watcher.failed()


def run_alarm(loop: Scheduler, alarm: Alarm) -> None:
    """Tell the owner of an alarm that the time is over."""
    owner, target = alarm.owner, alarm.target
    assert owner is not None
    assert target is not None, "a queued alarm has both"
    # Disarmed first: the greenlet goes on inside of _expire(), and may start the same
    # Timeout again there.
    alarm.halt()
    try:
        owner._expire(target)
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control returns to the hub
        alarm.failed_call = owner._expiry(target)
        try:
            loop.report(alarm, error)
        finally:
            alarm.failed_call = None


def is_withdrawn(item: Item) -> bool:
    """Whether it is a start, or a call, that was taken back."""
    if isinstance(item, callback):
        return item.is_withdrawn
    return isinstance(item, Start) and item.target is None


def disown_entry(item: Item) -> None:
    """Let an object know that its entry will not be run."""
    if isinstance(item, callback):
        item.queued_in = None
        item.stop()
    elif isinstance(item, Start):
        if item.target is not None:
            item.target.queued = 0
            item.target.start_entry = None
    elif isinstance(item, Alarm):
        item.halt()
    else:
        item.queued = 0


class Factory:
    """Makes the hub of a thread that has none; the hub's home names it."""

    make: staticmethod[[], HubLike] | None = None


def set_hub_factory(factory: Callable[[], HubLike]) -> None:
    """Name the callable that makes the hub of a thread that has none."""
    Factory.make = staticmethod(factory)


def set_resumption_mark(mark: Callable[[], object]) -> None:
    """Name a function in plain Python that tracers are to see after each switch.

    Nothing to do here: all of this form is plain Python.
    """
    del mark


def set_plain_greenlet_type(kind: type[raw_greenlet]) -> None:
    """Name the exact type of greenlets that have no ``switch_out`` of their own.

    Nothing to do here: this form looks the hook up at each switch.
    """
    del kind


def current_hub() -> HubLike:
    """Return the hub of the calling thread; made on first use."""
    hub = current_hub_or_none()
    if hub is not None:
        return hub
    assert Factory.make is not None, "gevent._hub.hub is not imported"
    return Factory.make()


def current_hub_or_none() -> HubLike | None:
    """Return the hub of the calling thread, or None if it has none."""
    loop = thread_state.loop
    return None if loop is None else loop.hub
