"""Descriptors that gevent opens and closes itself; the twin of ``descriptor.pyx``.

Contract and invariants are there. Here the descriptor belongs to a ``_socket.socket``
from the beginning (D3), and there is no scratch buffer (D5).
"""

from __future__ import annotations

import _socket
import math
import os
import sys
import warnings
from _socket import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    MSG_DONTWAIT,
    MSG_PEEK,
    SO_ERROR,
    SOCK_STREAM,
    SOL_SOCKET,
)
from errno import (
    EAGAIN,
    EALREADY,
    EBADF,
    EINPROGRESS,
    EISCONN,
)
from typing import TYPE_CHECKING, cast

from gevent._base.exceptions import ConcurrentObjectUseError
from gevent._native.numbers import claim, drop_owner, set_owner, tell_waiters
from gevent._native.scheduler import Scheduler, Waiter, Watcher

if TYPE_CHECKING:
    from _socket import _RetAddress
    from collections.abc import Callable, Iterable
    from typing import Final, Protocol, Self, SupportsFloat, TypeAlias

    from _typeshed import FileDescriptorLike, ReadableBuffer, WriteableBuffer

    from gevent._native.backend import Backend, Record

    Accepted: TypeAlias = tuple[int, _RetAddress]
    Ancillary: TypeAlias = list[tuple[int, int, bytes]]
    Message: TypeAlias = tuple[bytes, Ancillary, int, _RetAddress]
    MessageInto: TypeAlias = tuple[int, Ancillary, int, _RetAddress]

    class HasBackend(Protocol):
        """A loop over an event library."""

        def backend_loop(self) -> Backend:
            """The library's loop."""


READ = 1
WRITE = 2
FAIRNESS_MASK = 15
TURN_IS_OVER = 1 << 20
BACKLOG_DELAY = 0.002


class Unset:
    """The type of an argument that was not given."""


_unset: Final = Unset()


class Calls:
    """What is counted over all sockets: receiving calls, and sends (D4)."""

    receives = 0
    sends = 0
    accepted_type: type[SocketDescriptor]


class cancel_wait_ex(OSError):
    """What a greenlet gets whose descriptor was closed while it waited."""

    def __init__(self) -> None:
        OSError.__init__(self, EBADF, "File descriptor was closed in another greenlet")


def error_of(code: int) -> OSError:
    """Return the OSError of a number."""
    return OSError(code, os.strerror(code))


class Watch(Watcher):
    """Readiness of one direction of a :class:`Descriptor`."""

    record: Record
    is_counted: bool

    def count(self, wanted: bool) -> int:
        """Bring the loop's count of references up to date."""
        if wanted != self.is_counted:
            self.is_counted = wanted
            self.loop.references += 1 if wanted else -1
        return 0

    def release(self) -> int:
        """End the wait, however it ended (D2)."""
        self.waiter = None
        self.queued = 0
        self.count(False)
        return self.record.stop()

    def cancel(self, error: BaseException) -> int:
        """Raise *error* in the greenlet that waits, in its turn; from any thread."""
        waiter = self.waiter
        if waiter is None:
            return 0
        if self.loop.is_current():
            self.release()
            waiter.fail_later(error)
            return 0
        self.waiter = None
        self.queued = 0
        self.count(False)
        waiter.fail_later(error)
        cast("HasBackend", self.loop).backend_loop().wakeup()
        return 0

    def fire(self) -> int:
        """Nobody waits any more."""
        return self.release()

    def expired(self) -> int:
        """Never: a watch has no timer."""
        raise AssertionError("a watch of a descriptor has no timer")


