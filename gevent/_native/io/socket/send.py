"""Sockets: the calls that send; the twin of ``send.pyx``.

Contract and invariants are there.
"""

from __future__ import annotations

from _socket import MSG_DONTWAIT

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._native.io.socket.base import BaseSocket
from gevent._native.library.io_events import WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Final

    from _typeshed import ReadableBuffer

    from gevent._native.scheduling.scheduler import Scheduler


class Unset:
    """The type of an argument that was not given."""


_unset: Final = Unset()


class Calls:
    """How many sends there were, over all sockets (FD4)."""

    sends = 0


class SendingSocket(BaseSocket):
    """A socket that sends."""

    __slots__ = ("own_sends",)

    def _set_zeroes(self) -> None:
        BaseSocket._set_zeroes(self)
        self.own_sends = 0

    def moment(self, loop: Scheduler) -> int:
        """Changes when another greenlet ran or this thread sent elsewhere (FD4)."""
        return loop.n_switches + Calls.sends - self.own_sends

    def gives_up(self, flags: int) -> bool:
        """Whether a call that found the kernel not ready must not wait."""
        return gives_up(self.seconds, flags)

    def send(
        self,
        data: ReadableBuffer,
        flags: int = 0,
        timeout: float | Unset | None = _unset,
    ) -> int:
        """Send some bytes; return how many were taken.

        Blocking:
            Switches to the hub while there is no room.
        """
        seconds = self.seconds
        if not isinstance(timeout, Unset):
            seconds = -1.0 if timeout is None else timeout
        return self._send_by("send", flags, seconds, data, flags)

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> int | None:
        """Send all bytes; the time-out covers all waits together.

        Blocking:
            Switches to the hub while there is no room.
        """
        # Each view is let go of by hand: until then the caller cannot resize the data.
        with memoryview(data) as given, given.cast("B") as view:
            self.demand_open()
            if not view.nbytes:
                return 0
            deadline = self.deadline()
            start = 0
            while start < view.nbytes:
                left = self.time_left(deadline)
                with view[start:] as rest:
                    start += self._send_by("send", flags, left, rest, flags)
        return None

    def _send_now(self, data: bytes, start: int) -> int:
        """Send what the kernel takes of ``data[start:]`` now; return its length."""
        if not 0 <= start <= len(data):
            raise ValueError(f"start must be inside the data, not {start!r}")
        self.demand_open()
        Calls.sends += 1
        self.own_sends += 1
        try:
            return self._sock.send(memoryview(data)[start:])
        except BlockingIOError:
            return 0

    def sendto(self, data: ReadableBuffer, *args: object) -> int:
        """Send a datagram: ``sendto(data, address)`` or ``(data, flags, address)``.

        Blocking:
            Switches to the hub while there is no room.
        """
        flags = args[0] if len(args) == 2 and isinstance(args[0], int) else 0
        if args:
            args = (*args[:-1], self._resolve(args[-1]))
        return self._send_by("sendto", flags, self.seconds, data, *args)

    def sendmsg(
        self,
        buffers: Iterable[object],
        ancdata: Iterable[object] = (),
        flags: int = 0,
        address: object = None,
    ) -> int:
        """Send buffers and ancillary data, as the standard library.

        Blocking:
            Switches to the hub while there is no room.
        """
        args: tuple[object, ...] = tuple(buffers), tuple(ancdata), flags
        if address is not None:
            args += (self._resolve(address),)
        return self._send_by("sendmsg", flags, self.seconds, *args)

    def _resolve(self, address: object) -> object:
        """Return an address with a literal host; overridden where names are known."""
        return address

    def _send_by(self, name: str, flags: int, seconds: float, *args: object) -> int:
        """Call a sending method of the raw socket; wait at most once."""
        self.demand_open()
        method = cast("Callable[..., int]", getattr(self._sock, name))
        Calls.sends += 1
        self.own_sends += 1
        try:
            return method(*args)
        except BlockingIOError:
            if gives_up(seconds, flags):
                raise
        if self.wait_ready(WRITE, seconds):  # switches
            raise TimeoutError("timed out")
        try:
            return method(*args)
        except BlockingIOError:
            return 0


def gives_up(seconds: float, flags: int) -> bool:
    """Whether a call with this time-out must not wait.

    MSG_DONTWAIT is about one system call: with a time-out the interpreter waits before
    it makes that, and so it is here.
    """
    return seconds == 0.0 or (seconds < 0.0 and flags & MSG_DONTWAIT != 0)
