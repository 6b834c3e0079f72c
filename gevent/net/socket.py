"""Cooperative sockets: the home of ``gevent.socket``.

A :class:`socket` is a Python class over native ones, one per subject
(``gevent._native.io.socket.connect`` and its bases): the calls that move data are
native methods without a Python frame; the rare ones go to ``_sock``, the interpreter's
own object for the same descriptor.
"""

from __future__ import annotations

import _socket
import io
import os
import socket as _stdlib
from socket import (
    AF_INET,
    AF_INET6,
    EAI_NONAME,
    EBADF,
    SOCK_STREAM,
    AddressFamily,
    SocketIO,
    SocketKind,
    gaierror,
    getdefaulttimeout,
    gethostname,
)
from socket import (
    EAGAIN as EAGAIN,  # programs look for both in the module
)
from socket import (
    EWOULDBLOCK as EWOULDBLOCK,
)
from socket import (
    create_server as _server_of,
)

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.exceptions import ConcurrentObjectUseError
from gevent._base.mirror import mirror, public_names
from gevent._base.publish import publish
from gevent._hub.hub import get_hub
from gevent._hub.timeout import Timeout
from gevent._native.io.descriptor import cancel_wait_ex
from gevent._native.io.fd_table import claim
from gevent._native.io.socket.base import BaseSocket, number_of, set_accepted_type
from gevent._native.io.socket.connect import ConnectingSocket
from gevent.net.files.buffered import BufferedReader, BufferedRWPair
from gevent.net.files.decoded import TextStream
from gevent.net.literal import find_literal, resolver
from gevent.net.read_ahead import has_input
from gevent.net.simulation import simulation, simulations

if TYPE_CHECKING:
    from _socket import _RetAddress
    from enum import IntEnum
    from types import TracebackType
    from typing import BinaryIO, NoReturn, Self

    from gevent._hub.hub import Hub
    from gevent._hub.timeout import Throwable
    from gevent._loop.watchers import Armable
    from gevent.net.literal import Address, Entry, Host, Port, Resolver

_GLOBAL_DEFAULT_TIMEOUT = _stdlib._GLOBAL_DEFAULT_TIMEOUT  # type: ignore[attr-defined]  # private there, used here

_GiveUp: type[Exception] = _stdlib._GiveupOnSendfile  # type: ignore[attr-defined]  # likewise

# How much sendfile() reads from the file at a time.
_FILE_BLOCK = 65536

# The members that as_enum() found: in the standard library that takes microseconds.
_members: dict[tuple[type[IntEnum], int], int] = {}

# A mark; nobody raises it.
_unset: BaseException = object()  # type: ignore[assignment]


