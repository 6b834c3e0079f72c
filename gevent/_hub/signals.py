"""Greenlets that are started by signals: ``gevent.signal_handler``."""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING, Protocol, cast
from gevent._hub.greenlet import Greenlet
from gevent._native.scheduling.scheduler import current_hub

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._loop.loop import Loop

__all__ = ("signal",)


class Reports(Protocol):
    """What is needed of a hub."""

    loop: Loop

    def handle_error(self, context: object, *error: object) -> None:
        """Report an error."""


class signal:
    """Run a function in a new greenlet for each delivery of a signal.

    Args:
        signalnum: Which signal.
        handler: What to call.
        args: Its arguments.
        kwargs: Its keyword arguments.

    Raises:
        TypeError: *handler* is not callable.
        ValueError: There is no such signal.
    """

    greenlet_class: type[Greenlet] | None = None

    def __init__(
        self,
        signalnum: int,
        handler: Callable[..., object],
        *args: object,
        **kwargs: object,
    ):
        if not callable(handler):
            raise TypeError("signal handler must be callable.")
        self.hub = cast("Reports", current_hub())
        self.watcher = self.hub.loop.signal(signalnum, ref=False)
        self.handler: Callable[..., object] | None = handler
        self.args = args
        self.kwargs = kwargs
        self.watcher.start(self._start)
        if self.greenlet_class is None:
            type(self).greenlet_class = Greenlet

    @property
    def ref(self) -> bool:
        """Whether it keeps the loop running; False at first."""
        return self.watcher.ref

    @ref.setter
    def ref(self, value: bool) -> None:
        self.watcher.ref = value

    def cancel(self) -> None:
        """End it and let go of the handler; repeatable."""
        self.watcher.close()
        self.handler = None
        self.args = ()
        self.kwargs = {}

    def _start(self) -> None:
        kind = self.greenlet_class or Greenlet
        greenlet = kind(self.handle)
        greenlet.switch()  # switches

    def handle(self) -> None:
        """Call the handler; the body of the greenlets."""
        handler = self.handler
        if handler is None:
            return
        try:
            handler(*self.args, **self.kwargs)
        except BaseException as error:  # last resort: nobody waits for this greenlet
            self.hub.handle_error(None, type(error), error, error.__traceback__)
