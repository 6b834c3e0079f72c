"""A block of a program that lives in virtual time: entering it, being in it, leaving.

In the block the thread has a hub and a loop of their own; those that it had before
stand still, and are the thread's again afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, final

from greenlet import getcurrent

from gevent._base.checking import cast
from gevent._hub.hub import get_hub, get_hub_class, get_hub_if_exists, idle, kill
from gevent._hub.ownership import replace_hub, slot
from gevent._hub.wait import wait
from gevent._hub.waits import describe_subject, safe_repr
from gevent._loop.virtual import Deadlock, VirtualLoop
from gevent._native.scheduling.scheduler import Waiter
from gevent.simulation.clocks import replaced_clocks
from gevent.simulation.datetimes import replaced_datetimes
from gevent.simulation.network import Network
from gevent.simulation.schedules import Choices, as_choices, as_schedule

if TYPE_CHECKING:
    from greenlet import greenlet as raw_greenlet

    from gevent._hub.greenlet import Greenlet
    from gevent._hub.hub import Hub

__all__ = ("VirtualTime",)

# 2000-01-01, 00:00 UTC.
USUAL_START = 946684800.0
# Virtual seconds that greenlets have to clean up in.
TIME_TO_END = 1.0


@final
class VirtualTime:
    """A block in virtual time; :func:`virtual_time` makes one, for one use.

    Attributes:
        seed: What it was made with.
    """

    seed: int | None

    def __init__(
        self,
        seed: int | None = None,
        *,
        schedule: str | Sequence[int] | None = None,
        start: float = USUAL_START,
        network: Network | None = None,
        clocks: bool = True,
        datetimes: bool = False,
        leftovers: Literal["kill", "error"] = "kill",
    ):
        if seed is not None and schedule is not None:
            raise ValueError("either a seed or a schedule, not both")
        if leftovers not in ("kill", "error"):
            raise ValueError(f"leftovers is 'kill' or 'error', not {leftovers!r}")
        if seed is not None and not isinstance(seed, int):
            raise TypeError(f"a seed is an integer, not {seed!r}")
        self.seed = seed
        self._choices: Choices | None = None
        if seed is not None or schedule is not None:
            given = () if schedule is None else as_choices(schedule)
            self._choices = Choices(seed, given)
        self._start = float(start)
        self._network = network
        self._has_clocks = clocks
        self._has_datetimes = datetimes
        self._leftovers = leftovers
        self._was_entered = False
        # Told by whom the failure does not reach as an exception.
        self._has_failed = False
        self._loop: VirtualLoop | None = None
        self._elapsed = 0.0
        self._undo = ExitStack()

    # -- in the block ----------------------------------------------------------

    @property
    def elapsed(self) -> float:
        """The virtual seconds since the block was entered."""
        return self._elapsed if self._loop is None else self._loop.read_clock()

    @property
    def schedule(self) -> str:
        """The choices made so far; empty in the order of production.

        They replay the run without the seed.
        """
        return "" if self._choices is None else as_schedule(self._choices.made)

    def settle(self) -> None:
        """Let everything happen that can happen without time passing.

        Raises:
            RuntimeError: The block is not the calling thread's, or left.

        Blocking:
            Switches to the hub.
        """
        loop = self._demand_loop()
        idle(-2)  # switches
        while loop.calls:
            # A call in a thread takes no time either.
            waiter = Waiter()
            loop.on_message = waiter.switch
            try:
                waiter.get()  # switches
            finally:
                loop.on_message = None
            idle(-2)  # switches

    def burn(self, seconds: float) -> None:
        """Let time pass as if the running greenlet had computed that long.

        Args:
            seconds: Virtual seconds; what is due by then runs when others run.

        Raises:
            ValueError: That is negative.
            RuntimeError: The block is not the calling thread's, or left.
        """
        self._demand_loop().burn(seconds)

    @contextmanager
    def expecting(self) -> Generator[None]:
        """In here a native thread of yours sends something: the clock stands still.

        Whoever waits in here, waits in real time, for ten seconds at most; then there
        is a RuntimeError.

        Raises:
            RuntimeError: The block is not the calling thread's, or left.
        """
        loop = self._demand_loop()
        loop.expect(1)
        try:
            yield
        finally:
            loop.expect(-1)

    def _demand_loop(self) -> VirtualLoop:
        loop = self._loop
        if loop is None or not loop.is_of_this_thread():
            raise RuntimeError("this is not in the block of the virtual time")
        return loop

    def _next_prefix(self) -> list[int] | None:
        return None if self._choices is None else self._choices.next_prefix()

    def __repr__(self) -> str:
        state = f"elapsed={self.elapsed!r}"
        if self.seed is not None:
            state = f"seed={self.seed!r} {state}"
        return f"<{type(self).__name__} {state}>"

    # -- entering --------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._was_entered:
            raise RuntimeError("a block of virtual time is entered once; make another")
        if getcurrent().parent is not None:
            raise RuntimeError(
                "virtual time begins in the main greenlet of a thread, not in "
                f"{getcurrent()!r}"
            )
        outer = get_hub_if_exists()
        if outer is not None and isinstance(outer.loop, VirtualLoop):
            raise RuntimeError("this thread is in virtual time already; leave it first")
        self._was_entered = True
        with self._undo:
            self._set_up(outer)
            self._undo = self._undo.pop_all()
        return self

    def _set_up(self, outer: Hub | None) -> None:
        undo = self._undo
        spare = getattr(slot, "loop", None)
        loop = VirtualLoop(start=self._start)
        if self._has_datetimes:
            undo.enter_context(replaced_datetimes(loop))
        if self.seed is not None:
            undo.callback(random.setstate, random.getstate())
            random.seed(self.seed)
        replace_hub(None)
        undo.callback(self._go_back, outer, spare)
        hub = get_hub_class()(loop=loop)
        undo.callback(hub.destroy, destroy_loop=True)
        loop.describe = self._describe
        if self._choices is not None:
            loop.chooser = self._choices.choose
        if self._network is not None:
            undo.enter_context(self._network._joined(loop, self.seed))
        if self._has_clocks:
            undo.enter_context(replaced_clocks(loop))
        self._loop = loop

    def _go_back(self, outer: Hub | None, spare: object) -> None:
        replace_hub(outer)
        slot.loop = spare

    def _describe(self) -> list[str]:
        """Say what each parked greenlet waits for; the oldest first."""
        hub = get_hub()
        lines: list[str] = []
        for greenlet, subject in reversed(hub.loop.parked_greenlets()):
            name = (
                "the main greenlet" if greenlet is hub.parent else safe_repr(greenlet)
            )
            lines.append(f"{name} waits for {describe_subject(subject)}")
        return lines

    # -- leaving ---------------------------------------------------------------

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        loop = self._loop
        assert loop is not None, "it was entered"
        if isinstance(error, Exception):
            self._note(error)
        try:
            with self._undo:
                self._end_leftovers(loop, error)
        except AssertionError as failure:
            self._note(failure)
            raise
        finally:
            self._elapsed = loop.read_clock()
            self._loop = None

    def _end_leftovers(self, loop: VirtualLoop, error: BaseException | None) -> None:
        """Kill what was started in the block, and lives."""
        left = [each for each in loop.living() if not each.dead]
        if not left:
            return
        names = [safe_repr(each) for each in left]
        for each in left:
            kill(each)
        self._let_end(left)
        if self._leftovers == "error" and error is None and not self._has_failed:
            raise AssertionError(
                "greenlets were left at the end of virtual time: " + ", ".join(names)
            )

    def _let_end(self, left: list[raw_greenlet]) -> None:
        # A raw greenlet tells nobody that it has ended: time has to.
        objects = [each for each in left if hasattr(each, "rawlink")]
        try:
            if len(objects) == len(left):
                wait(cast("list[Greenlet]", objects), TIME_TO_END)  # switches
            else:
                get_hub().join(TIME_TO_END)  # switches
        except Deadlock:
            return

    def _note(self, error: Exception) -> None:
        """Say how to replay it."""
        if self.seed is not None:
            error.add_note(
                f"gevent.virtual: seed {self.seed}; replay with "
                f"virtual_time(seed={self.seed}) or pytest --gevent-seed={self.seed}"
            )
        elif self._choices is not None:
            how = f"virtual_time(schedule={self.schedule!r})"
            error.add_note(
                f"gevent.virtual: a schedule of {len(self._choices.made)} choices; "
                f"replay with {how} or @pytest.mark.{how}"
            )