class socket(ConnectingSocket):
    """A socket whose calls block the calling greenlet only.

    Args:
        family: An ``AF_`` number; -1: found out from *fileno*, or AF_INET.
        type: A ``SOCK_`` number; -1: found out, or SOCK_STREAM.
        proto: A protocol number; -1: found out, or 0.
        fileno: A descriptor to take over; None: a new one.

    Raises:
        OSError: As the system says.

    Thread safety:
        One thread at a time.
    """

    # What it is in place of a descriptor in a network in memory.
    __slots__ = ("_end",)

    _end: object

    def __init__(
        self,
        family: int = -1,
        type: int = -1,
        proto: int = -1,
        fileno: int | None = None,
    ):
        if fileno is None:
            kind = (
                AF_INET if family == -1 else family,
                SOCK_STREAM if type == -1 else type,
                0 if proto == -1 else proto,
            )
            if simulations and self._is_simulated(*kind):
                return
            self._open(*kind)
        else:
            self._adopt(_socket.socket(family, type, proto, fileno))
        timeout = getdefaulttimeout()
        if timeout is not None:
            self.settimeout(timeout)

    def _is_simulated(self, family: int, kind: int, proto: int) -> bool:
        """Become a socket of the network in memory of this thread, if it has one."""
        network = simulation()
        if network is None or self.__class__ is not socket:
            return False
        network.adopt(self, family, kind, proto)
        timeout = getdefaulttimeout()
        if timeout is not None:
            self.settimeout(timeout)
        return True

    # -- what it is ---------------------------------------------------------------

    @property
    def family(self) -> AddressFamily | int:
        """The address family."""
        family: AddressFamily | int = as_enum(self._family, AddressFamily)
        return family

    @property
    def hub(self) -> Hub:
        """The hub of the thread that uses the socket."""
        return get_hub()

    @property
    def closed(self) -> bool:
        """Whether ``close`` or ``detach`` was called."""
        return self._closed

    def __getattr__(self, name: str) -> object:
        if self.fd < 0:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}, "
                "or had it until it was closed"
            )
        return getattr(self._sock, name)

    def __repr__(self) -> str:
        kind = type(self)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if self.fd < 0:
            how = "detached" if self._detached else "closed"
            return (
                f"<{name} [closed] at 0x{id(self):x}{self._extra_repr()} object "
                f"[closed proxy at 0x{id(self):x} fd={self._last_fd} {how}]>"
            )
        closed = " [closed]" if self._closed else ""
        return (
            f"<{name}{closed} at 0x{id(self):x}{self._extra_repr()} object, "
            f"fd={self.fd}, family={self._family}, type={self.type}, "
            f"proto={self.proto}>"
        )

    def _extra_repr(self) -> str:
        """What a subclass adds to the repr."""
        return ""

    def __getstate__(self) -> NoReturn:
        raise TypeError("Cannot serialize socket object")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("Cannot serialize socket object")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        if not self._closed:
            self.close()

    # -- the rare calls -----------------------------------------------------------

    def bind(self, address: object) -> None:
        """Bind to a local address."""
        self._sock.bind(cast("tuple[object, ...]", address))

    def listen(self, *args: int) -> None:
        """Let clients connect; the backlog is the system's unless given."""
        self._sock.listen(*args)

    def getsockname(self) -> _RetAddress:
        """Return the local address."""
        return self._sock.getsockname()

    def getpeername(self) -> _RetAddress:
        """Return the address at the other end."""
        return self._sock.getpeername()

    def getsockopt(self, *args: int) -> int | bytes:
        """Return an option: ``(level, name)`` an int, ``(level, name, size)`` bytes."""
        # pyright cannot choose between the overloads.
        value: int | bytes = self._sock.getsockopt(*args)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return value  # pyright: ignore[reportUnknownVariableType]

    def get_inheritable(self) -> bool:
        """Return whether programs that this one executes get the descriptor."""
        return os.get_inheritable(self._open_fileno())

    def set_inheritable(self, inheritable: bool) -> None:
        """Say whether programs that this one executes get the descriptor."""
        os.set_inheritable(self._open_fileno(), inheritable)

    def _open_fileno(self) -> int:
        if self.fd < 0:
            raise OSError(EBADF, os.strerror(EBADF))
        return self.fd

    def getblocking(self) -> bool:
        """Return whether calls wait."""
        return self.timeout != 0.0

    def setblocking(self, flag: bool) -> None:
        """Wait for ever (true) or not at all (false)."""
        self.settimeout(None if flag else 0.0)

    # -- closing ------------------------------------------------------------------

    def close(self) -> None:
        """Close the socket; repeatable.

        The descriptor is closed now, or with the last file of ``makefile``. Greenlets
        that wait for it get EBADF.
        """
        self._closed = True
        if self._io_refs <= 0:
            self._real_close()

    def detach(self) -> int:
        """Give the descriptor away; it blocks again, unless a time-out was set.

        Returns:
            Its number, -1 if there is none any more.
        """
        fd: int = ConnectingSocket.detach(self)
        if fd >= 0 and self.timeout is None:
            os.set_blocking(fd, True)
        return fd

    def _decref_socketios(self) -> None:
        """A file of ``makefile`` was closed."""
        if self._io_refs > 0:
            self._io_refs -= 1
        if self._closed:
            self.close()

    def _accept_pending(self) -> tuple[socket, object] | None:
        """Take a connection that waits already; None: there is none."""
        raise NotImplementedError

    def _accept(self) -> tuple[int, _RetAddress]:
        """Accept a connection; return its descriptor and the address of the peer."""
        made, address = self.accept()  # switches
        return BaseSocket.detach(made), address

    # -- copies and files ---------------------------------------------------------

    def dup(self) -> Self:
        """Return a socket of the same class on a duplicate of the descriptor."""
        fd = os.dup(self._open_fileno())
        claim(fd)
        try:
            made = type(self)(self._family, self.type, self.proto, fileno=fd)
        except BaseException:
            os.close(fd)
            raise
        made.settimeout(self.timeout)
        return made

    def makefile(
        self,
        mode: str = "r",
        buffering: int | None = None,
        *,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> io.IOBase:
        """Return a file object over the socket; parameters as of ``open``.

        A read with a buffer that is interrupted takes nothing: the next one starts with
        the first byte that no call has returned. After a time-out of the socket itself
        only what came before can be read, as in the standard library.

        Raises:
            ValueError: *mode* has anything but r, w and b; unbuffered text.
        """
        if not set(mode) <= {"r", "w", "b"}:
            raise ValueError(f"invalid mode {mode!r} (only r, w, b allowed)")
        if buffering == 0 and "b" not in mode:
            raise ValueError("unbuffered streams must be binary")
        writing = "w" in mode
        reading = "r" in mode or not writing
        self._io_refs += 1
        raw = SocketIO(self, ("r" if reading else "") + ("w" if writing else ""))  # type: ignore[arg-type]  # ours has all it calls
        if buffering == 0:
            return raw
        buffered = _buffered(raw, reading, writing, buffering)
        if "b" in mode:
            return buffered
        text: io.TextIOWrapper
        if isinstance(buffered, io.BufferedWriter):
            text = io.TextIOWrapper(buffered, encoding, errors, newline)
        else:
            text = TextStream(buffered, encoding, errors, newline)
        text.mode = mode  # type: ignore[misc]  # as the standard library does
        return text

    def sendfile(
        self, file: BinaryIO, offset: int = 0, count: int | None = None
    ) -> int:
        """Send a file, by reading it and sending what was read.

        Args:
            file: Opened in binary mode.
            offset: Where to begin; 0: at the beginning of a file with a descriptor,
                else where the object stands.
            count: How many bytes at most; None: to the end.

        Returns:
            How many bytes were sent; the file stands behind them. 0 for a pipe, whose
            size nobody knows.

        Raises:
            ValueError: The socket does not wait, or is no stream; text mode.

        Blocking:
            Switches to the hub while there is no room. Reading the file blocks.
        """
        self._check_sendfile(file, count)
        size = _size_of(file)
        if size is not None:
            # What is no number fails at seek().
            is_number: bool = isinstance(offset, int)
            if size == 0 or (is_number and offset >= size):
                return 0
            if not offset:
                file.seek(0)
        return self._sendfile_use_send(file, offset, count)

    def _sendfile_use_send(
        self, file: BinaryIO, offset: int = 0, count: int | None = None
    ) -> int:
        """Send a file from where it stands, unless there is an offset."""
        self._check_sendfile(file, count)
        if offset:
            file.seek(offset)
        sent = 0
        try:
            while count is None or sent < count:
                size = _FILE_BLOCK if count is None else min(_FILE_BLOCK, count - sent)
                rest = memoryview(file.read(size))
                if not rest:
                    break
                while rest:
                    n_taken = self.send(rest)
                    sent += n_taken
                    rest = rest[n_taken:]
            return sent
        finally:
            if sent > 0 and hasattr(file, "seek"):
                file.seek(offset + sent)

    def _sendfile_use_sendfile(
        self, file: BinaryIO, offset: int = 0, count: int | None = None
    ) -> NoReturn:
        """Refuse: the system's call may block on the disk (a name of the stdlib's)."""
        raise _GiveUp("os.sendfile() is not used")

    def _check_sendfile(self, file: BinaryIO, count: int | None) -> None:
        if "b" not in getattr(file, "mode", "b"):
            raise ValueError("file should be opened in binary mode")
        if self.type != SOCK_STREAM:
            raise ValueError("only SOCK_STREAM type sockets are supported")
        if count is not None:
            if not isinstance(count, int):
                raise TypeError(f"count must be a positive integer (got {count!r})")
            if count <= 0:
                raise ValueError(f"count must be a positive integer (got {count!r})")
        if self.timeout == 0.0:
            raise ValueError("non-blocking sockets are not supported")

    def _resolve(self, address: object) -> object:
        """Return an address with a literal host; what is no host name is left alone."""
        if (
            self._family not in (AF_INET, AF_INET6)
            or not isinstance(address, tuple)
            or not 2 <= len(address) <= 4  # pyright: ignore[reportUnknownArgumentType]
            or not isinstance(address[0], str | bytes | bytearray)
            or not isinstance(address[1], int)
            or address[0] in ("", "<broadcast>", b"")
            or not 0 <= address[1] <= 0xFFFF
        ):
            return address  # pyright: ignore[reportUnknownVariableType]
        # The system's function wants an int, not one of a subclass.
        port = int(address[1])
        where = _find_host(address[0], port, self._family, self.type)
        return where[:2] + (address[2:] or where[2:])


set_accepted_type(socket)
SocketType = socket


def _find_host(
    host: str | bytes | bytearray, port: int, family: int, kind: int
) -> tuple[object, ...]:
    """Return the first address of the host in an address given to a socket.

    Raises:
        TypeError: It can be no host: what the system sees would end earlier.
        gaierror: There is no such host.
    """
    if isinstance(host, bytearray):
        host = bytes(host)
    if (b"\0" if isinstance(host, bytes) else "\0") in host:  # type: ignore[operator]  # of its kind
        raise TypeError("host name must not contain null character")
    try:
        return getaddrinfo(host, port, family, kind)[0][4]
    except UnicodeError as error:
        if host.isascii():
            # Sockets, unlike getaddrinfo(), look names of ASCII up as they are.
            raise gaierror(EAI_NONAME, "Name or service not known") from None
        raise TypeError("encoding of hostname failed") from error


def _size_of(file: BinaryIO) -> int | None:
    """Return the size of a file that has a descriptor, 0 for what is no regular one.

    So the standard library finds out whether there is anything to send.
    """
    try:
        return os.fstat(file.fileno()).st_size
    except (AttributeError, OSError):
        return None


def as_enum(value: int, kind: type[IntEnum]) -> int:
    """Return the member of an enumeration, or the number if there is none."""
    known = _members.get((kind, value))
    if known is not None:
        return known
    try:
        member = kind(value)
    except ValueError:
        return value
    _members[kind, value] = member
    return member


def _buffered(
    raw: SocketIO, reading: bool, writing: bool, buffering: int | None
) -> io.BufferedReader | io.BufferedWriter | io.BufferedRWPair:
    size = buffering
    if size is None or size < 0:
        size = io.DEFAULT_BUFFER_SIZE
    if reading and writing:
        return BufferedRWPair(raw, raw, size)
    return BufferedReader(raw, size) if reading else io.BufferedWriter(raw, size)


# -- making sockets -------------------------------------------------------------------


def socketpair(
    family: int | None = None, type: int = SOCK_STREAM, proto: int = 0
) -> tuple[socket, socket]:
    """Return two connected sockets; AF_UNIX unless *family* says otherwise."""
    if family is None:
        family = _stdlib.AF_UNIX
    network = simulation() if simulations else None
    if network is not None:
        return cast("tuple[socket, socket]", network.pair(family, type, proto))
    first, second = _socket.socketpair(family, type, proto)
    return _taken(first), _taken(second)


def _taken(raw: _socket.socket) -> socket:
    """Return a socket in place of one of the interpreter's."""
    made = socket.__new__(socket)
    family, kind, proto = raw.family, raw.type, raw.proto
    claim(raw.fileno())
    made._take(raw.detach(), family, kind, proto)
    timeout = getdefaulttimeout()
    if timeout is not None:
        made.settimeout(timeout)
    return made


def fromfd(fd: int, family: int, type: int, proto: int = 0) -> socket:
    """Return a socket on a duplicate of a descriptor."""
    copy = os.dup(fd)
    claim(copy)
    try:
        return socket(family, type, proto, fileno=copy)
    except BaseException:
        os.close(copy)
        raise


def create_server(
    address: tuple[str | None, int] | tuple[str | None, int, int, int],
    *,
    family: int = AF_INET,
    backlog: int | None = None,
    reuse_port: bool = False,
    dualstack_ipv6: bool = False,
) -> socket:
    """Return a TCP socket that listens.

    Args:
        address: (host, port); an empty host stands for any.
        family: AF_INET or AF_INET6.
        backlog: How many connections may wait; None: the system's default.
        reuse_port: Whether others may listen on the same port.
        dualstack_ipv6: Whether one of AF_INET6 accepts IPv4 connections, too.

    Raises:
        ValueError: The platform has not got what is asked for.
        OSError: As the system says.
    """
    if simulations and simulation() is not None:
        return _simulated_server(address, family, backlog)
    made: object = _server_of(
        address,
        family=family,
        backlog=backlog,
        reuse_port=reuse_port,
        dualstack_ipv6=dualstack_ipv6,
    )
    # In a patched process it is one of ours already.
    return made if isinstance(made, socket) else _taken(cast("_socket.socket", made))


def _simulated_server(address: object, family: int, backlog: int | None) -> socket:
    made = socket(family, SOCK_STREAM)
    try:
        made.bind(address)
        made.listen(*(() if backlog is None else (backlog,)))
    except BaseException:
        made.close()
        raise
    return made


def create_connection(
    address: tuple[str, int],
    timeout: float | None = _GLOBAL_DEFAULT_TIMEOUT,
    source_address: tuple[str, int] | None = None,
    *,
    all_errors: bool = False,
) -> socket:
    """Connect to the first address of a host that answers.

    Args:
        address: (host, port).
        timeout: Seconds, for the connection and the socket; the default time-out
            unless given.
        source_address: What to bind to before; ``("", 0)`` stands for any.
        all_errors: Whether to raise all failures, not only the last one.

    Raises:
        OSError: None answered.
        ExceptionGroup: None answered, with *all_errors*.

    Blocking:
        Switches to the hub.
    Cancellation:
        The socket is closed.
    """
    host, port = address
    errors: list[OSError] = []
    for family, kind, proto, _, where in getaddrinfo(host, port, 0, SOCK_STREAM):
        try:
            return _connected(family, kind, proto, where, timeout, source_address)
        except OSError as error:
            errors.append(error)
    try:
        if not errors:
            raise OSError("getaddrinfo returns an empty list")
        if all_errors:
            raise ExceptionGroup("create_connection failed", errors)
        raise errors[-1]
    finally:
        # They hold this frame, which holds them.
        errors.clear()


def _connected(
    family: int,
    kind: int,
    proto: int,
    where: object,
    timeout: float | None,
    source_address: tuple[str, int] | None,
) -> socket:
    sock = socket(family, kind, proto)
    try:
        if timeout is not _GLOBAL_DEFAULT_TIMEOUT:
            sock.settimeout(timeout)
        if source_address:
            sock.bind(source_address)
        sock.connect(where)
    except BaseException:
        sock.close()
        raise
    return sock


# -- names ----------------------------------------------------------------------------


def getaddrinfo(
    host: Host,
    port: Port,
    family: int = 0,
    type: int = 0,
    proto: int = 0,
    flags: int = 0,
) -> list[Entry]:
    """Return the addresses of a host, as the standard library.

    Literal addresses are answered in place, other names by the hub's resolver.

    Blocking:
        Switches to the hub unless the address is literal.
    """
    network = simulation() if simulations else None
    found: list[Entry] | None
    if network is not None:
        found = network.getaddrinfo(host, port, family, type, proto, flags)
    else:
        found = find_literal(host, port, family, type, proto, flags)
    if found is None:
        found = resolver().getaddrinfo(host, port, family, type, proto, flags)
    return [
        (as_enum(entry[0], AddressFamily), as_enum(entry[1], SocketKind), *entry[2:])
        for entry in found
    ]


def _names() -> Resolver:
    """Return who answers look-ups: the network in memory, or the hub's resolver."""
    network = simulation() if simulations else None
    return resolver() if network is None else network.names


def gethostbyname(hostname: str) -> str:
    """Return an IPv4 address of a host; see :func:`getaddrinfo`."""
    return _names().gethostbyname(hostname)


def gethostbyname_ex(hostname: str) -> tuple[str, list[str], list[str]]:
    """Return (name, aliases, IPv4 addresses) of a host; see :func:`getaddrinfo`."""
    return _names().gethostbyname_ex(hostname)


def gethostbyaddr(ip_address: str) -> tuple[str, list[str], list[str]]:
    """Return (name, aliases, addresses) of an address; see :func:`getaddrinfo`."""
    return _names().gethostbyaddr(ip_address)


def getnameinfo(sockaddr: Address, flags: int) -> tuple[str, str]:
    """Return (host, service) of an address; see :func:`getaddrinfo`."""
    return _names().getnameinfo(sockaddr, flags)


def getfqdn(name: str = "") -> str:
    """Return the full name of a host.

    Args:
        name: A name or an address; empty, ``0.0.0.0`` or ``::``: this host.

    Returns:
        The first known name with a dot, else the name itself.
    """
    name = name.strip()
    if name in ("", "0.0.0.0", "::"):
        name = gethostname()
    try:
        found, aliases, _ = gethostbyaddr(name)
    except OSError:
        return name
    return next((each for each in (found, *aliases) if "." in each), found)


# -- waiting for descriptors -----------------------------------------------------------


def wait(
    watcher: Armable,
    timeout: float | None = None,
    timeout_exc: Throwable | None = _unset,
    hub: Hub | None = None,
) -> None:
    """Wait until a watcher fires.

    Args:
        watcher: One that is not started.
        timeout: Seconds; None: for ever.
        timeout_exc: What to raise when the time passed; TimeoutError by default,
            None: a ``gevent.Timeout``.
        hub: Whose loop the watcher belongs to; the calling thread's by default.

    Raises:
        ConcurrentObjectUseError: The watcher is in use.

    Blocking:
        Switches to the hub.
    Cancellation:
        The watcher is stopped.
    """
    if watcher.callback is not None:
        raise ConcurrentObjectUseError(
            f"This socket is already used by another greenlet: {watcher.callback!r}"
        )
    hub = get_hub() if hub is None else hub
    if timeout is None:
        hub.wait(watcher)  # switches
        return
    if timeout_exc is _unset:
        timeout_exc = TimeoutError("timed out")
    with Timeout(timeout, timeout_exc):
        hub.wait(watcher)  # switches


def wait_read(
    fileno: int, timeout: float | None = None, timeout_exc: Throwable | None = _unset
) -> None:
    """Wait until a read of a descriptor would not block; see :func:`wait`.

    Blocking:
        Switches to the hub.
    """
    _wait_for_events(fileno, 1, timeout, timeout_exc)


def wait_write(
    fileno: int,
    timeout: float | None = None,
    timeout_exc: Throwable | None = _unset,
    event: object = _unset,
) -> None:
    """Wait until a write to a descriptor would not block; see :func:`wait`.

    *event* is ignored (deprecated).

    Blocking:
        Switches to the hub.
    """
    _wait_for_events(fileno, 2, timeout, timeout_exc)


def wait_readwrite(
    fileno: int,
    timeout: float | None = None,
    timeout_exc: Throwable | None = _unset,
    event: object = _unset,
) -> None:
    """Wait until a read or a write would not block; see :func:`wait`.

    *event* is ignored (deprecated).

    Blocking:
        Switches to the hub.
    """
    _wait_for_events(fileno, 3, timeout, timeout_exc)


def _wait_for_events(
    fileno: int, events: int, timeout: float | None, timeout_exc: Throwable | None
) -> None:
    if events & 1 and has_input(number_of(fileno)):
        return
    hub = get_hub()
    # A fresh one each time: the number may be another file by the next wait.
    with hub.loop.io(fileno, events) as watcher:
        wait(watcher, timeout, timeout_exc, hub)  # switches


def cancel_wait(
    watcher: Armable | None,
    error: BaseException | type[BaseException] = cancel_wait_ex,
) -> None:
    """Raise *error* in the greenlet that waits for *watcher*, in its turn."""
    get_hub().cancel_wait(watcher, error)


# The groups that older programs read.
__dns__: list[str] = [
    "getaddrinfo",
    "gethostbyname",
    "gethostbyname_ex",
    "gethostbyaddr",
    "getnameinfo",
    "getfqdn",
]

mirror(
    "socket",
    globals(),
    implements=(
        "SocketType",
        "create_connection",
        "fromfd",
        "socket",
        "socketpair",
        *__dns__,
    ),
    extensions=("cancel_wait", "wait_read", "wait_readwrite", "wait_write"),
    # Monkey patching leaves the function, which then finds our class.
    imports=public_names("socket") - {"CAPI", "create_server"},
    export_imports=True,
    also_export=("create_server",),
)
publish(__name__, "gevent.socket")
