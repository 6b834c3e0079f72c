"""Sockets of a network in memory: they have no descriptor, and an :class:`End` instead.

A socket that is made in a block becomes one by a change of its class: programs that
import the class, in whatever way, get what the thread they run in has.
"""

from __future__ import annotations

from errno import (
    EADDRINUSE,
    EAFNOSUPPORT,
    EAGAIN,
    EBADF,
    ECONNREFUSED,
    ECONNRESET,
    EINPROGRESS,
    EINVAL,
    EISCONN,
    ENOTCONN,
    EOPNOTSUPP,
)
from socket import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    MSG_DONTWAIT,
    MSG_PEEK,
    SHUT_RD,
    SHUT_RDWR,
    SHUT_WR,
    SO_ACCEPTCONN,
    SO_ERROR,
    SO_TYPE,
    SOCK_STREAM,
    SOL_SOCKET,
    AddressFamily,
    SocketKind,
    getdefaulttimeout,
)
from typing import TYPE_CHECKING, cast

from gevent._loop.virtual import RealIOError
from gevent._native.io.descriptor import cancel_wait_ex
from gevent.net.socket import as_enum, socket
from gevent.simulation.fabric import READ, WRITE, End, Fabric, os_error

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn, Self

    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ("SimulatedSocket", "SocketFabric")

USUAL_BACKLOG = 128
_UNSET = object()
_FAMILIES = (AF_INET, AF_INET6, AF_UNIX)


class SocketFabric(Fabric):
    """The connections of a block, with what makes sockets of their ends."""

    def adopt(self, sock: socket, family: int, kind: int, proto: int) -> None:
        """Let a socket without a descriptor be one of this network.

        Raises:
            OSError: EOPNOTSUPP, no stream; EAFNOSUPPORT, no such family.
        """
        _adopt(sock, self._new_end(family, kind, proto))

    def pair(self, family: int, kind: int, proto: int) -> tuple[socket, socket]:
        """Return two sockets that are connected to each other.

        Raises:
            OSError: As :meth:`adopt`.
        """
        first = self._new_end(family, kind, proto)
        second = self._new_end(family, kind, proto)
        first.pair(second)
        first.peer_name = second.peer_name = ""
        return _made(first), _made(second)

    def _new_end(self, family: int, kind: int, proto: int) -> End:
        if family not in _FAMILIES:
            raise os_error(EAFNOSUPPORT)
        # Without SOCK_NONBLOCK and SOCK_CLOEXEC.
        if kind & 0xF != SOCK_STREAM:
            raise os_error(EOPNOTSUPP)
        return End(self, family, SOCK_STREAM, proto)


def _made(end: End) -> SimulatedSocket:
    made = socket.__new__(socket)
    _adopt(made, end)
    timeout = getdefaulttimeout()
    if timeout is not None:
        made.settimeout(timeout)
    return cast("SimulatedSocket", made)


def _adopt(sock: socket, end: End) -> None:
    sock._end = end
    # Their layouts are the same.
    sock.__class__ = SimulatedSocket


