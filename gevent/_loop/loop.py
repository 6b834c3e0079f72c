"""The event loop: what one iteration does, on every event library.

One iteration, in this order (the contract of ``tests/loop/contract``):

1. the inbox (messages of other threads) is queued; prepare watchers run;
2. queued entries run: callbacks, resumptions, until there are none or the switch
   interval is over;
3. the poll, which blocks until the next timer unless something is queued;
4. what fired runs, by priority; within one: check watchers, timers by due time,
   descriptors and signals as the library reported them;
5. idle watchers, if nothing else fired and nothing is queued.

Threads: everything belongs to the loop's thread. Other threads use ``post`` and
``run_callback_threadsafe``: they append to ``inbox`` (a deque; appending is atomic)
and then wake the poll; the loop empties the inbox before it computes how long it
may wait, so that a message posted after that is followed by a wake-up.
"""

from __future__ import annotations

import os
import signal as signals
import sys
import time
from collections import deque
from math import inf
from types import SimpleNamespace

from greenlet import getcurrent

from gevent._base.checking import TYPE_CHECKING, NamedTuple, Protocol, cast
from gevent._base.exceptions import HubDestroyed
from gevent._base.signatures import Signed
from gevent._loop.children import Children
from gevent._loop.watchers import (
    WatchedLoop,
    async_,
    check,
    child,
    fork,
    idle,
    io,
    new_timer,
    prepare,
    signal,
    stat,
    timer,
)
from gevent._native.library.backend import Backend
from gevent._native.memory.chunks import tick as tidy_chunks
from gevent._native.scheduling.scheduler import callback

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from gevent._loop.watchers import Armable, Simulated

__all__ = ("Loop",)

# How many polls pass between two looks at the switch interval, and its bounds.
INTERVAL_POLLS = 64
SHORTEST_INTERVAL = 0.0005
# After how many polls that may wait the signal pipe looks whether it is still
# installed, and for how many seconds a poll may wait while it is not.
PIPE_CHECKED_EVERY = 64
LONGEST_UNGUARDED_POLL = 1.0
LONGEST_INTERVAL = 0.05


class Library(NamedTuple):
    """What a loop class says about its event library."""

    operations: int
    module: object


