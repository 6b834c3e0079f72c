"""Cooperative ``select`` and ``poll``: the home of ``gevent.select``."""

from __future__ import annotations

import os
from errno import EBADF
from math import isnan
from operator import index
from select import POLLIN, POLLNVAL, POLLOUT, POLLPRI

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.mirror import mirror, public_names
from gevent._base.publish import publish
from gevent._hub.hub import get_hub, sleep
from gevent._native.io.poll_set import READABLE, WRITABLE, PollSet
from gevent._native.io.socket.base import number_of
from gevent.net.process.forked_threads import SharedWait
from gevent.net.read_ahead import has_input, readers
from gevent.net.simulation import simulation, simulations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsFloat, SupportsIndex, TypeVar

    from _typeshed import FileDescriptorLike

    from gevent._loop.loop import Loop
    from gevent.net.simulation import Simulation

    _R = TypeVar("_R", bound=FileDescriptorLike)
    _W = TypeVar("_W", bound=FileDescriptorLike)
    _X = TypeVar("_X", bound=FileDescriptorLike)

error = OSError

_LARGEST_MASK = 0xFFFF


def select(
    rlist: Iterable[_R],
    wlist: Iterable[_W],
    xlist: Iterable[_X],
    timeout: SupportsFloat | None = None,
) -> tuple[list[_R], list[_W], list[_X]]:
    """Wait until some of many descriptors are ready.

    Args:
        rlist: Numbers, or objects with ``fileno``, to be readable.
        wlist: To be writable.
        xlist: To have an exceptional condition; nobody waits for these, they are
            looked at before and after waiting.
        timeout: Seconds; None: for ever.

    Returns:
        Those that are ready, in three lists; all empty when the time passed.

    Raises:
        OSError: EBADF, a descriptor is not open.
        TypeError: One is no descriptor, or *timeout* no number.
        ValueError: A descriptor is negative, or *timeout* is.

    Blocking:
        Switches to the hub, once even if something is ready.
    Cancellation:
        Nothing stays registered.
    Thread safety:
        From any thread with a hub.
    """
    seconds = _as_seconds(timeout)
    entries = PollSet()
    to_read = entries.add_all(rlist, POLLIN)
    to_write = entries.add_all(wlist, POLLOUT)
    others = entries.add_all(xlist, POLLPRI)
    network = simulation() if simulations else None
    if network is not None and network.knows_any(map(number_of, (*to_read, *to_write))):
        readable, writable = _select_simulated(network, to_read, to_write, seconds)
        return readable, writable, []
    n_ready = _look(entries)
    if entries.has_invalid():
        raise OSError(EBADF, os.strerror(EBADF))
    if n_ready or seconds == 0.0:
        sleep(0)  # switches
    else:
        _wait(entries, seconds)  # switches
    n_read = len(to_read)
    return (
        entries.ready_among(to_read, 0, READABLE),
        entries.ready_among(to_write, n_read, WRITABLE),
        entries.ready_among(others, n_read + len(to_write), POLLPRI),
    )


def _select_simulated(
    network: Simulation,
    to_read: list[_R],
    to_write: list[_W],
    seconds: float | None,
) -> tuple[list[_R], list[_W]]:
    """select(), of a network in memory; nothing exceptional happens there."""
    masks: dict[int, int] = {}
    for objects, events in ((to_read, POLLIN), (to_write, POLLOUT)):
        for each in objects:
            number = number_of(each)
            masks[number] = masks.get(number, 0) | events
    found = network.poll(masks, seconds)  # switches
    if any(events & POLLNVAL for events in found.values()):
        raise OSError(EBADF, os.strerror(EBADF))
    return (
        [each for each in to_read if found.get(number_of(each), 0) & POLLIN],
        [each for each in to_write if found.get(number_of(each), 0) & POLLOUT],
    )


