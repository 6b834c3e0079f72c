"""Sockets: the calls that receive; the twin of ``receive.pyx``.

Contract and invariants are there. Here is no scratch buffer (FD5).
"""

from __future__ import annotations

from _socket import MSG_DONTWAIT, MSG_PEEK, SOCK_STREAM

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._native.io.descriptor import FAIRNESS_MASK, cancel_wait_ex, give_way
from gevent._native.io.socket.send import SendingSocket
from gevent._native.library.io_events import READ
from gevent._native.scheduling.scheduler import Scheduler

if TYPE_CHECKING:
    import _socket
    from _socket import _RetAddress
    from collections.abc import Iterable
    from typing import TypeAlias

    from _typeshed import WriteableBuffer

    Ancillary: TypeAlias = list[tuple[int, int, bytes]]
    Message: TypeAlias = tuple[bytes, Ancillary, int, _RetAddress]
    MessageInto: TypeAlias = tuple[int, Ancillary, int, _RetAddress]


class Calls:
    """How many receiving calls there were, over all sockets."""

    receives = 0


class ReceivingSocket(SendingSocket):
    """A socket that receives."""

    __slots__ = ("emptied_at", "emptied_poll")

    def _set_zeroes(self) -> None:
        SendingSocket._set_zeroes(self)
        self.emptied_at = 0
        self.emptied_poll = 0.0

    def _interrupt(self) -> None:
        """Forget FD4, too: the number may be another file's afterwards."""
        self.emptied_poll = 0.0
        SendingSocket._interrupt(self)

    def has_emptied(self, loop: Scheduler) -> bool:
        """Whether a read would find nothing (FD4)."""
        return self.emptied_poll == loop.polled_at and self.emptied_at == self.moment(
            loop
        )

    def yield_if_due(self, loop: Scheduler) -> bool:
        """Let the loop poll if a greenlet with much input has kept it from that."""
        Calls.receives += 1
        generation = self.generation
        if Calls.receives & FAIRNESS_MASK or not give_way(loop):  # switches
            return False
        if generation != self.generation:
            raise cancel_wait_ex
        return True

    def before_receiving(self, flags: int) -> None:
        """Yield if it is the loop's turn; wait first if the buffer is empty (FD4)."""
        self.demand_open()
        if self.seconds == 0.0 or flags & MSG_DONTWAIT:
            return
        loop = Scheduler.of_thread()
        if not self.yield_if_due(loop) and flags == 0 and self.has_emptied(loop):
            self.emptied_poll = 0.0
            self.wait_or_fail(READ)  # switches

    def note_received(self, got: int, size: int) -> None:
        """Remember whether the kernel has no more (FD4)."""
        if 0 < got < size and self.type == SOCK_STREAM and self.seconds != 0.0:
            loop = Scheduler.of_thread()
            self.emptied_poll = loop.polled_at
            self.emptied_at = self.moment(loop)

    def _receive_by(self, name: str, flags: int, *args: object) -> object:
        """Call a receiving method of the raw socket until it has something."""
        deadline = self.deadline()
        self.before_receiving(flags)
        while True:
            try:
                return getattr(self._sock, name)(*args)
            except BlockingIOError:
                if self.gives_up(flags):
                    raise
            if self.wait_ready(READ, self.time_left(deadline)):  # switches
                raise TimeoutError("timed out")

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive at most *bufsize* bytes; none at the end of a stream.

        Blocking:
            Switches to the hub while there is nothing to receive, and when the loop
            has not polled for longer than the switch interval.
        """
        if bufsize == 0:
            self.demand_open()
            return b""
        # With MSG_TRUNC there may be more than was asked for, of whatever was there.
        data = cast("bytes", self._receive_by("recv", flags, bufsize, flags))[:bufsize]
        if flags == 0:
            self.note_received(len(data), bufsize)
        return data

    def recv_into(
        self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0
    ) -> int:
        """Receive into a writable buffer; return how many bytes came.

        Blocking:
            As :meth:`recv`.
        """
        with memoryview(buffer) as view:
            is_empty = view.nbytes == 0
        if is_empty:
            self.demand_open()
            return 0
        return cast(
            "int",
            self._receive_by("recv_into", flags | MSG_PEEK, buffer, nbytes, flags),
        )

    def _receive_now(self, size: int) -> bytes | None:
        """Receive from a stream what is there; None if nothing is.

        Blocking:
            Switches to the hub when the loop has not polled for longer than the
            switch interval.
        """
        self.demand_open()
        if self.seconds != 0.0:
            loop = Scheduler.of_thread()
            if not self.yield_if_due(loop) and self.has_emptied(loop):  # switches
                self.emptied_poll = 0.0
                return None
        try:
            data = self._sock.recv(size)
        except BlockingIOError:
            return None
        self.note_received(len(data), size)
        return data

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, _RetAddress]:
        """Receive at most *bufsize* bytes, with the address of the sender.

        Blocking:
            As :meth:`recv`.
        """
        result = self._receive_by("recvfrom", flags | MSG_PEEK, bufsize, flags)
        return cast("tuple[bytes, _RetAddress]", result)

    def recvfrom_into(
        self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0
    ) -> tuple[int, _RetAddress]:
        """Receive into a writable buffer, with the address of the sender.

        Blocking:
            As :meth:`recv`.
        """
        result = self._receive_by(
            "recvfrom_into", flags | MSG_PEEK, buffer, nbytes, flags
        )
        return cast("tuple[int, _RetAddress]", result)

    def recvmsg(self, bufsize: int, ancbufsize: int = 0, flags: int = 0, /) -> Message:
        """Receive data and ancillary data, as the standard library.

        Blocking:
            As :meth:`recv`.
        """
        result = self._receive_by(
            "recvmsg", flags | MSG_PEEK, bufsize, ancbufsize, flags
        )
        return cast("Message", result)

    def recvmsg_into(
        self, buffers: Iterable[object], ancbufsize: int = 0, flags: int = 0, /
    ) -> MessageInto:
        """Receive into buffers, with ancillary data, as the standard library.

        Blocking:
            As :meth:`recv`.
        """
        result = self._receive_by(
            "recvmsg_into", flags | MSG_PEEK, tuple(buffers), ancbufsize, flags
        )
        return cast("MessageInto", result)


def receive_pending(
    sock: _socket.socket, size: int
) -> tuple[bytes, _RetAddress] | None:
    """Take a datagram that has come already.

    Returns:
        (the bytes, address of the sender), or None if there is none.

    Raises:
        OSError: As the system says.
    """
    try:
        return sock.recvfrom(size, MSG_DONTWAIT)
    except BlockingIOError:
        return None
