"""Cooperative selectors: the home of ``gevent.selectors``.

The kernel remembers what is registered (epoll); a ``select`` that has to wait waits for
that one descriptor, so its cost does not grow with the number of registrations.
"""

from __future__ import annotations

import selectors as _stdlib
from errno import EPERM
from math import isnan
from select import POLLIN, POLLOUT
from selectors import EVENT_READ, EVENT_WRITE, SelectorKey

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._base.mirror import mirror
from gevent._base.publish import publish
from gevent._hub.hub import get_hub, sleep
from gevent._native.io.poll_set import PollSet
from gevent.net.read_ahead import has_input, readers

if TYPE_CHECKING:
    import select
    from collections.abc import Callable

    from _typeshed import FileDescriptorLike

    from gevent._hub.hub import Hub


class Epoll:
    """Registrations in the kernel."""

    def __init__(self) -> None:
        made: select.epoll = originals.get("select", "epoll")()  # type: ignore[assignment]  # by name
        self._epoll = made
        # Regular files: epoll does not take them, they are always ready.
        self._files: dict[int, int] = {}
        self.modify: Callable[[int, int], None] = made.modify
        self.close: Callable[[], None] = made.close

    def register(self, fd: int, events: int) -> None:
        """Add a descriptor."""
        try:
            self._epoll.register(fd, events)
        except PermissionError as error:
            if error.errno != EPERM:
                raise
            self._files[fd] = events

    def unregister(self, fd: int) -> None:
        """Remove a descriptor, which may be closed."""
        if self._files.pop(fd, None) is None:
            try:
                self._epoll.unregister(fd)
            except OSError:
                # Closed: the kernel has forgotten it.
                pass

    def look(self, n_most: int) -> list[tuple[int, int]]:
        """Return (number, events) of what is ready now."""
        return [*self._epoll.poll(0, n_most), *self._files.items()]

    def entries(self) -> PollSet:
        """Return what to wait for."""
        entries = PollSet()
        entries.add_all((self._epoll,), POLLIN)
        return entries


class Registered:
    """Registrations where the kernel keeps none: each wait registers them all."""

    def __init__(self) -> None:
        self._events: dict[int, int] = {}
        self.register: Callable[[int, int], None] = self._events.__setitem__
        self.modify: Callable[[int, int], None] = self.register
        self.close: Callable[[], None] = self._events.clear

    def unregister(self, fd: int) -> None:
        """Remove a descriptor."""
        self._events.pop(fd, None)

    def look(self, n_most: int) -> list[tuple[int, int]]:
        """Return (number, events) of what is ready now."""
        entries = self.entries()
        entries.look()
        return entries.results()

    def entries(self) -> PollSet:
        """Return what to wait for."""
        entries = PollSet()
        entries.add_masks(self._events)
        return entries


class GeventSelector(_stdlib._BaseSelectorImpl):
    """A selector whose ``select`` blocks the calling greenlet only.

    Args:
        hub: Not needed any more: the calling thread's is used.

    Thread safety:
        One thread at a time.
    """

    if TYPE_CHECKING:
        _fd_to_key: dict[int, SelectorKey]

    def __init__(self, hub: Hub | None = None):
        super().__init__()
        self._hub = hub
        has_epoll = hasattr(_stdlib, "EpollSelector") or originals.filled(
            "select", "epoll"
        )
        self._kernel = Epoll() if has_epoll else Registered()

    @property
    def hub(self) -> Hub:
        """The hub that was given, or else the calling thread's."""
        return get_hub() if self._hub is None else self._hub

    def register(
        self, fileobj: FileDescriptorLike, events: int, data: object = None
    ) -> SelectorKey:
        """Wait for a file object, too.

        Args:
            fileobj: A number, or an object with ``fileno``.
            events: EVENT_READ, EVENT_WRITE or both.
            data: Whatever should come back with the key.

        Returns:
            The key that ``select`` will return.

        Raises:
            ValueError: *events* or *fileobj* is invalid.
            KeyError: It is registered already.
            OSError: As the system says; nothing was registered.
        """
        key = super().register(fileobj, events, data)
        try:
            self._kernel.register(key.fd, _mask(events))
        except BaseException:
            super().unregister(fileobj)
            raise
        return key

    def unregister(self, fileobj: FileDescriptorLike) -> SelectorKey:
        """Wait for a file object no more; it may be closed.

        Raises:
            KeyError: It is not registered.
        """
        key = super().unregister(fileobj)
        self._kernel.unregister(key.fd)
        return key

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Wait until some file objects are ready.

        Args:
            timeout: Seconds; None: for ever; 0 or less: do not wait.

        Returns:
            (key, events) of each that is ready.

        Raises:
            RuntimeError: The selector is closed.
            TypeError: *timeout* is no number.
            ValueError: It is NaN.

        Blocking:
            Switches to the hub, once even if something is ready.
        Cancellation:
            Nothing is lost.
        """
        must_not_wait = timeout is not None and timeout <= 0
        if timeout is not None and isnan(timeout):
            raise ValueError("Invalid value NaN (not a number)")
        ready = self._ready()
        if ready or must_not_wait:
            sleep(0)  # switches
            return ready
        entries = self._kernel.entries() if self._fd_to_key else PollSet()
        entries.wait(timeout)  # switches
        return self._ready()

    def _ready(self) -> list[tuple[SelectorKey, int]]:
        if self.get_map() is None:
            raise RuntimeError("Selector is closed")
        keys = self._fd_to_key
        ready = dict.fromkeys(_ahead(keys), EVENT_READ) if readers else {}
        for fd, events in self._kernel.look(len(keys) or 1):
            if fd in keys:
                found = (EVENT_WRITE if events & ~POLLIN else 0) | (
                    EVENT_READ if events & ~POLLOUT else 0
                )
                ready[fd] = (ready.get(fd, 0) | found) & keys[fd].events
        return [(keys[fd], events) for fd, events in ready.items()]

    def close(self) -> None:
        """Forget everything; repeatable."""
        self._kernel.close()
        super().close()


def _mask(events: int) -> int:
    """Return selector events as the kernel has them."""
    return (POLLIN if events & EVENT_READ else 0) | (
        POLLOUT if events & EVENT_WRITE else 0
    )


def _ahead(keys: dict[int, SelectorKey]) -> list[int]:
    """Return the TLS connections that have read more than they were asked for."""
    return [
        fd
        for fd in readers.keys() & keys.keys()
        if keys[fd].events & EVENT_READ and has_input(fd)
    ]


DefaultSelector = GeventSelector

mirror(
    "selectors",
    globals(),
    implements=("DefaultSelector",),
    extensions=("GeventSelector",),
)
publish(__name__, "gevent.selectors")