class SimulatedSocket(socket):
    """A stream socket of a network in memory; see ``gevent.virtual.Network``."""

    __slots__ = ()

    _end: End  # set before it is one

    # -- what it is ------------------------------------------------------------

    @property
    def family(self) -> AddressFamily | int:
        """The address family."""
        return as_enum(self._end.family, AddressFamily)

    @property
    def type(self) -> SocketKind | int:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        """SOCK_STREAM."""
        return as_enum(self._end.kind, SocketKind)

    @property
    def proto(self) -> int:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]
        """The protocol."""
        return self._end.proto

    @property
    def _sock(self) -> Self:  # type: ignore[override]  # a server serves on this
        return self

    def fileno(self) -> int:
        """Return a number that no descriptor has; -1 once it is closed."""
        return -1 if self._end.is_closed else self._end.number

    def __repr__(self) -> str:
        end = self._end
        state = " [closed]" if end.is_closed else ""
        names = f" laddr={end.name!r}" if end.name else ""
        names += f" raddr={end.peer_name!r}" if end.peer_name else ""
        return f"<simulated socket{state} fd={self.fileno()}{names}>"

    def getsockname(self) -> object:
        """Return the local address."""
        end = self._open_end()
        if end.name is None:
            return ("::", 0, 0, 0) if end.family == AF_INET6 else ("0.0.0.0", 0)
        return end.name

    def getpeername(self) -> object:
        """Return the address at the other end."""
        end = self._open_end()
        if end.peer is None:
            raise os_error(ENOTCONN)
        return end.peer_name

    def getsockopt(self, *args: int) -> int | bytes:
        """Return an option; 0 if nobody has set it."""
        end = self._open_end()
        option = (args[0], args[1])
        if option == (SOL_SOCKET, SO_ERROR):
            error, end.error = end.error, 0
            return error
        if option == (SOL_SOCKET, SO_TYPE):
            return end.kind
        if option == (SOL_SOCKET, SO_ACCEPTCONN):
            return int(end.is_listening)
        return end.options.get(option, 0)

    def setsockopt(self, *args: object) -> None:
        """Keep an option; nothing here depends on any."""
        level, name, value = cast("tuple[int, int, int | bytes]", args[:3])
        self._open_end().options[level, name] = value

    def get_inheritable(self) -> bool:
        """Return false: no program gets it."""
        self._open_end()
        return False

    def set_inheritable(self, inheritable: bool) -> None:
        """Do nothing: no program gets it."""
        self._open_end()

    def _open_end(self) -> End:
        if self._end.is_closed:
            raise os_error(EBADF)
        return self._end

    # -- connecting ------------------------------------------------------------

    def bind(self, address: object) -> None:
        """Bind to a local address."""
        end = self._open_end()
        if end.key is not None:
            raise os_error(EINVAL)
        end.fabric.bind(end, address)

    def listen(self, *args: int) -> None:
        """Let others connect."""
        end = self._open_end()
        if end.peer is not None or end.is_connecting:
            raise os_error(EINVAL)
        end.fabric.listen(end, args[0] if args else USUAL_BACKLOG)

    def connect(self, address: object) -> None:
        """Connect; takes one latency.

        Blocking:
            Switches to the hub until the connection is made or refused.
        """
        code = self._connect(address)  # switches
        if code:
            raise os_error(code)

    def connect_ex(self, address: object) -> int:
        """Connect; return 0, or the number of the error.

        Blocking:
            Switches to the hub until the connection is made or refused.
        """
        try:
            return self._connect(address)  # switches
        except TimeoutError:
            return EINPROGRESS
        except OSError as error:
            if error.errno is None:
                raise
            return error.errno

    def _connect(self, address: object) -> int:
        end = self._open_end()
        if end.peer is not None:
            return EISCONN
        if end.is_listening:
            return EISCONN
        if end.key is not None and end.key in end.fabric.listeners:
            return EADDRINUSE
        if not end.is_connecting:
            key = end.fabric.key_of(end.family, address)
            end.connect(key, end.fabric.name_of(end.family, address))
        if end.is_connecting and self.timeout == 0.0:
            return EINPROGRESS
        deadline = self._deadline(_UNSET)
        while end.is_connecting:
            self._wait(WRITE, deadline)  # switches
        error, end.error = end.error, 0
        if error == ECONNREFUSED:
            end.key = None
        return error

    def accept(self) -> tuple[socket, object]:
        """Wait for a connection; return (new socket, address of the peer).

        Blocking:
            Switches to the hub while there is no connection.
        """
        deadline = self._deadline(_UNSET)
        while True:
            found = self._accept_pending()
            if found is not None:
                return found
            self._wait(READ, deadline)  # switches

    def _accept_pending(self) -> tuple[socket, object] | None:
        """Take a connection that waits already; None: there is none."""
        end = self._open_end()
        if not end.is_listening:
            raise os_error(EINVAL)
        if not end.queue:
            return None
        accepted = end.queue.popleft()
        return _made(accepted), accepted.peer_name

    # -- receiving -------------------------------------------------------------

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Receive at most *bufsize* bytes; none at the end.

        Blocking:
            Switches to the hub while nothing has arrived.
        """
        if bufsize < 0:
            raise ValueError("negative buffersize in recv")
        deadline = self._deadline(_UNSET, flags)
        while True:
            data = self._collect(bufsize, flags)
            if data is not None:
                return data
            self._wait(READ, deadline)  # switches

    def _collect(self, size: int, flags: int) -> bytes | None:
        """Return what has arrived, b"" at the end; None: nothing, yet."""
        end = self._open_end()
        pipe = end.incoming
        if end.is_reset:
            raise os_error(ECONNRESET)
        if pipe is None:
            raise os_error(ENOTCONN)
        if size == 0:
            return b""
        n_bytes = min(size, pipe.n_arrived())
        if not n_bytes:
            return b"" if pipe.readable_at() <= end.fabric.now() else None
        if end.fabric.settings.fragment:
            n_bytes = end.fabric.random.randint(1, n_bytes)
        keep = bool(flags & MSG_PEEK)
        data = pipe.take(n_bytes, keep)
        if not keep and end.peer is not None:
            end.peer.changed()
        return data

    def _receive_now(self, size: int) -> bytes | None:
        """Receive what is there; None if nothing is."""
        return self._collect(size, 0)

    def recv_into(
        self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0
    ) -> int:
        """Receive into a writable buffer; return how many bytes came.

        Blocking:
            As :meth:`recv`.
        """
        with memoryview(buffer) as given, given.cast("B") as view:
            data = self.recv(nbytes or len(view), flags)  # switches
            view[: len(data)] = data
            return len(data)

    def recvfrom(self, bufsize: int, flags: int = 0, /) -> tuple[bytes, None]:
        """As :meth:`recv`; a stream tells no address."""
        return self.recv(bufsize, flags), None  # switches

    def recvfrom_into(
        self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0
    ) -> tuple[int, None]:
        """As :meth:`recv_into`; a stream tells no address."""
        return self.recv_into(buffer, nbytes, flags), None  # switches

    def recvmsg(  # type: ignore[override]
        self, bufsize: int, ancbufsize: int = 0, flags: int = 0, /
    ) -> tuple[bytes, list[object], int, None]:
        """As :meth:`recv`; nothing but data comes."""
        return self.recv(bufsize, flags), [], 0, None  # switches

    def recvmsg_into(self, *args: object) -> NoReturn:
        """Refuse."""
        raise os_error(EOPNOTSUPP)

    # -- sending ---------------------------------------------------------------

    def send(
        self, data: ReadableBuffer, flags: int = 0, timeout: object = _UNSET
    ) -> int:
        """Send some bytes; return how many were taken.

        Blocking:
            Switches to the hub while there is no room.
        """
        with memoryview(data) as given, given.cast("B") as view:
            return self._send_some(view, self._deadline(timeout, flags))  # switches

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:
        """Send all bytes; the time-out covers all waits together.

        Blocking:
            Switches to the hub while there is no room.
        """
        deadline = self._deadline(_UNSET, flags)
        with memoryview(data) as given, given.cast("B") as view:
            sent = 0
            while sent < len(view):
                sent += self._send_some(view[sent:], deadline)  # switches
            if not len(view):
                self._open_end()

    def sendmsg(  # type: ignore[override]
        self,
        buffers: Iterable[ReadableBuffer],
        ancdata: Iterable[object] = (),
        flags: int = 0,
        address: object = None,
    ) -> int:
        """Send buffers.

        Raises:
            OSError: EOPNOTSUPP, there is ancillary data.

        Blocking:
            Switches to the hub while there is no room.
        """
        if tuple(ancdata):
            raise os_error(EOPNOTSUPP)
        return self.send(b"".join(buffers), flags)  # switches

    def sendto(self, data: ReadableBuffer, *args: object) -> int:
        """Send some bytes: a stream has one peer."""
        return self.send(data)  # switches

    def _send_now(self, data: bytes, start: int) -> int:
        """Send what is taken of ``data[start:]`` now; return its length."""
        with memoryview(data)[start:] as view:
            return self._put(view)

    def _send_some(self, view: memoryview, deadline: float | None) -> int:
        while True:
            taken = self._put(view)
            if taken or not len(view):
                return taken
            self._wait(WRITE, deadline)  # switches

    def _put(self, view: memoryview) -> int:
        end = self._open_end()
        pipe = end.demand_peer()
        taken = min(len(view), pipe.room())
        if taken:
            pipe.put(bytes(view[:taken]))
            if end.peer is not None:
                end.peer.changed()
        return taken

    # -- ending ----------------------------------------------------------------

    def shutdown(self, how: int) -> None:
        """Close one direction (0: reading, 1: writing) or both (2)."""
        end = self._open_end()
        if end.is_listening and how != SHUT_WR:
            end.close()
            return
        if end.peer is None:
            raise os_error(ENOTCONN)
        if how not in (SHUT_RD, SHUT_WR, SHUT_RDWR):
            raise os_error(EINVAL)
        if how != SHUT_WR:
            end.shut(False)
        if how != SHUT_RD:
            end.shut(True)

    def _real_close(self) -> None:
        """Close it now; greenlets that wait for it get EBADF."""
        self._end.close()

    def detach(self) -> NoReturn:
        """Refuse: there is no descriptor to give away, to TLS for example.

        Raises:
            RealIOError: Always.
        """
        raise RealIOError(
            "a simulated socket has no descriptor to give away, and there is no TLS in "
            "virtual time: test without, or leave the block"
        )

    def dup(self) -> NoReturn:
        """Refuse: there is no descriptor.

        Raises:
            RealIOError: Always.
        """
        raise RealIOError("a simulated socket has no descriptor to duplicate")

    # -- waiting ---------------------------------------------------------------

    def wait_readable(self, timeout: float | None = None) -> bool:
        """Wait until a read would not block; whether that was so in time.

        Blocking:
            Switches to the hub.
        """
        return self._wait_for(READ, timeout)  # switches

    def wait_writable(self, timeout: float | None = None) -> bool:
        """Wait until a write would not block; whether that was so in time.

        Blocking:
            Switches to the hub.
        """
        return self._wait_for(WRITE, timeout)  # switches

    def _wait_for(self, events: int, timeout: float | None) -> bool:
        end = self._open_end()
        fabric = end.fabric
        deadline = None if timeout is None else fabric.now() + timeout
        while not end.is_ready(events):
            left = None if deadline is None else deadline - fabric.now()
            if left is not None and left <= 0.0:
                return False
            end.wait(events, left, self)  # switches
            self._demand_open()
        return True

    def _deadline(self, timeout: object, flags: int = 0) -> float | None:
        """Until when a call may wait; None: for ever; 0.0: not at all."""
        seconds = self.timeout if timeout is _UNSET else cast("float | None", timeout)
        if flags & MSG_DONTWAIT and seconds is None:
            seconds = 0.0
        if not seconds:
            return seconds
        return self._end.fabric.now() + seconds

    def _wait(self, events: int, deadline: float | None) -> None:
        """Wait until something has changed.

        Raises:
            BlockingIOError: It may not wait.
            TimeoutError: The time is over.
            OSError: It was closed meanwhile.
        """
        end = self._open_end()
        if deadline == 0.0:
            raise os_error(EAGAIN)
        left = None
        if deadline is not None:
            left = deadline - end.fabric.now()
            if left <= 0.0:
                raise TimeoutError("timed out")
        if not end.wait(events, left, self) and not end.is_ready(events):  # switches
            self._demand_open()
            raise TimeoutError("timed out")
        self._demand_open()

    def _demand_open(self) -> None:
        if self._end.is_closed:
            raise cancel_wait_ex()
