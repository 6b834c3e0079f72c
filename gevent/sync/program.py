"""One run of a program: what begins its end, and the steps of that.

States::

    RUNNING --signal, request_stop, main has ended--> DRAINING
    DRAINING --all is answered, time, hurry--> CANCELLING --main has ended--> CLEANING
    CLEANING --everybody has ended, time--> OVER
    any --fork--> DISOWNED                                     (in the child)

Invariants:

* PROG1  ``asked`` is set once, by whoever begins the end; it says what ``run`` gives.
* PROG2  Signals are counted by their handler, in the main thread, between any two steps
  of that; everything else happens in greenlets of the loop, or in its hub.
* PROG3  The handlers of before are back after the second signal, and at the end. One
  that somebody else has set meanwhile stays.
* PROG4  A child does nothing of this: the listeners, and what greenlets have to clean
  up, are the parent's.
"""

from __future__ import annotations

import os
import weakref
from math import inf
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from gevent._base import originals
from gevent._base.config import config
from gevent._base.emission import emit, listening
from gevent._base.exceptions import LoopExit
from gevent._hub.cancellation import CancelScope
from gevent._hub.greenlet import Greenlet, joinall, killall
from gevent._hub.hub import getcurrent, kill, sleep
from gevent._hub.parked import subject_of
from gevent._hub.timeout import Timeout
from gevent._hub.wait import birth_of
from gevent._hub.waits import describe_subject, describe_waiter, greenlets_of
from gevent._native.scheduling.scheduler import NativeGreenlet, as_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from types import FrameType
    from typing import Self, TypeAlias, TypeVar, TypeVarTuple

    from gevent._hub.hub import Hub
    from gevent._loop.loop import Loop

    _R = TypeVar("_R")
    _Ts = TypeVarTuple("_Ts")
    Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None

__all__ = ("Drainable", "Program")

# Seconds between two looks at those who cannot tell that they end.
_LOOK_AGAIN = 0.01
# How often those get their turn who have been told that their time is over.
_LAST_TURNS = 5
# Seconds for what a server does when it has nothing left.
_LAST_SECOND = 1


class Drainable(Protocol):
    """What has work in flight that should be finished before a program ends."""

    def drain(self, timeout: float | None = None) -> object:
        """Take in nothing more, and finish what there is, in so many seconds.

        Called in a greenlet of its own, which is killed when the time is over. Returns
        true if nothing is left; otherwise it is called again, with 0, when everything
        has been cancelled.
        """


class Asked(NamedTuple):
    """What has begun the end.

    Attributes:
        reason: In words.
        number: Of the signal, if it was one.
    """

    reason: str | None
    number: int | None