def _as_seconds(timeout: SupportsFloat | None) -> float | None:
    if timeout is None:
        return None
    if not hasattr(timeout, "__float__"):
        raise TypeError("timeout must be a float or None")
    seconds = float(timeout)
    if isnan(seconds):
        raise ValueError("Invalid value NaN (not a number)")
    if seconds < 0.0:
        raise ValueError("timeout must be non-negative")
    return seconds


def _as_number(timeout: SupportsFloat) -> float:
    if not hasattr(timeout, "__float__"):
        raise TypeError("timeout must be an integer or None")
    number = float(timeout)
    if isnan(number):
        raise ValueError("Invalid value NaN (not a number)")
    return number


def _checked_mask(events: object) -> int:
    """Return what the kernel has 16 bits for, or the error that Python raises."""
    if not hasattr(events, "__index__"):
        raise TypeError("an integer is required")
    mask = index(cast("SupportsIndex", events))
    if mask < 0:
        raise ValueError("value must be positive")
    if mask > _LARGEST_MASK:
        raise OverflowError("Python int too large for C unsigned short")
    return mask


def _look(entries: PollSet) -> int:
    """Ask the kernel, and TLS for what it has read ahead."""
    n_ready = entries.look()
    if readers:
        for fd in readers.keys() & entries.numbers():
            if has_input(fd):
                entries.mark(fd)
                n_ready += 1
    return n_ready


def _wait(entries: PollSet, seconds: float | None) -> None:
    """Wait until one is ready; for ever in a child of ``multiprocessing``."""
    wait = SharedWait()
    entries.wait(seconds)  # switches
    wait.stop_in_child()  # switches


class poll:
    """Waits for any of a set of descriptors.

    Attributes:
        fds: Number to events that are waited for.

    Thread safety:
        One thread at a time.
    """

    def __init__(self) -> None:
        self.fds: dict[int, int] = {}

    @property
    def loop(self) -> Loop:
        """The loop of the calling thread."""
        return get_hub().loop

    def register(
        self, fd: FileDescriptorLike, eventmask: int = POLLIN | POLLOUT
    ) -> None:
        """Wait for a descriptor, too, or for other events of it.

        Args:
            fd: A number, or an object with ``fileno``.
            eventmask: ``POLL`` flags.

        Raises:
            TypeError: *fd* is no descriptor, or *eventmask* no integer.
            ValueError: One is negative.
            OverflowError: *eventmask* has more than 16 bits.
        """
        number = number_of(fd)
        self.fds[number] = _checked_mask(eventmask)

    def modify(self, fd: FileDescriptorLike, eventmask: int) -> None:
        """As :meth:`register`."""
        self.register(fd, eventmask)

    def unregister(self, fd: FileDescriptorLike) -> None:
        """Wait for a descriptor no more.

        Raises:
            KeyError: It is not waited for.
        """
        del self.fds[number_of(fd)]

    def poll(self, timeout: SupportsFloat | None = None) -> list[tuple[int, int]]:
        """Wait until some are ready.

        Args:
            timeout: Milliseconds; None or negative: for ever; 0: the loop polls once.

        Returns:
            (number, events) of each that is ready; POLLNVAL if it is not open.

        Raises:
            TypeError: *timeout* is no number.
            ValueError: It is NaN.

        Blocking:
            Switches to the hub, once even if something is ready.
        Cancellation:
            Nothing stays registered.
        """
        milliseconds = -1.0 if timeout is None else _as_number(timeout)
        network = simulation() if simulations else None
        if network is not None and network.knows_any(self.fds):
            left = None if milliseconds < 0.0 else milliseconds / 1000.0
            return list(network.poll(self.fds, left).items())  # switches
        entries = PollSet()
        entries.add_masks(self.fds)
        if _look(entries) or milliseconds == 0.0:
            sleep(0)  # switches
        else:
            seconds = milliseconds / 1000.0 if milliseconds > 0.0 else None
            _wait(entries, seconds)  # switches
        return entries.results()


mirror(
    "select",
    globals(),
    implements=("poll", "select"),
    imports=public_names("select"),
    also_export=("error",),
)
publish(__name__, "gevent.select")