class Descriptor:
    """A descriptor with a generation, and a watch for each direction.

    Threads: one at a time. The watches move to the loop of the thread that waits.
    """

    __slots__ = (
        "__weakref__",
        "_last_fd",
        "fd",
        "generation",
        "given_timeout",
        "is_ref",
        "reader",
        "seconds",
        "writer",
    )

    fd: int
    reader: Watch | None
    writer: Watch | None

    def __init__(self) -> None:
        self._set_zeroes()

    def _set_zeroes(self) -> None:
        self.fd = self._last_fd = -1
        self.generation = 0
        self.seconds = -1.0
        self.given_timeout: float | None = None
        self.is_ref = True
        self.reader = None
        self.writer = None

    @property
    def ref(self) -> bool:
        """Whether waiting for this descriptor keeps the loop running."""
        return self.is_ref

    @ref.setter
    def ref(self, value: bool) -> None:
        self.is_ref = bool(value)
        for each in (self.reader, self.writer):
            if each is not None and each.waiter is not None:
                each.count(self.is_ref)

    @property
    def timeout(self) -> float | None:
        """Seconds that each call may wait; None: for ever; 0.0: it does not wait."""
        return self.given_timeout

    @timeout.setter
    def timeout(self, value: SupportsFloat | None) -> None:
        self.settimeout(value)

    def gettimeout(self) -> float | None:
        """Return the time-out in seconds, or None."""
        return self.given_timeout

    def settimeout(self, howlong: SupportsFloat | None) -> None:
        """Set for how long each call may wait.

        Args:
            howlong: Seconds; None: for ever; 0: calls do not wait.

        Raises:
            TypeError: It is no number.
            ValueError: It is negative or NaN.
        """
        if howlong is None:
            self.seconds = -1.0
            self.given_timeout = None
            return
        if not hasattr(howlong, "__float__"):
            raise TypeError("a float is required", howlong, type(howlong))
        seconds = float(howlong)
        if math.isnan(seconds):
            raise ValueError("Invalid value NaN (not a number)")
        if seconds < 0.0:
            raise ValueError("Timeout value out of range")
        self.seconds = seconds
        self.given_timeout = seconds

    def wait_readable(self, timeout: float | None = None) -> bool:
        """Wait until a read would not block.

        Args:
            timeout: Seconds; None: for ever.

        Returns:
            Whether that was so in time.

        Blocking:
            Switches to the hub.
        """
        return not self.wait_ready(READ, -1.0 if timeout is None else timeout)

    def wait_writable(self, timeout: float | None = None) -> bool:
        """Wait until a write would not block; see :meth:`wait_readable`.

        Blocking:
            Switches to the hub.
        """
        return not self.wait_ready(WRITE, -1.0 if timeout is None else timeout)

    def demand_open(self) -> int:
        """Raise EBADF if it is closed."""
        if self.fd < 0:
            raise error_of(EBADF)
        return 0

    def watch_of(self, loop: Scheduler, events: int) -> Watch:
        """Return the watch of a direction on *loop*; an idle one is dropped."""
        watch = self.reader if events == READ else self.writer
        if watch is not None:
            if watch.waiter is not None:
                raise ConcurrentObjectUseError(
                    f"This socket is already used by another greenlet: {watch.waiter!r}"
                )
            if watch.loop is loop:
                return watch
        watch = Watch()
        watch.loop = loop
        watch.record = (
            cast("HasBackend", loop).backend_loop().io(watch, self.fd, events)
        )
        if events == READ:
            self.reader = watch
        else:
            self.writer = watch
        return watch

    def wait_ready(self, events: int, seconds: float) -> bool:
        """Park until a direction is ready; True if *seconds* passed."""
        generation = self.generation
        self.demand_open()
        loop = Scheduler.of_thread()
        watch = self.watch_of(loop, events)
        waiter = loop.new_waiter()
        watch.fired_events = 0
        watch.record.start()
        watch.waiter = waiter
        watch.count(self.is_ref)
        try:
            timed_out = self.park(waiter, seconds)  # switches
        finally:
            if generation == self.generation and watch.waiter in (None, waiter):
                watch.release()
        if generation != self.generation:
            raise cancel_wait_ex
        return timed_out and watch.fired_events == 0

    def park(self, waiter: Waiter, seconds: float) -> bool:
        """Park on a waiter; True if *seconds* (not negative) passed."""
        if seconds < 0.0:
            waiter.wait(self)  # switches
            return False
        return bool(waiter.wait_until(self, seconds))  # switches

    def wait_or_fail(self, events: int) -> int:
        """Wait with the time-out of the descriptor."""
        if self.wait_ready(events, self.seconds):
            raise TimeoutError("timed out")
        return 0

    def let_go(self, error: Callable[[], BaseException]) -> int:
        """Forget ``fd`` (D1); the caller closes it."""
        drop_owner(self.fd, self)
        self._last_fd = self.fd
        self.fd = -1
        return self.end_waits(error)

    def end_waits(self, error: Callable[[], BaseException]) -> int:
        """Raise *error* where somebody waits; the loop forgets the number."""
        self.generation += 1
        for each in (self.reader, self.writer):
            if each is not None:
                each.cancel(error())
                each.record.free()
        self.reader = None
        self.writer = None
        return 0


