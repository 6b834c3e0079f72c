"""How a server ends: until when it waits for handlers, and the signals that end it."""

from __future__ import annotations

from signal import SIGINT, SIGTERM
from typing import TYPE_CHECKING, cast

from gevent._base import originals
from gevent._hub.greenlet import Greenlet
from gevent._hub.wait import iwait
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType
    from typing import Self, TypeAlias

    from gevent._hub.wait import Waitable
    from gevent._loop.loop import Loop
    from gevent._loop.watchers import timer

    Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None

__all__ = ("Deadline", "StopSignals")


class Deadline:
    """The moment from which on handlers are not waited for; it may be moved to now.

    States::

        AHEAD --time, expire--> REACHED

    Args:
        loop: Whose time counts.
        seconds: How far ahead it is; None: as far as ``expire``.
    """

    def __init__(self, loop: Loop, seconds: float | None):
        self._passed = Event()
        self._timer: timer | None = None
        if seconds is None:
            return
        if seconds > 0:
            self._timer = loop.timer(seconds)
            self._timer.start(self.expire, update=True)
        else:
            self._passed.set()

    @property
    def reached(self) -> bool:
        """Whether it is over."""
        return self._passed.is_set()

    def expire(self) -> None:
        """Make it now; repeatable.

        Blocking:
            Never switches.
        """
        self.close()
        self._passed.set()

    def close(self) -> None:
        """Let go of the timer: nobody waits any more; repeatable."""
        running, self._timer = self._timer, None
        if running is not None:
            running.close()

    def wait(self, objects: Sequence[Waitable]) -> bool:
        """Wait until all *objects* are ready, or it is reached.

        Args:
            objects: Greenlets, events and whatever else ``gevent.wait`` takes.

        Returns:
            Whether all are ready.

        Blocking:
            Switches to the hub, unless it is reached or there are none.
        Cancellation:
            Nothing has changed.
        """
        left = len(objects)
        if left == 0 or self.reached:
            return left == 0
        with iwait([*objects, self._passed]) as ready:
            for each in ready:  # switches
                if each is self._passed:
                    return False
                left -= 1
                if left == 0:
                    return True
        return False

    def wait_for_call(self, function: Callable[[], object]) -> bool:
        """Call what waits, and give it up when it is reached.

        Returns:
            Whether the call has ended.

        Raises:
            BaseException: What the call raised.

        Blocking:
            Switches to the hub, unless it is reached.
        Cancellation:
            The call is given up.
        """
        if self.reached:
            return False
        outcome: list[BaseException] = []
        caller = Greenlet.spawn(_call_into, outcome, function)
        try:
            has_ended = self.wait([caller])  # switches
        finally:
            caller.kill(block=False)
        if outcome:
            raise outcome.pop()
        return has_ended


def _call_into(outcome: list[BaseException], function: Callable[[], object]) -> None:
    """Call a function; keep what it raises for who waits for it, unreported."""
    try:
        function()
    except BaseException as error:  # last resort: the caller raises it
        outcome.append(error)


class StopSignals:
    """SIGTERM and SIGINT tell a server to stop, while this context lasts.

    The first one calls *stop*, the others *hurry*; both in the hub. Handlers that were
    there before are back afterwards, unless somebody has set others meanwhile. One that
    was not set from Python stays: it could not be restored.

    Args:
        loop: The loop of the hub.
        stop: For the first signal.
        hurry: For the others.
    """

    received: bool

    def __init__(
        self, loop: Loop, stop: Callable[[], object], hurry: Callable[[], object]
    ):
        self._loop = loop
        self._stop = stop
        self._hurry = hurry
        self._earlier: dict[int, Handler] = {}
        # Written by the handler, in the main thread.
        self.received = False

    def __enter__(self) -> Self:
        try:
            for number in (SIGTERM, SIGINT):
                earlier = _handler_of(number)
                if earlier is not None:
                    _set_handler(number, self._note)
                    self._earlier[number] = earlier
        except BaseException:
            self._restore()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _restore(self) -> None:
        while self._earlier:
            number, earlier = self._earlier.popitem()
            if _handler_of(number) == self._note:
                _set_handler(number, earlier)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        """The handler: it runs between any two steps of the main thread."""
        react = self._hurry if self.received else self._stop
        self.received = True
        self._loop.run_callback_threadsafe(react)


def _handler_of(number: int) -> Handler:
    return cast("Handler", originals.get("signal", "getsignal")(number))


def _set_handler(number: int, handler: Handler) -> None:
    originals.get("signal", "signal")(number, handler)
