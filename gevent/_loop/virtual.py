"""A loop without an event library, with a clock of its own: the loop of virtual time.

* VIRT1  The clock stands still while anything can run. When everybody is parked, it is
  set to the next deadline; added to, it would drift.
* VIRT2  While another thread works for us, the clock stands still, and its message is
  waited for in real time.
* VIRT3  Everybody is parked, and there is neither a deadline nor anything of VIRT2:
  :class:`Deadlock` in the main greenlet.
* VIRT4  Whoever waits for anything else of the real world gets :class:`RealIOError`.

Threads: ``_message`` is released by any thread after it has filled the inbox; ours
takes it before the inbox is read.
"""

from __future__ import annotations

from _thread import allocate_lock, get_ident  # bound before anything can be patched

from greenlet import GreenletExit

from gevent._base.checking import TYPE_CHECKING
from gevent._base.exceptions import LoopExit
from gevent._loop.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._loop.children import Children
    from gevent._loop.watchers import async_, io
    from gevent._native.library.backend import Backend
    from gevent._native.scheduling.scheduler import callback

__all__ = ("Deadlock", "RealIOError", "VirtualLoop")

# Seconds of real time that a message of another thread is waited for.
PATIENCE = 10.0
# Switches at one instant after which a program is taken for one that never ends.
MOST_SWITCHES = 10_000_000
# How many there are at most between two polls.
STEPS_OF_TURN = 256


class Deadlock(LoopExit):
    """Everybody is blocked, and no timer is armed: nothing can happen any more.

    Args:
        waits: ``"<greenlet> waits for <object>"``, one for each parked greenlet.
    """

    waits: list[str]

    def __init__(self, waits: list[str]):
        super().__init__(waits)
        self.waits = waits

    def __str__(self) -> str:
        lines = [f"    {each}" for each in self.waits]
        first = "everybody is blocked, and no timer is armed in virtual time:"
        return "\n".join([first, *lines])

    __repr__ = __str__


class RealIOError(RuntimeError):
    """In virtual time something real was to be waited for: it would never come."""


