"""How a server ends without losing what has come: the steps of ``BaseServer.drain``.

States::

    TAKING --listens no more--> HANDING --all handlers are started--> WAITING
    WAITING --all have ended, the deadline--> OVER
    any --killed--> OVER
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gevent._hub.greenlet import Greenlet
from gevent._hub.hub import getcurrent, sleep
from gevent._hub.waits import greenlets_of
from gevent._native.scheduling.scheduler import NativeGreenlet
from gevent.servers.ending import Deadline
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Protocol

    from gevent._loop.loop import Loop

    class Drains(Protocol):
        """A server, as far as it is needed here."""

        loop: Loop

        @property
        def started(self) -> bool:
            """Whether it accepts."""

        @property
        def pool(self) -> object:
            """What limits its handlers, or None."""

        def full(self) -> bool:
            """Whether no handler may be started now."""

        def do_handle(self, *args: object) -> None:
            """Start a handler."""

        def do_close(self, *args: object) -> None:
            """Let go of what has come."""

        def close(self) -> None:
            """Close it."""

        _answers_by_listener: bool

        def _take_rest(self, taken: list[tuple[object, ...]]) -> None: ...

        def _shut(self) -> None: ...

        def _drain(self, deadline: Deadline) -> None: ...

        def _starts_at_once(self) -> bool: ...

        def _loose_handlers(self) -> list[NativeGreenlet]: ...

        def _is_busy(self) -> bool: ...

        def _give_up(self) -> None: ...

        def _end_rest(self) -> None: ...


__all__ = ("Draining", "handlers_of", "is_handler_of")

# Seconds between two looks at what does not tell when it is ready.
_LOOK_AGAIN = 0.05


class Draining:
    """A drain of a server; see the module.

    Args:
        server: The server.
        timeout: Seconds; None: for ever.
    """

    def __init__(self, server: Drains, timeout: float | None):
        self._server = server
        self._loop = server.loop
        self.deadline: Deadline = Deadline(server.loop, timeout)
        self._ends_at = None if timeout is None else server.loop.now() + timeout
        self._over = Event()
        self._taken: list[tuple[object, ...]] = []
        #: Whether handlers have still to be started.
        self.is_handing_over: bool = False
        #: Whether nothing was left in the end.
        self.is_done: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or another."""
        return self._over.is_set()

    def left(self) -> float | None:
        """Return how many seconds there are; None: no end."""
        if self._ends_at is None:
            return None
        return max(0.0, self._ends_at - self._loop.now())

    def join(self, timeout: float | None) -> bool:
        """Wait until it has ended, and end it after *timeout* seconds.

        Returns:
            Whether nothing was left.

        Blocking:
            Switches to the hub unless it is over.
        """
        if not self._over.wait(timeout):  # switches
            self.deadline.expire()
            self._over.wait()  # switches; what is left takes no time
        return self.is_done

    def run(self) -> bool:
        """Take the steps; return whether nothing is left.

        Blocking:
            Switches to the hub.
        """
        server = self._server
        try:
            if server.started and not self.deadline.reached:
                self.is_handing_over = True
                server._take_rest(self._taken)  # switches
                server._shut()
                if server._starts_at_once():
                    # No switch until it is closed: an answer says what comes of it.
                    self._hand_over()
                else:
                    self.deadline.wait_for_call(self._hand_over)  # switches
                self.is_handing_over = False
            if not server._answers_by_listener:
                server.close()
            server._drain(self.deadline)  # switches
            self._wait_for_handlers()  # switches
            self.is_done = not server._is_busy()
        finally:
            self._end()
        if self.is_done:
            server._end_rest()  # switches
        return self.is_done

    def _hand_over(self) -> None:
        """Start the handlers of all that was taken, when there are slots; switches."""
        server = self._server
        # Those wait in `spawn`; of others nobody tells when there is room.
        waits = (
            server._starts_at_once()
            or getattr(server.pool, "_semaphore", None) is not None
        )
        while self._taken:
            while not waits and server.full():
                sleep(_LOOK_AGAIN)  # switches
            # Who takes it closes it, too.
            args = self._taken.pop(0)
            try:
                server.do_handle(*args)  # switches
            except Exception as error:  # last resort: the others need theirs
                self._loop.handle_error(server, type(error), error, error.__traceback__)

    def _wait_for_handlers(self) -> None:
        """Wait for those who are in no pool; switches."""
        me = getcurrent()
        telling: list[Greenlet] = []
        others: list[NativeGreenlet] = []
        for each in self._server._loose_handlers():
            if each is not me:
                if isinstance(each, Greenlet):
                    telling.append(each)
                else:
                    others.append(each)
        if self.deadline.wait(telling):  # switches
            while others and not self.deadline.reached:
                others = [each for each in others if not each.dead]
                if others:
                    sleep(_LOOK_AGAIN)  # switches

    def _end(self) -> None:
        """Let go of what is left; never switches."""
        self.is_handing_over = False
        self.deadline.expire()
        server = self._server
        taken, self._taken = self._taken, []
        try:
            for args in taken:
                server.do_close(*args)
            server.close()
            if not self.is_done:
                server._give_up()
        finally:
            self._over.set()


def handlers_of(body: Callable[..., object], server: Drains) -> list[NativeGreenlet]:
    """Return the greenlets that run handlers of a server, or will, wherever they are.

    Args:
        body: What starts a handler; its second argument is a method of the server.
        server: The server.
    """
    known = greenlets_of(server.loop)
    return [each for each in known if is_handler_of(each, body, server)]


def is_handler_of(
    greenlet: object, body: Callable[..., object], server: object
) -> bool:
    """Return whether a greenlet runs a handler of a server, or will."""
    if isinstance(greenlet, Greenlet):
        args = greenlet.args
        if not greenlet or len(args) < 2:
            return False
        return getattr(args[1], "__self__", None) is server and greenlet._run is body
    if not isinstance(greenlet, NativeGreenlet) or greenlet.dead:
        return False
    frame = _first_frame(greenlet)
    if frame is None or frame.f_code is not getattr(body, "__code__", None):
        return False
    return getattr(frame.f_locals.get("close"), "__self__", None) is server


def _first_frame(greenlet: NativeGreenlet) -> FrameType | None:
    """Return the outermost frame of a greenlet that is not running."""
    frame: FrameType | None = greenlet.gr_frame
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame
