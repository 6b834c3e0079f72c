"""Watchers of simulated sockets."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Protocol

from gevent._loop.watchers import async_
from gevent._native.io.descriptor import cancel_wait_ex

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._loop.virtual import VirtualLoop
    from gevent._loop.watchers import timer
    from gevent._native.scheduling.scheduler import Waiter

    class Watched(Protocol):
        """An end of a connection, or what listens."""

        number: int
        watchers: list[simulated_io]

        def ready_at(self, events: int) -> float:
            """When one of the events will be there, infinite if that is not known."""


__all__ = ("simulated_io",)


class simulated_io(async_):
    """Readiness of a simulated socket; fires again and again while it lasts."""

    def __init__(
        self,
        loop: VirtualLoop,
        end: Watched,
        events: int,
        ref: bool = True,
        priority: int | None = None,
    ):
        async_.__init__(self, loop, ref, priority)
        self._loop = loop
        self._end = end
        self.fd = end.number
        self.events = events
        self._timer: timer | None = None
        self._is_watching = False

    def start(
        self, callback: Callable[..., object], *args: object, pass_events: bool = False
    ) -> None:
        """As of an ``io`` watcher."""
        if not callable(callback):
            raise TypeError(f"Expected callable, not {callback!r}")
        async_.start(self, self._run, callback, args, pass_events)
        self._watch()
        self.look()

    def _run(
        self,
        callback: Callable[..., object],
        args: tuple[object, ...],
        pass_events: bool,
    ) -> None:
        if not self._is_ready():
            self.look()
            return
        if pass_events:
            args = (self.events, *args)
        callback(*args)
        if self.active:
            self.look()

    def wait_for(self, waiter: Waiter, subject: object) -> int:
        """As of an ``io`` watcher."""
        self._watch()
        # Behind the beginning of the wait, which forgets what was sent before.
        self._loop.run_callback(self.look)
        try:
            return async_.wait_for(self, waiter, subject)  # switches
        finally:
            self._unwatch()

    def stop(self) -> None:
        """End watching."""
        async_.stop(self)
        self._unwatch()

    def close(self) -> None:
        """End watching for good."""
        self._unwatch()
        async_.close(self)

    def release(self) -> None:
        """The socket is closed: EBADF for the greenlet that waits."""
        self.cancel_wait(cancel_wait_ex())
        self._unwatch()

    def look(self) -> None:
        """Fire, now or when something will have arrived."""
        self._drop_timer()
        if not self._is_watching:
            return
        left = self._end.ready_at(self.events) - self._loop.read_clock()
        if left <= 0.0:
            self.send()
        elif left < inf:
            self._timer = self._loop.timer(left)
            self._timer.start(self.look)

    def _is_ready(self) -> bool:
        return self._end.ready_at(self.events) <= self._loop.read_clock()

    def _watch(self) -> None:
        if not self._is_watching:
            self._is_watching = True
            self._end.watchers.append(self)

    def _unwatch(self) -> None:
        self._drop_timer()
        if self._is_watching:
            self._is_watching = False
            self._end.watchers.remove(self)

    def _drop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.close()