class Program:
    """A program that runs, and how it ends; see the module.

    Args:
        hub: Of the thread.
        drain_timeout: Seconds.
        cleanup_timeout: Seconds; None: as the setting says.

    Raises:
        TypeError: A time is no number.
        ValueError: A time is NaN.
    """

    def __init__(self, hub: Hub, drain_timeout: float, cleanup_timeout: float | None):
        self.hub: Hub = hub
        self.loop: Loop = hub.loop
        #: Written once, by any thread.
        self.asked: Asked | None = None
        self._drain_timeout = as_seconds(drain_timeout)
        if cleanup_timeout is None:
            cleanup_timeout = config.cleanup_timeout
        else:
            cleanup_timeout = as_seconds(cleanup_timeout)
        self._cleanup_timeout = inf if cleanup_timeout is None else cleanup_timeout
        self._scope = CancelScope(cleanup_timeout=cleanup_timeout, name="the program")
        # Those that are spawned from now on have a larger one.
        self._first = birth_of(Greenlet(_do_nothing))
        self._process = os.getpid()
        # In the order in which they were registered.
        self._works: dict[int, weakref.ref[Drainable]] = {}
        self._stopper: Greenlet | None = None
        self._drains: dict[Greenlet, weakref.ref[Drainable]] = {}
        self._is_draining = False
        self._is_hurried = False
        self._signals: Signals | None = None

    def signals(self, numbers: Iterable[int] | None) -> Signals:
        """Return what begins the end at a signal, for a ``with`` block."""
        self._signals = Signals(self, numbers)
        return self._signals

    def run(self, main: Callable[[*_Ts], _R], args: tuple[*_Ts]) -> _R | None:
        """Call *main*, and end what it leaves; see ``gevent.run``."""
        result: _R | None = None
        failure: BaseException | None = None
        try:
            with self._scope:
                # It may have been asked to end already.
                if self.asked is None:
                    result = main(*args)  # switches
        except BaseException as error:  # last resort: it is raised below
            failure = error
        if self._is_here():
            failure = self._end(failure)  # switches
        try:
            if failure is not None:
                raise failure
        finally:
            del failure
        return result

    # -- what begins the end ------------------------------------------------------

    def ask(self, reason: str | None, number: int | None = None) -> None:
        """Begin the end, unless it has begun; from any thread, and signal handlers."""
        if self.asked is None:
            self.asked = Asked(reason, number)
            self.loop.run_callback_threadsafe(self._begin)

    def hurry(self) -> None:
        """Wait for no more answers: cancel now. In a greenlet or the hub."""
        self._is_hurried = True
        killall(list(self._drains), block=False)

    def _begin(self) -> None:
        if self._stopper is None and self._is_here():
            self._stopper = Greenlet.spawn(self._stop)

    def _is_here(self) -> bool:
        """Whether this is the process that runs the program (PROG4)."""
        return self._process == os.getpid() and not self.loop.closing

    def disown(self) -> None:
        """In a forked child: have nothing to do with the program any more (PROG4)."""
        self._process = 0
        if self._signals is not None:
            self._signals.restore()

    # -- draining -----------------------------------------------------------------

    def add(self, work: Drainable) -> None:
        """Drain *work* at the end; or now, if that has begun."""
        key = id(work)
        works = self._works
        reference = weakref.ref(work, lambda _: works.pop(key, None))
        works[key] = reference
        if self._is_draining:
            self._start_drain(reference)

    def _stop(self) -> None:
        """Tell of it, drain, cancel main; the body of a greenlet."""
        assert self.asked is not None, "who begins says why"
        reason = self.asked.reason
        if listening("ProgramStopping"):
            try:
                emit("ProgramStopping", reason)
            except Exception as error:  # last resort: a subscriber never stops the end
                self.hub.handle_error(self, type(error), error, error.__traceback__)
        if not self._is_hurried:
            self._is_draining = True
            for each in list(self._works.values()):
                self._start_drain(each)
        until = self.loop.now() + self._drain_timeout
        while not self._is_hurried:
            left = until - self.loop.now()
            alive = [each for each in self._drains if not each.ready()]
            if not alive:
                break
            if left <= 0 and self._drain_timeout > 0:
                killall(alive, block=False)
                break
            # Without time they listen no more, and that is all.
            joinall(alive, timeout=left if left > 0 else _LAST_SECOND)  # switches
        self._is_draining = False
        if self._is_hurried:
            # A drain that was killed may not have begun: nothing more may come in.
            self._end_drained()  # switches
        if self._is_here():
            self._scope.cancel(reason)

    def _start_drain(self, reference: weakref.ref[Drainable]) -> None:
        work = reference()
        if work is not None:
            greenlet = Greenlet.spawn(work.drain, self._drain_timeout)
            self._drains[greenlet] = reference

    def _end_drained(self) -> None:
        """Let those finish whose work had to be cancelled."""
        done = {
            reference for greenlet, reference in self._drains.items() if greenlet.value
        }
        rest = [each for each in list(self._works.values()) if each not in done]
        works = [work for each in rest if (work := each()) is not None]
        self._drains.clear()
        if works:
            last = [Greenlet.spawn(each.drain, 0) for each in works]
            joinall(last, timeout=_LAST_SECOND)  # switches
            killall(last, block=False)

    # -- the end --------------------------------------------------------------------

    def _end(self, failure: BaseException | None) -> BaseException | None:
        """Take the steps that are left; return what is to be raised."""
        if self.asked is None:
            what = "returned" if failure is None else "failed"
            self.asked = Asked(f"main has {what}", None)
        self._begin()
        assert self._stopper is not None, "it was begun"
        cleaning = Cleaning(self, self._first, self._cleanup_timeout)
        interrupt: BaseException | None = None
        steps = (
            self._stopper.join,
            cleaning.run,
            self._end_drained,
            # Something may have come in until now.
            cleaning.run,
        )
        for step in steps:
            error = self._take(step)  # switches
            if error is not None:
                interrupt = _behind(error, interrupt)
                if self._is_abandoned:
                    break
        else:
            cleaning.name_survivors()
        if self.asked.number == _number("SIGINT") and interrupt is None:
            interrupt = KeyboardInterrupt()
        return failure if interrupt is None else _behind(interrupt, failure)

    _is_abandoned = False

    def _take(self, step: Callable[[], object]) -> BaseException | None:
        """Take a step; return what was thrown into it.

        Something thrown hurries, a second thing ends the waiting.
        """
        interrupt: BaseException | None = None
        while True:
            try:
                step()  # switches
            except LoopExit:
                return interrupt  # those who are left wait for ever
            except BaseException as error:  # last resort: it is raised at the end
                interrupt = _behind(error, interrupt)
                if self._is_hurried:
                    self._is_abandoned = True
                    return interrupt
                self.hurry()
            else:
                return interrupt

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of gevent.run at 0x{id(self):x}>"