class VirtualLoop(Loop):
    """A loop whose clock jumps to the next timer when everybody is parked.

    Args:
        start: What the clock of the wall says at first, in seconds since the epoch.
    """

    # Who is told of each jump of the clock, and of a message.
    on_jump: Callable[[], object] | None = None
    on_message: Callable[[object], object] | None = None
    # Who says what each parked greenlet waits for.
    describe: Callable[[], list[str]] | None = None

    def __init__(self, default: bool = False, start: float = 0.0):
        self._time = 0.0
        self.wall_start = start
        self._message = allocate_lock()
        self._message.acquire()
        self._n_expectations = 0
        self._is_stopped = False
        self._n_steps = 0
        # Calls that run in native threads, and their names (VIRT2).
        self.calls: dict[object, object] = {}
        Loop.__init__(self, None, 0, default)

    # -- the clock -------------------------------------------------------------

    def read_clock(self) -> float:
        """Return the virtual time; the scheduler asks this instead of the system."""
        return self._time

    def wall_clock(self) -> float:
        """Return the virtual seconds since the epoch."""
        return self.wall_start + self._time

    def burn(self, seconds: float) -> None:
        """Let time pass as if the running greenlet had computed that long.

        Raises:
            ValueError: That is negative, or not a number.
        """
        if not seconds >= 0.0:
            raise ValueError(f"time cannot go back: {seconds!r}")
        self._set_clock(self._time + seconds)

    def _set_clock(self, instant: float) -> None:
        self._time = instant
        self._n_steps = 0
        if self.on_jump is not None:
            self.on_jump()

    # -- running ---------------------------------------------------------------

    def run(self, nowait: bool = False, once: bool = False) -> None:
        """Run until nothing referenced is left to wait for, or ``break_``.

        In a hub, nothing left is a dead-lock (VIRT3), and goes on after it.
        """
        self._is_stopped = False
        if nowait or once or self.hub is None:
            Loop.run(self, nowait, once)  # switches
            return
        while not self._run_once_more():
            if self._awaits_message():
                self._wait_for_message()
            else:
                self._raise_in_main(self.make_deadlock())  # switches

    def _run_once_more(self) -> bool:
        """Run; whether that was the end of it."""
        while True:
            try:
                Loop.run(self)  # switches
                break
            except GreenletExit:
                raise
            except BaseException as error:  # last resort: a signal came in the hub
                self._raise_in_main(error)  # switches
        return self.closing or self._is_stopped

    def break_(self, how: int = 1) -> None:
        """End :meth:`run` after the current iteration."""
        self._is_stopped = True
        Loop.break_(self, how)

    def poll(self, timeout: float) -> None:
        """Let *timeout* virtual seconds pass, unless a real message is awaited."""
        if timeout == 0.0:
            self._demand_progress()
        elif self._awaits_message():
            self._wait_for_message()
        elif timeout < 0.0:
            self._raise_in_main(self.make_deadlock())  # switches
        else:
            # Not by adding (VIRT1).
            self._set_clock(max(self._time, self.first_deadline()))

    def make_deadlock(self) -> Deadlock:
        """Return the error of a program in which nothing can happen any more."""
        describe = self.describe
        if describe is not None:
            return Deadlock(describe())
        parked = self.parked_greenlets()
        return Deadlock([f"{who!r} waits for {what!r}" for who, what in parked])

    def _demand_progress(self) -> None:
        """Say so if a program switches for ever at one instant."""
        # With something queued the turn was cut.
        self._n_steps += STEPS_OF_TURN if self.pendingcnt else 1
        if self._n_steps < MOST_SWITCHES:
            return
        self._n_steps = 0
        busy = [
            "the main greenlet" if who is self.root else repr(who)
            for who, _, _, is_woken in self.waits()
            if is_woken
        ]
        names = ", ".join(busy[:3]) or "nobody knows who"
        error = RuntimeError(
            f"virtual time does not pass: {MOST_SWITCHES:,} switches at "
            f"{self._time!r} s by {names}; let it sleep for more than 0 seconds, "
            "or burn() time"
        )
        self._raise_in_main(error)  # switches

    # -- other threads ---------------------------------------------------------

    def deposit(self, message: callback | async_) -> Backend | None:
        """Put a message into the inbox, and end the wait for one; from any thread."""
        found = Loop.deposit(self, message)
        try:
            self._message.release()
        except RuntimeError:
            return found  # another message came before, and nobody has looked yet
        return found

    def is_of_this_thread(self) -> bool:
        """Whether the calling thread runs it."""
        return self.thread_ident == get_ident()

    def expect(self, number: int) -> None:
        """Count who will send a message."""
        self._n_expectations += number

    def _awaits_message(self) -> bool:
        return self._n_expectations > 0 or bool(self.calls)

    def _wait_for_message(self) -> None:
        """Wait in real time (VIRT2)."""
        if self.inbox or self._message.acquire(timeout=PATIENCE):
            tell, self.on_message = self.on_message, None
            if tell is not None:
                self.run_callback_threadsafe(tell, None)  # behind the message
            return
        names = ", ".join(str(each) for each in self.calls.values())
        whom = f"a call in a thread: {names}" if names else "a thread (expecting())"
        error = RuntimeError(
            f"virtual time stands still for {whom}, and nothing came in "
            f"{PATIENCE:g} real seconds"
        )
        self._raise_in_main(error)  # switches

    # -- what is simulated -----------------------------------------------------

    def io(
        self, fd: int, events: int, ref: bool = True, priority: int | None = None
    ) -> io:
        """Return a watcher of a simulated socket.

        Raises:
            RealIOError: *fd* is real.
        """
        if self.sockets is not None:
            found = self.sockets.watch(fd, events, ref, priority)
            if found is not None:
                return found  # type: ignore[return-value]  # it acts as one
        return Loop.io(self, fd, events, ref, priority)

    # -- what is real (VIRT4) --------------------------------------------------

    def backend_for(self, fd: int) -> Backend:
        """Refuse to watch a real descriptor.

        Raises:
            RealIOError: Always.
        """
        self.demand_open()
        raise RealIOError(
            f"file descriptor {fd} is real, and nothing real is waited for in virtual "
            "time: use virtual_time(network=Network()), or leave the block"
        )

    def backend_loop(self) -> Backend:
        """Refuse what needs an event library.

        Raises:
            RealIOError: Always.
        """
        self.demand_open()
        raise RealIOError(
            "nothing real is waited for in virtual time, signals and files included: "
            "leave the block for that"
        )

    @property
    def children(self) -> Children:
        """Refuse to watch child processes.

        Raises:
            RealIOError: Always.
        """
        self.demand_open()
        raise RealIOError(
            "child processes are real, and nothing real is waited for in virtual time: "
            "leave the block for that, or replace the process in the test"
        )