def number_of(fileobj: FileDescriptorLike) -> int:
    """Return the descriptor of a number or of an object with a ``fileno``."""
    if not isinstance(fileobj, int) and not hasattr(fileobj, "fileno"):
        raise TypeError("argument must be an int, or have a fileno() method.")
    number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
    if number < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({number})")
    return number


class SocketDescriptor(Descriptor):
    """The native part of ``gevent.socket.socket``."""

    __slots__ = (
        "_closed",
        "_detached",
        "_family",
        "_io_refs",
        "emptied_at",
        "emptied_poll",
        "own_sends",
        "proto",
        "raw",
        "type",
    )

    raw: _socket.socket | None

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Return one without a descriptor."""
        self = super().__new__(cls)
        self._set_zeroes()
        return self

    def _set_zeroes(self) -> None:
        Descriptor._set_zeroes(self)
        self._family = self.type = self.proto = 0
        self._io_refs = 0
        self._closed = self._detached = False
        self.raw = None
        self.own_sends = self.emptied_at = 0
        self.emptied_poll = 0.0

    def _open(self, family: int, kind: int, proto: int) -> None:
        """Make a new socket of the system; one that was open is closed."""
        raw = _socket.socket(family, kind, proto)
        claim(raw.fileno())
        self._adopt(raw)

    def _adopt(self, raw: _socket.socket) -> None:
        """Take over a ``_socket.socket``, which goes on to own the descriptor."""
        self._real_close()
        raw.settimeout(0.0)
        self.raw = raw
        self.fd = raw.fileno()
        set_owner(self.fd, self)
        self._family, self.type, self.proto = raw.family, raw.type, raw.proto

    def _take(self, fd: int, family: int, kind: int, proto: int) -> None:
        """Take over a bare descriptor."""
        self._adopt(_socket.socket(family, kind, proto, fd))

    @property
    def _sock(self) -> _socket.socket:
        """The interpreter's own socket object, which does not block.

        Raises:
            OSError: The socket was closed before anybody asked for it.
        """
        if self.raw is None:
            raise error_of(EBADF)
        return self.raw

    def fileno(self) -> int:
        """Return the number of the descriptor, or -1."""
        return self.fd

    # -- closing ------------------------------------------------------------------

    def _real_close(self) -> None:
        """Close the descriptor now; greenlets that wait for it get EBADF."""
        fd = self.fd
        if fd >= 0:
            self.let_go(cancel_wait_ex)
            tell_waiters(fd)
            self._sock.close()

    def detach(self) -> int:
        """Give the descriptor away; return its number, -1 if there is none."""
        fd = self.fd
        self._closed = True
        if fd >= 0:
            self.let_go(cancel_wait_ex)
            self._detached = True
            self._sock.detach()
        return fd

    def _interrupt(self) -> None:
        """Somebody else is about to close the descriptor, or to replace its file."""
        self.emptied_poll = 0.0
        self.end_waits(cancel_wait_ex)

    def _lose(self) -> None:
        """Somebody else closed the descriptor, and its number is another file's."""
        self._closed = True
        self.let_go(cancel_wait_ex)
        self._sock.detach()

    def __del__(self) -> None:
        if self.fd >= 0:
            warnings.warn(
                f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self
            )
            self._real_close()

    def shutdown(self, how: int) -> None:
        """Close one direction (0: reading, 1: writing) or both (2)."""
        self.demand_open()
        if how != 1 and self.reader is not None:
            self.reader.cancel(cancel_wait_ex())
        if how != 0 and self.writer is not None:
            self.writer.cancel(cancel_wait_ex())
        self._sock.shutdown(how)

    def setsockopt(self, *args: object) -> None:
        """Set an option; arguments as of the standard library."""
        cast("Callable[..., None]", self._sock.setsockopt)(*args)

    # -- receiving ----------------------------------------------------------------

    def moment(self, loop: Scheduler) -> int:
        """Changes when another greenlet ran or this thread sent elsewhere (D4)."""
        return loop.n_switches + Calls.sends - self.own_sends

    def has_emptied(self, loop: Scheduler) -> bool:
        """Whether a read would find nothing (D4)."""
        return self.emptied_poll == loop.polled_at and self.emptied_at == self.moment(
            loop
        )

    def yield_if_due(self, loop: Scheduler) -> bool:
        """Let the loop poll if a greenlet with much input has kept it from that."""
        Calls.receives += 1
        if (
            Calls.receives & FAIRNESS_MASK
            or not loop.is_overdue()
            or Scheduler.greenlet_now() is loop.hub
        ):
            return False
        loop.steps = TURN_IS_OVER
        generation = self.generation
        loop.yield_once()  # switches
        if generation != self.generation:
            raise cancel_wait_ex
        return True

    def before_receiving(self, flags: int) -> None:
        """Yield if it is the loop's turn; wait first if the buffer is empty (D4)."""
        self.demand_open()
        if self.seconds == 0.0 or flags & MSG_DONTWAIT:
            return
        loop = Scheduler.of_thread()
        if not self.yield_if_due(loop) and flags == 0 and self.has_emptied(loop):
            self.emptied_poll = 0.0
            self.wait_or_fail(READ)  # switches

    def note_received(self, got: int, size: int) -> None:
        """Remember whether the kernel has no more (D4)."""
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
                if self.seconds == 0.0 or flags & MSG_DONTWAIT:
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

    # -- sending ------------------------------------------------------------------

    def _send_by(self, name: str, flags: int, seconds: float, *args: object) -> int:
        """Call a sending method of the raw socket; wait at most once."""
        self.demand_open()
        method = cast("Callable[..., int]", getattr(self._sock, name))
        Calls.sends += 1
        self.own_sends += 1
        try:
            return method(*args)
        except BlockingIOError:
            if seconds == 0.0 or flags & MSG_DONTWAIT:
                raise
        if self.wait_ready(WRITE, seconds):  # switches
            raise TimeoutError("timed out")
        try:
            return method(*args)
        except BlockingIOError:
            return 0

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

    def deadline(self) -> float:
        """Return when the time-out of a call is over that begins now."""
        if self.seconds <= 0.0:
            return self.seconds
        return Scheduler.of_thread().clock() + self.seconds

    def time_left(self, deadline: float) -> float:
        """Return the seconds until then; negative for ever, 0 for no waiting."""
        if deadline <= 0.0:
            return deadline
        left = deadline - Scheduler.of_thread().clock()
        if left <= 0.0:
            raise TimeoutError("timed out")
        return left

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

    # -- connections --------------------------------------------------------------

    def _resolve(self, address: object) -> object:
        """Return an address with a literal host; overridden where names are known."""
        return address

    def connect(self, address: object) -> None:
        """Connect to an address; host names are resolved.

        Blocking:
            Switches to the hub until the connection is made or refused.
        """
        code = self.connect_code(address)
        if code:
            raise error_of(code)

    def connect_ex(self, address: object) -> int:
        """Connect; return 0, or the number of the error.

        Blocking:
            Switches to the hub until the connection is made or refused.
        """
        try:
            return self.connect_code(address)
        except TimeoutError:
            return EAGAIN
        except OSError as error:
            if type(error) is _socket.gaierror or error.errno is None:
                raise
            return error.errno

    def connect_code(self, address: object) -> int:
        """Connect; return 0 or errno."""
        self.demand_open()
        address = self._resolve(address)  # switches
        deadline = self.deadline()
        code = self.start_connect(address)
        if code == EINPROGRESS and self.connects_at_once():
            code = self.start_connect(address)
            if code == 0:
                self.yield_if_due(Scheduler.of_thread())  # switches
        while code in (EINPROGRESS, EALREADY) or self.is_backlog_full(code):
            left = self.time_left(deadline)
            if left == 0.0:
                return code
            if code == EAGAIN:
                Scheduler.of_thread().sleep(BACKLOG_DELAY, self.is_ref)  # switches
                code = self.start_connect(address)
            elif self.wait_ready(WRITE, left):  # switches
                raise TimeoutError("timed out")
            else:
                return self._sock.getsockopt(SOL_SOCKET, SO_ERROR)
        return 0 if code == EISCONN else code

    def connects_at_once(self) -> bool:
        """Whether it is worth a second try: through loopback it is made by now."""
        return (
            # Elsewhere a second call may do more than tell how far the first one is.
            sys.platform == "linux"
            and self.seconds != 0.0
            and self.type == SOCK_STREAM
            and self._family in (AF_INET, AF_INET6)
        )

    def is_backlog_full(self, code: int) -> bool:
        """Whether *code* says that a unix socket cannot take another client now."""
        return code == EAGAIN and self._family == AF_UNIX

    def start_connect(self, address: object) -> int:
        """Return errno of the first step, 0 for done."""
        self.demand_open()
        return cast("Callable[..., int]", self._sock.connect_ex)(address)

    def accept(self) -> tuple[SocketDescriptor, _RetAddress]:
        """Wait for a connection; return (new socket, address of the peer).

        Blocking:
            Switches to the hub while there is no connection, and when the loop has not
            polled for longer than the switch interval.
        """
        fd, address = cast(
            "tuple[int, _RetAddress]", self._receive_by("_accept", MSG_PEEK)
        )
        return made_socket(fd, self._family, self.type, self.proto), address


def set_accepted_type(kind: type[SocketDescriptor]) -> None:
    """Name the subclass of SocketDescriptor that accepted connections get."""
    Calls.accepted_type = kind


def made_socket(fd: int, family: int, kind: int, proto: int) -> SocketDescriptor:
    """Return a socket of the accepted type, with the default time-out."""
    claim(fd)
    made = Calls.accepted_type.__new__(Calls.accepted_type)
    made._take(fd, family, kind, proto)
    made.settimeout(_socket.getdefaulttimeout())
    return made


def accept_pending(
    listener: int, family: int, kind: int, proto: int
) -> tuple[SocketDescriptor, _RetAddress] | None:
    """Take a connection that waits already.

    Returns:
        (new socket, address of the peer), or None if there is none.

    Raises:
        OSError: As the system says.
    """
    if listener < 0:
        raise error_of(EBADF)
    raw = _socket.socket(family, kind, proto, listener)
    try:
        raw.settimeout(0.0)
        # Not in typeshed.
        accepted = cast("Accepted", raw._accept())  # type: ignore[attr-defined]
    except BlockingIOError:
        return None
    finally:
        raw.detach()
    fd, address = accepted
    return made_socket(fd, family, kind, proto), address


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