class Cleaning:
    """Cancels who was spawned in a run and still lives, and waits for them.

    Args:
        program: The run.
        first: Those with a larger birth were spawned in it.
        seconds: Until nobody is waited for any more.
    """

    def __init__(self, program: Program, first: int, seconds: float):
        self._program = program
        self._hub = program.hub
        self._loop = program.loop
        self._first = first
        self._seconds = seconds
        self._until = 0.0
        self._told: list[NativeGreenlet] = []
        self._reason: str | None = None

    def run(self) -> None:
        """Cancel, and wait; switches."""
        asked = self._program.asked
        assert asked is not None, "the end has begun"
        self._reason = asked.reason
        if not self._until:
            self._until = self._loop.now() + self._seconds
        while rest := self._cancel_rest() or self._look_again():
            if self._left() <= 0:
                break
            self._wait_for(rest)  # switches
        for _ in range(_LAST_TURNS):
            if not any(_is_alive(each) for each in self._told):
                break
            # What cleans up has just been told that its time is over.
            sleep(0)  # switches
        self._wait_for_pool()  # switches

    def _look_again(self) -> list[NativeGreenlet]:
        """Cancel whom callbacks have spawned, now that nobody is left; switches."""
        sleep(0)
        return self._cancel_rest()

    def _left(self) -> float:
        return self._until - self._loop.now()

    def _cancel_rest(self) -> list[NativeGreenlet]:
        """Cancel those who are not yet; return all who live, in order of birth."""
        rest = self._alive()
        told = {id(each) for each in self._told}
        for each in rest:
            if id(each) not in told:
                self._told.append(each)
                if isinstance(each, Greenlet):
                    each.cancel(self._reason)
                else:
                    kill(each)
        return [each for each in rest if _is_alive(each)]

    def _alive(self) -> list[NativeGreenlet]:
        me = getcurrent()
        return [
            each
            for each in greenlets_of(self._loop)
            if birth_of(each) > self._first and each is not me and _is_alive(each)
        ]

    def _wait_for(self, greenlets: Collection[NativeGreenlet]) -> None:
        """Wait until all have ended, or the time is over."""
        telling = [each for each in greenlets if isinstance(each, Greenlet)]
        left = self._left()
        joinall(telling, timeout=None if left == inf else left)  # switches
        while any(_is_alive(each) for each in greenlets) and self._left() > 0:
            sleep(min(_LOOK_AGAIN, self._left()))  # switches

    def _wait_for_pool(self) -> None:
        """Wait for calls in the thread pool, which nothing can cut short."""
        pool: object = getattr(self._hub, "_threadpool", None)
        join: Callable[[], object] | None = getattr(pool, "join", None)
        left = self._left()
        if pool is not None and join is not None and left > 0:
            with Timeout(None if left == inf else left, False):
                join()  # switches

    def name_survivors(self) -> None:
        """Print who has not ended, and what they wait for."""
        alive = [each for each in self._told if _is_alive(each)]
        lines = [
            f"{describe_waiter(each)} waits for {describe_subject(subject_of(each))}"
            for each in alive
        ]
        n_calls = _n_calls_in(getattr(self._hub, "_threadpool", None))
        if n_calls:
            lines.append(f"{n_calls} in the thread pool")
        stream: object = self._hub.exception_stream
        if lines and stream:
            text = "\n".join(f"  {line}" for line in lines)
            stream.write(  # type: ignore[attr-defined, unused-ignore]  # a user's
                f"gevent.run: not ended after {self._seconds} seconds:\n{text}\n"
            )