class ErrorHandler(Protocol):
    """Who is told of errors that nobody catches: a hub."""

    def handle_error(
        self,
        context: object,
        type: type[BaseException],
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Decide what to do about it."""

    def handle_system_error(
        self,
        type: type[BaseException],
        value: BaseException | None,
        tb: TracebackType | None = None,
    ) -> None:
        """Raise it in the main greenlet."""


class Loop(WatchedLoop):
    """An event loop; subclasses name the event library.

    Args:
        flags: The library's own flags, as a number.
        default: Whether this is the loop of the main thread.
        origflags: What the user asked for.
    """

    __signature__ = Signed("library, flags, default")

    inbox: deque[callback | async_]
    is_default: bool
    in_poll: bool
    is_running: bool
    is_breaking: bool
    polls: int
    error_handler: ErrorHandler | None
    child_watch: Children | None
    signal_pipe: SignalPipe | None
    origflags: int

    MAXPRI = 2
    MINPRI = -2
    approx_timer_resolution = 0.00001
    # Those of a loop in virtual time are others.
    sockets = cast("Simulated | None", None)
    calls = cast("dict[object, object] | None", None)

    def __init__(self, library: Library | None, flags: int, default: bool):
        self.kept = {}
        self.prepares = []
        self.checks = []
        self.idles = []
        self.forks = []
        self.inbox = deque()
        self.is_default = default
        self.error_handler = None
        self.child_watch = None
        self.signal_pipe = None
        self.origflags = flags
        self.hub = None
        self.wall_offset = 0.0
        self.update_now()
        if library is not None:
            self.backend_object = Backend(library.operations, flags, library.module)
        else:
            self.backend_object = None

    # -- running ------------------------------------------------------------------

    def run(self, nowait: bool = False, once: bool = False) -> None:
        """Run until nothing referenced is left to wait for, or ``break_``.

        Args:
            nowait: Run one iteration that does not wait for events.
            once: Run one iteration.

        Raises:
            ValueError: The loop is destroyed.
        """
        self.demand_open()
        outer = self.hub
        was_running = self.is_running
        if outer is None:
            # Outside a hub any greenlet may run a loop.
            self.hub = getcurrent()  # type: ignore[assignment]
        self.is_running = True
        self.is_breaking = False
        try:
            while not self.is_breaking and not self.closing:
                self.iterate(not nowait)
                if nowait or once or not self.is_alive():
                    break
        finally:
            self.is_running = was_running
            self.hub = outer

    def break_(self, how: int = 1) -> None:
        """End :meth:`run` after the current iteration."""
        self.demand_open()
        self.is_breaking = True

    def iterate(self, may_block: bool) -> int:
        """Run one iteration; see the head of this module."""
        if self.inbox:
            self.take_inbox()
        if self.prepares:
            self.fire_all(self.prepares)
            self.run_entries(True)
        self.run_entries(False)
        if self.closing:
            return 0
        # Before the time-out is computed: with a message in the queue the poll does not
        # wait. One that comes after this look is followed by a wake-up, which ends it.
        if self.inbox:
            self.take_inbox()
        self.note_turn()  # may queue a call, and then it does not wait
        self.wait_for_events(self.longest_wait(may_block))
        if self.closing:
            return 0  # type: ignore[unreachable]  # a signal handler destroyed it
        # An idle watcher that is started while the others run waits for the next
        # poll; check watchers, which always fire, do not count.
        if self.idles and self.n_pending() <= len(self.checks):
            self.fire_all(self.idles)
        self.run_entries(True)
        return 0

    def run_entries(self, only_fired: bool) -> int:
        """Drain the queues; see ``Scheduler.drain``."""
        self.in_callbacks = True
        try:
            self.drain(only_fired)  # switches
        finally:
            self.in_callbacks = False
        return 0

    def fire_all(self, watchers: list[Armable]) -> int:
        """Queue every watcher of a list at its priority."""
        for watcher in tuple(watchers):
            watcher.fired(1)
        return 0

    def longest_wait(self, may_block: bool) -> float:
        """Return for how long the poll may wait; negative: for ever."""
        if (
            not may_block
            or self.has_work()
            or self.idles
            or self.is_breaking
            or self.references <= 0
            or self.handler_goes_on()
        ):
            return 0.0
        deadline = self.next_deadline()
        now = self.clock()
        if not self.has_own_clock:
            # An idle process gives back what a burst of greenlets left in the cache.
            deadline = min(deadline, tidy_chunks(now))
        if deadline == inf:
            return -1.0
        return max(0.0, deadline - now)

    def wait_for_events(self, timeout: float) -> int:
        """Poll, and queue whatever that or the time fired."""
        backend = self.backend_object
        if backend is None:
            self.poll(timeout)
        else:
            if backend.is_inherited():
                self.reinit()
            if self.is_default:
                self.poll_with_signals(timeout)
            else:
                self.poll_once(timeout)
            if self.closing:
                return 0  # a signal handler destroyed it
        self.polls += 1
        if self.polls % INTERVAL_POLLS == 1:
            interval = sys.getswitchinterval()
            self.interval = max(SHORTEST_INTERVAL, min(LONGEST_INTERVAL, interval))
        self.note_poll()
        if self.checks:
            self.fire_all(self.checks)
        self.fire_due_timers()
        if backend is not None:
            backend.collect()
        if self.inbox:
            self.take_inbox()
        return 0

    def poll(self, timeout: float) -> None:
        """Wait for events; overridden by loops without an event library."""
        raise NotImplementedError

    def poll_once(self, timeout: float) -> int:
        """Poll; what fails is an error of the main greenlet."""
        backend = self.backend_loop()
        # Read by other threads, which may count this one as blocked while it is set.
        self.in_poll = True
        # Uncompiled, handlers run inside the poll.
        self.runs_handlers = self.is_default
        try:
            backend.poll(timeout)
        except OSError as error:
            self.in_poll = self.runs_handlers = False
            self.report(None, error)
        self.in_poll = self.runs_handlers = False
        return 0

    def poll_with_signals(self, timeout: float) -> int:
        """Poll in the main thread; run Python's signal handlers before and after."""
        gate = self.signal_pipe
        if timeout == 0.0:
            self.poll_once(0.0)
        else:
            if gate is None:
                gate = self.signal_pipe = open_signal_pipe(self)
            timeout = cut_poll(timeout) if gate is None else gate.guard(timeout)
            # After the pipe is there, and right before the poll: the handler of a
            # signal that came until now runs here, and one that comes later ends the
            # poll by the pipe. The other way round, a signal in between would wait for
            # the next event.
            if self.run_signal_handlers():
                timeout = 0.0
            if self.closing:
                return 0
            self.poll_once(timeout)
        if not self.closing:  # uncompiled, handlers run inside the poll
            self.run_signal_handlers()
        return 0

    def run_signal_handlers(self) -> bool:
        """Run pending handlers; what they raise goes to the main greenlet."""
        self.runs_handlers = True
        try:
            self.backend_loop().check_signals()  # switches, if a handler waits
        except HubDestroyed:
            raise
        except BaseException as error:  # last resort: control is in the hub
            self.runs_handlers = False
            self._raise_in_main(error)
            return True
        finally:
            self.runs_handlers = False
        return self.closing or self.has_work()

    def _raise_in_main(self, error: BaseException) -> None:
        handler = self.error_handler
        if handler is None:
            raise error
        handler.handle_system_error(type(error), error, error.__traceback__)

    def is_alive(self) -> bool:
        """Whether anything is left that could happen."""
        return self.references > 0 or self.has_work() or bool(self.inbox)

    # -- messages of other threads --------------------------------------------------

    def run_callback_threadsafe(
        self, func: Callable[..., object], *args: object
    ) -> callback:
        """Like ``run_callback``, from any thread; wakes the loop.

        Raises:
            ValueError: The loop is destroyed.

        Thread safety:
            From any thread.
        """
        self.demand_open()
        call = callback(func, args)
        self.post(call)
        return call

    def post(self, message: callback | async_) -> None:
        """Put a message into the inbox and wake the loop; from any thread."""
        backend = self.deposit(message)
        if backend is not None:
            backend.wakeup()

    def deposit(self, message: callback | async_) -> Backend | None:
        """Put a message into the inbox; from any thread.

        Returns:
            What the caller has to wake now, if anything.
        """
        # First the message, then the wake-up, by us or the caller. The other way round
        # the loop could wake, find the inbox empty and sleep again before it is there.
        self.inbox.append(message)
        return self.backend_object

    def take_inbox(self) -> int:
        """Queue the messages that have arrived."""
        inbox = self.inbox
        while inbox:
            message = inbox.popleft()
            if isinstance(message, async_):
                message.arrive()
            else:
                self.requeue(message)
        return 0

    # -- time -----------------------------------------------------------------------

    def now(self) -> float:
        """Return the loop's cached time, in seconds since the epoch."""
        if self.closing:
            self.demand_open()
        return self.now_cached + self.wall_offset

    def update_now(self) -> None:
        """Read the clock anew."""
        if self.closing:
            self.demand_open()
        self.clock()
        self.wall_offset = self.wall_clock() - self.now_cached

    update = update_now

    def wall_clock(self) -> float:
        """Return the seconds since the epoch; overridden by virtual loops."""
        return time.time()

    # -- errors ---------------------------------------------------------------------

    def handle_error(
        self,
        context: object,
        type: type[BaseException],
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Hand a callback's error to ``error_handler.handle_error``, or print it."""
        handler = self.error_handler
        if handler is not None:
            handler.handle_error(context, type, value, tb)
        else:
            sys.excepthook(type, type() if value is None else value, tb)

    def report(self, context: object, error: BaseException) -> None:
        """handle_error(), for the scheduler; whatever fails there is printed."""
        try:
            self.handle_error(context, type(error), error, error.__traceback__)
        except HubDestroyed:
            raise
        except (KeyboardInterrupt, SystemExit) as failure:
            self._raise_in_main(failure)  # switches
        except BaseException as failure:  # last resort: control is in the hub
            if self.closing:
                raise
            hand_to_unraisable_hook(failure)

    # -- life -----------------------------------------------------------------------

    @property
    def default(self) -> bool:
        """Whether this is the loop of the main thread; a destroyed one is not."""
        return self.is_default and not self.closing

    @property
    def destroyed(self) -> bool:
        """Whether :meth:`destroy` was called."""
        return self.closing

    def reinit(self) -> None:
        """Make the loop this process's own after a fork; a no-op otherwise.

        Happens by itself when the loop is first used in a child. A destroyed loop has
        nothing to make its own.

        Raises:
            ValueError: It is the loop of a thread that this forked child lacks.
        """
        if self.closing and not self.is_abandoned:
            return
        self.demand_open()
        backend = self.backend_object
        if backend is not None and backend.is_inherited():
            backend.renew()
            # The parent has the other copy of this pipe: a signal of the child would
            # wake the parent.
            if self.signal_pipe is not None:
                self.signal_pipe.discard()
                self.signal_pipe = None
            self.note_thread()
            self.fire_all(self.forks)
            tell = getattr(self.hub, "loop_was_renewed", None)
            if tell is not None:
                tell()

    def destroy(self) -> bool | None:
        """Release everything; repeatable. Watchers are stopped, entries dropped.

        Returns:
            True, or None if the loop was destroyed before.
        """
        if self.closing:
            # Entries that were queued since would keep their objects for ever.
            self.clear_queues()
            return None
        if self.signal_pipe is not None:
            self.signal_pipe.discard()
            self.signal_pipe = None
        for watcher in tuple(self.kept):
            watcher.stop()
        # Before the queues are emptied: what is finalized there may ask for a callback,
        # and is refused from here on. Another thread that has asked already may still
        # append to the inbox; nobody reads that any more.
        self.closing = True
        self.clear_queues()
        self.inbox.clear()
        self.detach_from_thread()
        if self.backend_object is not None:
            self.backend_object.close()
        return True

    def abandon(self) -> None:
        """In a forked child that lacks the loop's thread: refuse everything.

        As if destroyed, but the library is left alone; see ``Backend.abandon``.
        """
        if self.closing:
            return
        self.is_abandoned = True
        self.closing = True
        if self.backend_object is not None:
            self.backend_object.abandon()
        if self.signal_pipe is not None:
            self.signal_pipe.discard()
            self.signal_pipe = None
        self.clear_queues()
        self.inbox.clear()

    def ref(self) -> None:
        """Keep the loop running as if one more watcher were active."""
        self.demand_open()
        self.references += 1

    def unref(self) -> None:
        """Undo one :meth:`ref`."""
        self.demand_open()
        self.references -= 1

    # -- watchers -------------------------------------------------------------------

    def io(
        self, fd: int, events: int, ref: bool = True, priority: int | None = None
    ) -> io:
        """Return a watcher of a descriptor; *events*: 1 read, 2 write, 3 both."""
        return io(self, fd, events, ref, priority)

    def closing_fd(self, fd: int) -> bool:
        """Fire the io watchers of a descriptor that is about to be closed.

        Returns:
            Whether there were any.
        """
        if self.closing:
            self.demand_open()
        found = False
        for watcher in tuple(self.kept):
            if isinstance(watcher, io) and watcher.fd == fd and watcher.active:
                # A copy of the descriptor would keep the registration, and fire it.
                watcher.release_descriptor()
                watcher.fired(watcher.events)
                found = True
        return found

    def timer(
        self,
        after: float,
        repeat: float = 0.0,
        ref: bool = True,
        priority: int | None = None,
    ) -> timer:
        """Return a timer of *after* seconds, then every *repeat* seconds unless 0."""
        if self.closing:
            self.demand_open()
        return new_timer(self, after, repeat, ref, priority)

    def signal(
        self, signum: int, ref: bool = True, priority: int | None = None
    ) -> signal:
        """Return a watcher of a signal."""
        return signal(self, signum, ref, priority)

    def idle(self, ref: bool = True, priority: int | None = None) -> idle:
        """Return a watcher that fires when nothing else does."""
        self.demand_open()
        return idle(self, ref, priority)

    def prepare(self, ref: bool = True, priority: int | None = None) -> prepare:
        """Return a watcher that fires at the begin of each iteration."""
        self.demand_open()
        return prepare(self, ref, priority)

    def check(self, ref: bool = True, priority: int | None = None) -> check:
        """Return a watcher that fires after each poll."""
        self.demand_open()
        return check(self, ref, priority)

    def fork(self, ref: bool = True, priority: int | None = None) -> fork:
        """Return a watcher that fires in forked children."""
        self.demand_open()
        return fork(self, ref, priority)

    def async_(self, ref: bool = True, priority: int | None = None) -> async_:
        """Return a watcher that other threads fire by its ``send``."""
        self.demand_open()
        return async_(self, ref, priority)

    def child(self, pid: int, trace: int = 0, ref: bool = True) -> child:
        """Return a watcher of the end of a child process."""
        self.demand_open()
        return child(self, pid, trace, ref)

    def stat(
        self,
        path: str | bytes,
        interval: float = 0.0,
        ref: bool = True,
        priority: int | None = None,
    ) -> stat:
        """Return a watcher of a file's status."""
        return stat(self, path, interval, ref, priority)

    @property
    def children(self) -> Children:
        """The child processes this loop waits for."""
        if self.child_watch is None:
            self.child_watch = Children(self)
        return self.child_watch

    def install_sigchld(self) -> None:
        """Do nothing: watching children needs no handler of SIGCHLD."""

    def reset_sigchld(self) -> None:
        """Do nothing: watching children needs no handler of SIGCHLD."""

    # -- looking --------------------------------------------------------------------

    @property
    def pendingcnt(self) -> int:
        """How many entries are queued."""
        self.demand_open()
        return self.n_pending()

    @property
    def activecnt(self) -> int:
        """How many things keep the loop running."""
        self.demand_open()
        return self.references

    @property
    def iteration(self) -> int:
        """How often the loop polled."""
        self.demand_open()
        return self.polls

    @property
    def backend(self) -> str:
        """The name of the polling mechanism, for example ``epoll``."""
        return self.backend_loop().name

    @property
    def backend_int(self) -> int:
        """The library's number for its polling mechanism."""
        return self.backend_loop().flag

    @property
    def ptr(self) -> int:
        """A number that no other loop has that exists; 0 once destroyed."""
        backend = self.backend_object
        return 0 if backend is None or self.closing else backend.address

    def fileno(self) -> int | None:
        """Return the descriptor that the library polls, or None."""
        self.demand_open()
        if self.backend_object is None or self.backend_object.fileno < 0:
            return None
        return self.backend_object.fileno

    def verify(self) -> None:
        """Check the loop's invariants.

        Raises:
            AssertionError: One is broken.
        """
        self.demand_open()
        counted = sum(watcher.ref for watcher in self.kept)
        if counted > self.references + self.n_parked:
            raise AssertionError(f"{counted} watchers, {self.references} references")

    def _describe(self) -> str:
        """The state of the loop in words, for its repr and the hub's."""
        if self.is_abandoned:
            return "abandoned"
        if self.closing:
            return "destroyed"
        words = [self.backend] if self.backend_object is not None else ["virtual"]
        if self.is_default:
            words.append("default")
        words.append(f"pending={self.n_pending()} ref={self.references}")
        if self.backend_object is not None:
            words.append(f"fileno={self.fileno()}")
        return " ".join(words)

    def __repr__(self) -> str:
        kind = type(self)
        name = f"{kind.__module__}.{kind.__qualname__}"
        return f"<{name} at 0x{id(self):x} {self._describe()}>"


def hand_to_unraisable_hook(error: BaseException) -> None:
    """Hand an error of the error handler to ``sys.unraisablehook``."""
    if sys.implementation.name == "cpython":
        FailingHandler(error)
        return
    # PyPy drops the object later, and its hook takes any record.
    record: object = SimpleNamespace(
        exc_type=type(error),
        exc_value=error,
        exc_traceback=error.__traceback__,
        err_msg="",
        object=FailingHandler,
    )
    try:
        sys.unraisablehook(record)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    except BaseException:  # last resort: a user's hook failed
        sys.__unraisablehook__(record)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class FailingHandler:
    """Hands an error of the error handler to ``sys.unraisablehook`` when dropped.

    CPython's hook takes a record that only the interpreter can make, for a finalizer.
    """

    def __init__(self, error: BaseException):
        self._error = error

    def __del__(self) -> None:
        raise self._error


def open_signal_pipe(loop: Loop) -> SignalPipe | None:
    """Return a pipe for *loop*; None while the process has no descriptor left."""
    try:
        return SignalPipe(loop)
    except OSError:
        return None


def cut_poll(timeout: float) -> float:
    """Return how long a poll may wait that no pipe ends when a signal comes."""
    if timeout < 0.0:
        return LONGEST_UNGUARDED_POLL
    return min(timeout, LONGEST_UNGUARDED_POLL)


class SignalPipe:
    """Makes a blocking poll return when a signal arrives.

    Python's C handler only notes the signal, and interrupts a poll that runs. One
    that comes between the last look at the notes and the poll interrupts nothing: its
    handler would run after the next event. So the C handler is told to write to a pipe
    that the loop watches (``signal.set_wakeup_fd``). There is one such descriptor in a
    process: while the user has set one, ours is not installed, and polls are cut to a
    second instead.
    """

    def __init__(self, loop: Loop):
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_blocking(self.writer, False)
        self.is_installed = False
        self.was_installed = False
        self.process = os.getpid()
        self.polls = 0
        self.watcher = loop.io(self.reader, 1, ref=False, priority=2)
        self.watcher.start(self.empty)

    def guard(self, timeout: float) -> float:
        """Return how long the next poll may wait, given that it may for *timeout*."""
        if self.polls % PIPE_CHECKED_EVERY == 0:
            self.install()
        self.polls += 1
        return timeout if self.is_installed else cut_poll(timeout)

    def install(self) -> None:
        """Make the pipe the wake-up descriptor, unless the user has set another."""
        # What is in it by now the caller looks at next. What comes in below may be the
        # user's.
        self.empty()
        try:
            self.is_installed = self._put_in_place()
        except ValueError:
            self.is_installed = False  # a default loop in a thread that is not main
        self.was_installed |= self.is_installed

    def _put_in_place(self) -> bool:
        """install(), unless that is impossible here; whether it is in place now."""
        # Whose it is can only be seen by putting ours there; the user's goes back. His
        # `warn_on_full_buffer` nobody can see: he gets the default.
        before = signals.set_wakeup_fd(self.writer, warn_on_full_buffer=False)
        if before in (-1, self.writer):
            return True
        signals.set_wakeup_fd(before)
        self._pass_on(before)
        return False

    def _pass_on(self, descriptor: int) -> None:
        """Give the user the signals that came while ours stood in the place of his."""
        if self.process != os.getpid():
            return  # what is in it is the parent's, which waits for it
        try:
            os.write(descriptor, os.read(self.reader, 4096))
        except OSError:
            return  # mostly: there were none

    def _uninstall(self) -> bool:
        """Take the pipe back, unless the user has set another; False if impossible."""
        try:
            # Not by -1: signals that come meanwhile may be the user's.
            if self._put_in_place():
                signals.set_wakeup_fd(-1)
        except ValueError:
            # Closed by a thread that is not main.
            return not self.was_installed
        return True

    def empty(self) -> None:
        """Empty the pipe: the handlers run after the poll anyway."""
        try:
            os.read(self.reader, 4096)
        except BlockingIOError:
            return

    def discard(self) -> None:
        """Close the pipe."""
        # Taken back before the number is free: the C handler would write to whatever
        # file gets it next. Whatever we saw last: a user who had found ours may have
        # put it back. If it may be in place, and cannot be taken back, both ends stay.
        self.watcher.close()
        if self.process == os.getpid():
            self.empty()
        if self._uninstall():
            os.close(self.reader)
            os.close(self.writer)