class Signals:
    """Signals that begin the end of a program, while this context lasts (PROG2, PROG3).

    Args:
        program: The run.
        numbers: Which; None: those of SIGINT and SIGTERM that nobody else handles.
    """

    def __init__(self, program: Program, numbers: Iterable[int] | None):
        self._program = program
        self._numbers = None if numbers is None else list(numbers)
        self._earlier: dict[int, Handler] = {}
        # Written by the handler, in the main thread.
        self._n_received = 0

    def __enter__(self) -> Self:
        numbers = _unhandled() if self._numbers is None else self._numbers
        try:
            for number in numbers:
                earlier = _handler_of(number)
                # None: it was not set from Python, and could not be set again.
                if earlier is not None:
                    _set_handler(number, self._note)
                    self._earlier[number] = earlier
        except BaseException as error:
            self.restore()
            if self._numbers is None and isinstance(error, ValueError):
                return self  # not the main thread, or not of the main interpreter
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.restore()

    def restore(self) -> None:
        """Let the handlers be those of before."""
        while self._earlier:
            number, earlier = self._earlier.popitem()
            if _handler_of(number) == self._note:
                _set_handler(number, earlier)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        """The handler: it runs between any two steps of the main thread."""
        self._n_received += 1
        if self._n_received == 1:
            self._program.ask(_name_of(number), number)
        else:
            self.restore()
            self._program.loop.run_callback_threadsafe(self._program.hurry)


def _do_nothing() -> None:
    """The body of a greenlet that is never started."""


def _is_alive(greenlet: NativeGreenlet) -> bool:
    """Whether it has been started, or will be, and has not ended."""
    if isinstance(greenlet, Greenlet):
        return bool(greenlet)
    return not greenlet.dead


def _behind(error: BaseException, earlier: BaseException | None) -> BaseException:
    """Return *error*, which replaces an earlier one, and shows it."""
    if earlier is not None and earlier is not error and error.__context__ is None:
        error.__context__ = earlier
    return error


def _n_calls_in(pool: object) -> str:
    try:
        n_calls = len(cast("Collection[object]", pool))
    except TypeError:
        return ""  # none, or it cannot tell
    if not n_calls:
        return ""
    return "1 call" if n_calls == 1 else f"{n_calls} calls"


def _unhandled() -> list[int]:
    """Those of SIGINT and SIGTERM that do what they usually do."""
    usual = {
        _number("SIGINT"): originals.get("signal", "default_int_handler"),
        _number("SIGTERM"): _number("SIG_DFL"),
    }
    return [
        number for number, handler in usual.items() if _handler_of(number) == handler
    ]


def _number(name: str) -> int:
    # Not at the top: its enumerations take longer than all of this.
    import signal

    value: int = getattr(signal, name)
    return value


def _name_of(number: int) -> str:
    # Likewise.
    from signal import Signals as Known

    try:
        return Known(number).name
    except ValueError:
        return f"signal {number}"  # of real time


def _handler_of(number: int) -> Handler:
    return cast("Handler", originals.get("signal", "getsignal")(number))


def _set_handler(number: int, handler: Handler) -> None:
    originals.get("signal", "signal")(number, handler)
