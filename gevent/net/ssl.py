"""Cooperative TLS: the home of ``gevent.ssl``.

:class:`SSLContext` is the standard library's with sockets of ours; :class:`SSLSocket`
is a ``gevent.socket.socket`` over a ``TLSChannel``. Whatever only asks OpenSSL goes to
``_sslobj``, its own object.
"""

from __future__ import annotations

import ssl as _stdlib
import warnings
from _socket import AF_INET
from errno import EINVAL, ENOTCONN
from operator import index
from ssl import (
    CERT_NONE,
    CERT_REQUIRED,
    PROTOCOL_TLS,
    PROTOCOL_TLS_CLIENT,
    SO_TYPE,
    SOCK_STREAM,
    SOL_SOCKET,
    SSL_ERROR_EOF,
    DER_cert_to_PEM_cert,
    Purpose,
    SSLError,
    SSLWantReadError,
    SSLWantWriteError,
)
from ssl import (
    _create_unverified_context as _unverified_context,
)
from ssl import (
    create_default_context as _default_context,
)

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.emission import listening
from gevent._base.mirror import mirror
from gevent._base.publish import publish
from gevent._hub.hub import get_hub
from gevent.net.read_ahead import readers
from gevent.net.socket import create_connection as create_connection
from gevent.net.socket import socket
from gevent.net.tls.breaks import broken, is_hidden
from gevent.net.tls.channel import TLSChannel
from gevent.net.tls.context import Context
from gevent.net.tls.inspection import Inspection

if TYPE_CHECKING:
    from _socket import _RetAddress
    from collections.abc import Callable, Iterable
    from socket import socket as stdlib_socket
    from ssl import SSLSession
    from typing import BinaryIO, NoReturn, Self, TypeAlias, overload

    from _typeshed import ReadableBuffer, StrOrBytesPath, WriteableBuffer

    _AnySocket: TypeAlias = socket | stdlib_socket

# What read() and recv() take for "no size" (the former default is not ours to choose).
_DEFAULT_READ = 2014
_ANY_READ = 1024


class SSLContext(Context):
    """A context whose sockets block the calling greenlet only.

    Args:
        protocol: A ``PROTOCOL_`` value; without one it is PROTOCOL_TLS (deprecated).

    ``sslsocket_class`` may be replaced: what :meth:`wrap_socket` makes.
    """

    sslsocket_class: type[SSLSocket]  # type: ignore[assignment]  # a socket of ours
    # Whether it was told what to choose: OpenSSL does not say.
    _has_alpn = False

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Say which protocols to offer, or to choose from, first the best."""
        super().set_alpn_protocols(alpn_protocols)
        self._has_alpn = True

    def wrap_socket(  # type: ignore[override]  # a socket of ours
        self,
        sock: _AnySocket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        session: SSLSession | None = None,
    ) -> SSLSocket:
        """Return a TLS socket on the descriptor of another socket, which loses it.

        Args:
            sock: A stream socket, connected or not.
            server_side: Whether it accepted the connection.
            do_handshake_on_connect: Whether to make the handshake at once.
            suppress_ragged_eofs: Whether a stream that ends without the peer saying
                so just ends, instead of raising SSLEOFError.
            server_hostname: The name of the server, to choose and check a certificate.
            session: Of an earlier connection, to go on with.

        Raises:
            ValueError: The parameters contradict each other or the context.
            SSLError: The handshake failed; the socket is closed.
            OSError: As the system says; likewise.

        Blocking:
            Switches to the hub during the handshake.
        Cancellation:
            The socket is closed.
        """
        return self.sslsocket_class(
            sock=sock,
            server_side=server_side,
            do_handshake_on_connect=do_handshake_on_connect,
            suppress_ragged_eofs=suppress_ragged_eofs,
            server_hostname=server_hostname,
            _context=self,
            _session=session,
        )


class SSLSocket(Inspection):
    """A TLS socket; usually made by :meth:`SSLContext.wrap_socket`.

    Until it is connected, and after ``unwrap``, it is an ordinary socket.

    Args:
        sock: The socket whose descriptor it takes.
        keyfile: The private key, if it is not in *certfile*.
        certfile: The certificate to show.
        server_side: As of ``wrap_socket``.
        cert_reqs: Whether the peer must show a certificate.
        ssl_version: A ``PROTOCOL_`` value.
        ca_certs: Who vouches for the peer.
        do_handshake_on_connect: As of ``wrap_socket``.
        family: Ignored, as all that describes the socket.
        type: Ignored.
        proto: Ignored.
        fileno: Ignored.
        suppress_ragged_eofs: As of ``wrap_socket``.
        npn_protocols: Ignored; OpenSSL has no NPN any more.
        ciphers: Which are allowed.
        server_hostname: As of ``wrap_socket``.

    Thread safety:
        One thread at a time.
    """

    def __init__(
        self,
        sock: _AnySocket | None = None,
        keyfile: StrOrBytesPath | None = None,
        certfile: StrOrBytesPath | None = None,
        server_side: bool = False,
        cert_reqs: int = CERT_NONE,
        ssl_version: int = PROTOCOL_TLS,
        ca_certs: StrOrBytesPath | None = None,
        do_handshake_on_connect: bool = True,
        family: int = AF_INET,
        type: int = SOCK_STREAM,
        proto: int = 0,
        fileno: int | None = None,
        suppress_ragged_eofs: bool = True,
        npn_protocols: object = None,
        ciphers: str | None = None,
        server_hostname: str | bytes | None = None,
        _session: SSLSession | None = None,
        _context: SSLContext | None = None,
    ):
        if sock is None:
            raise TypeError("sock is needed: a stream socket to take over")
        if _context is None:
            _context = _context_of(
                keyfile,
                certfile,
                server_side,
                cert_reqs,
                ssl_version,
                ca_certs,
                ciphers,
            )
        if sock.getsockopt(SOL_SOCKET, SO_TYPE) != SOCK_STREAM:
            raise NotImplementedError("only stream sockets are supported")
        _check_arguments(_context, server_side, server_hostname, _session)
        self._context = _context
        self._session = _session
        self.server_side = server_side
        self.server_hostname: str | None = _encoded_name(server_hostname)
        self.do_handshake_on_connect = do_handshake_on_connect
        self.suppress_ragged_eofs = suppress_ragged_eofs
        timeout = sock.gettimeout()
        described = sock.family, sock.type, sock.proto
        self._take(sock.detach(), *described)
        self._connected = False
        try:
            self._connected = self._check_fresh()
            self.settimeout(timeout)
            if self._connected:
                self._begin_tls()
        except BaseException:
            self.close()
            raise

    def _check_fresh(self) -> bool:
        """Whether it is connected; if not, nothing may have come."""
        try:
            self.getpeername()
        except OSError as error:
            if error.errno != ENOTCONN:
                raise
        else:
            return True
        self.settimeout(0.0)
        try:
            # Sent before a connection was closed again: it would pass for TLS data.
            came = socket.recv(self, 1)
        except OSError as error:
            if error.errno not in (ENOTCONN, EINVAL):
                raise
            came = b""
        if came:
            raise _premature_data()
        return False

    def _begin_tls(self) -> None:
        self._wrap()
        if self.do_handshake_on_connect:
            if self.timeout == 0.0:
                raise ValueError(
                    "do_handshake_on_connect should not be specified for "
                    "non-blocking sockets"
                )
            self.do_handshake()  # switches

    def _wrap(self) -> TLSChannel:
        channel = TLSChannel(
            self._context, self, self.server_side, self.server_hostname, self._session
        )
        self._channel = readers[self.fd] = channel
        return channel

    def _forget_channel(self) -> None:
        if self._channel is not None:
            self._channel = None
            readers.pop(self.fd, None)

    def _real_close(self) -> None:
        self._forget_channel()
        socket._real_close(self)

    def _lose(self) -> None:
        self._forget_channel()
        socket._lose(self)

    def detach(self) -> int:
        """Give the descriptor away; TLS ends there, without a word to the peer."""
        self._forget_channel()
        return socket.detach(self)

    # -- reading ------------------------------------------------------------------

    if TYPE_CHECKING:

        @overload
        def read(self, nbytes: int | None = ..., buffer: None = None) -> bytes: ...
        @overload
        def read(self, nbytes: int | None, buffer: WriteableBuffer) -> int: ...

    def read(
        self, nbytes: int | None = _DEFAULT_READ, buffer: WriteableBuffer | None = None
    ) -> bytes | int:
        """Read at most *nbytes* bytes, into *buffer* if there is one.

        Returns:
            The bytes, none at the end of the stream; with a buffer how many.

        Raises:
            ValueError: There is no TLS (any more), or *nbytes* is negative.
            TimeoutError: Nothing came in time.
            SSLWantReadError: Nothing is there, and the socket does not wait.
            SSLError: As OpenSSL says.
            OSError: As the system says; EBADF if it was closed meanwhile.

        Blocking:
            Switches to the hub while there is nothing to read.
        Cancellation:
            Nothing is lost.
        """
        channel = self._channel
        if channel is None:
            raise ValueError("Read on closed or unwrapped SSL socket.")
        if nbytes is None:
            nbytes = _ANY_READ
        try:
            if buffer is not None:
                return channel.read_into(self, nbytes, buffer)
            return channel.read(self, nbytes) if nbytes > 0 else _nothing(nbytes)
        except SSLError as error:
            if error.args[0] != SSL_ERROR_EOF or not self.suppress_ragged_eofs:
                raise
        except OSError as error:
            if not is_hidden(channel, error):
                raise
            if not self.suppress_ragged_eofs:
                raise broken(channel) from error
        return b"" if buffer is None else 0

    def recv(self, buflen: int = _ANY_READ, flags: int = 0) -> bytes:
        """Receive at most *buflen* bytes; see :meth:`read`.

        Raises:
            ValueError: There are flags; they have no meaning under TLS.

        Blocking:
            Switches to the hub while there is nothing to read.
        """
        if self._channel is not None:
            if flags:
                raise self._flags_error("recv")
            return self.read(buflen)
        if self._leftover:
            data, self._leftover = self._leftover[:buflen], self._leftover[buflen:]
            return data
        return socket.recv(self, buflen, flags)

    def recv_into(
        self, buffer: WriteableBuffer | None, nbytes: int | None = None, flags: int = 0
    ) -> int:
        """Receive into a buffer; see :meth:`recv`.

        Under TLS None stands for no buffer, as in Python: the result is bytes then.

        Blocking:
            Switches to the hub while there is nothing to read.
        """
        if self._channel is not None and flags:
            raise self._flags_error("recv_into")
        if buffer is None:
            return self._recv_into_none(nbytes, flags)
        if not nbytes:
            if nbytes is not None:
                index(nbytes)  # raises for what is no number
            with memoryview(buffer) as view:
                nbytes = view.nbytes
        if self._channel is not None:
            return self.read(nbytes, buffer) if nbytes else 0
        if self._leftover:
            data = self.recv(nbytes)
            with memoryview(buffer) as view, view.cast("B") as target:
                target[: len(data)] = data
            return len(data)
        return socket.recv_into(self, buffer, nbytes, flags)

    def _recv_into_none(self, nbytes: int | None, flags: int) -> int:
        if self._channel is None:
            # Its error says what is wrong.
            receive: Callable[..., int] = socket.recv_into
            return receive(self, None, nbytes or 0, flags)
        return cast("int", self.read(_ANY_READ if nbytes is None else nbytes))

    def recvfrom(
        self, buflen: int = _ANY_READ, flags: int = 0
    ) -> tuple[bytes, _RetAddress]:
        """Refuse under TLS; else as a plain socket.

        Blocking:
            Switches to the hub while there is nothing to receive.
        """
        self._refuse("recvfrom")
        return socket.recvfrom(self, buflen, flags)

    def recvfrom_into(
        self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0
    ) -> tuple[int, _RetAddress]:
        """Refuse under TLS; else as a plain socket.

        Blocking:
            Switches to the hub while there is nothing to receive.
        """
        self._refuse("recvfrom_into")
        return socket.recvfrom_into(self, buffer, nbytes or 0, flags)

    def recvmsg(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse: messages have no meaning under TLS."""
        raise self._never("recvmsg")

    def recvmsg_into(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse: messages have no meaning under TLS."""
        raise self._never("recvmsg_into")

    # -- writing ------------------------------------------------------------------

    def write(self, data: ReadableBuffer) -> int:
        """Write bytes.

        Returns:
            How many were taken, all of them unless the socket does not wait.

        Raises:
            ValueError: There is no TLS (any more).
            TimeoutError: There was no room in time.
            SSLWantWriteError: There is no room, and the socket does not wait.
            SSLError: As OpenSSL says.
            OSError: As the system says; EBADF if it was closed meanwhile.
            ConcurrentObjectUseError: Another greenlet is writing.

        Blocking:
            Switches to the hub while there is no room.
        Cancellation:
            Some bytes may be sent; nobody can say how many.
        """
        channel = self._channel
        if channel is None:
            raise ValueError("Write on closed or unwrapped SSL socket.")
        try:
            return channel.write(self, data)
        except OSError as error:
            _fail_writing(channel, error)

    def send(self, data: ReadableBuffer, flags: int = 0, timeout: object = None) -> int:
        """Write bytes; see :meth:`write`. *timeout* is ignored.

        Raises:
            ValueError: There are flags; they have no meaning under TLS.

        Blocking:
            Switches to the hub while there is no room.
        """
        channel = self._channel
        if channel is None:
            return socket.send(self, data, flags)
        if flags:
            raise self._flags_error("send")
        return self.write(data)

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:
        """Write all bytes; see :meth:`write`.

        Returns:
            None; 0 if there was nothing to write.

        Raises:
            ValueError: There are flags; they have no meaning under TLS.
            SSLWantWriteError: Not all was taken, and the socket does not wait.

        Blocking:
            Switches to the hub while there is no room.
        """
        channel = self._channel
        # Plain sockets return 0 for nothing, too.
        sent: object = 0
        if channel is None:
            plain: Callable[..., object] = socket.sendall
            sent = plain(self, data, flags)  # switches
        elif flags:
            raise self._flags_error("sendall")
        elif self.timeout != 0.0:
            try:
                sent = None if channel.write(self, data) else 0  # switches
            except OSError as error:
                _fail_writing(channel, error)
        else:
            with memoryview(data) as given, given.cast("B") as view:
                start = 0
                while start < view.nbytes:
                    with view[start:] as rest:
                        start += self.write(rest)
                    sent = None
        return cast("None", sent)

    def sendto(  # type: ignore[override, unused-ignore]  # API
        self, data: ReadableBuffer, flags_or_addr: object, addr: object = None
    ) -> int:
        """Refuse under TLS; else as a plain socket.

        Blocking:
            Switches to the hub while there is no room.
        """
        self._refuse("sendto")
        send: Callable[..., int] = socket.sendto
        if addr is None:
            return send(self, data, flags_or_addr)
        return send(self, data, flags_or_addr, addr)

    def sendmsg(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse: it would send plain text."""
        raise self._never("sendmsg")

    def dup(self) -> NoReturn:
        """Refuse: two sockets cannot share a TLS connection."""
        raise NotImplementedError(f"Can't dup() {type(self).__name__} instances")

    def _refuse(self, call: str) -> None:
        if self._channel is not None:
            raise ValueError(f"{call} not allowed on instances of {type(self)}")

    def _never(self, call: str) -> NotImplementedError:
        return NotImplementedError(f"{call} not allowed on instances of {type(self)}")

    def _flags_error(self, call: str) -> ValueError:
        return ValueError(
            f"non-zero flags not allowed in calls to {call}() on {type(self)}"
        )

    # -- connections --------------------------------------------------------------

    def do_handshake(self) -> None:
        """Make the handshake, or go on with it.

        Raises:
            TimeoutError: It took too long.
            SSLWantReadError: It needs input; the socket does not wait.
            SSLError: As OpenSSL says.
            OSError: The socket is not connected, or as the system says.

        Blocking:
            Switches to the hub until the peer has answered.
        Cancellation:
            The connection can only be closed.
        """
        if not self._connected:
            # What was under way when it was wrapped, or connect_ex() began.
            self.getpeername()
            self._connected = True
            if self._channel is None:
                self._wrap()
        if listening("HandshakeDone"):
            self._shake_hands_and_tell()  # switches
        else:
            self._demand_channel("Handshake").do_handshake(self)  # switches

    def _shake_hands_and_tell(self) -> None:
        clock = originals.get("time", "perf_counter")
        began = clock()
        try:
            self._demand_channel("Handshake").do_handshake(self)  # switches
        except (SSLWantReadError, SSLWantWriteError):
            raise  # it is not over
        except BaseException as error:
            get_hub().tell("HandshakeDone", self, error, clock() - began)
            raise
        get_hub().tell("HandshakeDone", self, None, clock() - began)

    def connect(self, addr: object) -> None:
        """Connect, and make the handshake.

        Raises:
            ValueError: It is connected, or a server's.
            OSError: As :meth:`do_handshake`, or as the system says.

        Blocking:
            Switches to the hub until the peer has answered.
        """
        self._connect(socket.connect, addr)

    def connect_ex(self, addr: object) -> int:
        """Like :meth:`connect`; return 0 or errno if the connection fails.

        Blocking:
            Switches to the hub until the peer has answered.
        """
        return self._connect(socket.connect_ex, addr) or 0

    def _connect(
        self, connect: Callable[[socket, object], int | None], addr: object
    ) -> int | None:
        if self.server_side:
            raise ValueError("can't connect in server-side mode")
        if self._connected:
            raise ValueError("attempt to connect already-connected SSLSocket!")
        if self._channel is None:
            self._wrap()
        try:
            code = connect(self, addr)  # switches
            if not code:
                self._connected = True
                if self.do_handshake_on_connect:
                    self.do_handshake()  # switches
        except (BlockingIOError, SSLWantReadError, SSLWantWriteError):
            # Under way: another call or do_handshake() goes on with it.
            raise
        except BaseException:
            self._forget_channel()
            raise
        return code

    def accept(self) -> tuple[SSLSocket, _RetAddress]:
        """Accept a connection, and make the handshake.

        Returns:
            (new socket, address of the peer).

        Blocking:
            Switches to the hub until somebody has connected and answered.
        Cancellation:
            A new connection is closed.
        """
        accepted, address = socket.accept(self)
        made = cast("socket", accepted)
        try:
            return self._accepted(made), address
        except BaseException:
            made.close()
            raise

    def _accepted(self, made: socket) -> SSLSocket:
        context = cast("SSLContext", self.context)
        return context.wrap_socket(
            made,
            server_side=True,
            do_handshake_on_connect=self.do_handshake_on_connect,
            suppress_ragged_eofs=self.suppress_ragged_eofs,
        )

    def unwrap(self) -> Self:
        """End TLS; the socket goes on with plain text.

        Returns:
            This socket.

        Raises:
            ValueError: There is no TLS.
            SSLError: The peer sent something else than its good-bye.

        Blocking:
            Switches to the hub until the peer has said good-bye, too.
        """
        channel = self._channel
        if channel is None:
            raise ValueError(f"No SSL wrapper around {self!r}")
        was_over = channel.is_over
        try:
            leftover = channel.unwrap(self)  # switches
        except OSError as error:
            if not was_over or not is_hidden(channel, error):
                raise
            raise broken(channel) from error
        self._forget_channel()
        self._leftover += leftover
        return self

    def sendfile(
        self, file: BinaryIO, offset: int = 0, count: int | None = None
    ) -> int:
        """Send a file from where it stands, or from *offset* if there is one.

        Otherwise as of a plain socket.

        Blocking:
            Switches to the hub while there is no room. Reading the file blocks.
        """
        if self._channel is None:
            return socket.sendfile(self, file, offset, count)
        return self._sendfile_use_send(file, offset, count)

    def shutdown(self, how: int) -> None:
        """End TLS without a word to the peer, and close one direction or both."""
        self._forget_channel()
        socket.shutdown(self, how)

    def verify_client_post_handshake(self) -> None:
        """Ask the client for a certificate (TLS 1.3); it comes with later reads.

        Raises:
            ValueError: There is no TLS.
            SSLError: As OpenSSL says.

        Blocking:
            Switches to the hub while there is no room.
        """
        if self._channel is None:
            raise ValueError(f"No SSL wrapper around {self!r}")
        self._channel.verify_client_post_handshake(self)


SSLContext.sslsocket_class = SSLSocket


def _fail_writing(channel: TLSChannel, error: OSError) -> NoReturn:
    """Raise what a write raises that met *error*."""
    if isinstance(error, BrokenPipeError | ConnectionResetError):
        channel.drop_output()
    if not is_hidden(channel, error):
        raise error
    raise broken(channel) from error


def _nothing(nbytes: int) -> bytes:
    """Return what a read of no bytes gives."""
    if nbytes < 0:
        raise ValueError("size should not be negative")
    return b""


def _encoded_name(name: str | bytes | None) -> str | None:
    """Return a host name in the form that OpenSSL takes."""
    if name is None:
        return None
    if isinstance(name, str):
        return name.encode("idna").decode("ascii")
    return name.decode("ascii")


def _premature_data() -> SSLError:
    reason = "Closed before TLS handshake with data in recv buffer."
    error = SSLError(ENOTCONN, reason)
    error.reason = reason
    error.library = None  # type: ignore[assignment]  # as the standard library has it
    return error


def _check_arguments(
    context: SSLContext,
    server_side: bool,
    server_hostname: str | bytes | None,
    session: SSLSession | None,
) -> None:
    if server_side and server_hostname:
        raise ValueError("server_hostname can only be specified in client mode")
    if server_side and session is not None:
        raise ValueError("session can only be specified in client mode")
    if context.check_hostname and not server_hostname:
        raise ValueError("check_hostname requires server_hostname")


def _context_of(
    keyfile: StrOrBytesPath | None,
    certfile: StrOrBytesPath | None,
    server_side: bool,
    cert_reqs: int,
    ssl_version: int,
    ca_certs: StrOrBytesPath | None,
    ciphers: str | None,
) -> SSLContext:
    """Return a context from what older programs give to each socket."""
    if server_side and not certfile:
        raise ValueError("certfile must be specified for server-side operations")
    if keyfile and not certfile:
        raise ValueError("certfile must be specified")
    with warnings.catch_warnings():
        # The caller did not choose the protocol.
        warnings.simplefilter("ignore", DeprecationWarning)
        context = SSLContext(ssl_version)
    if context.check_hostname and cert_reqs == CERT_NONE:
        context.check_hostname = False
    context.verify_mode = cert_reqs
    if ca_certs:
        context.load_verify_locations(ca_certs)
    if certfile:
        context.load_cert_chain(certfile, keyfile)
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def wrap_socket(
    sock: _AnySocket,
    keyfile: StrOrBytesPath | None = None,
    certfile: StrOrBytesPath | None = None,
    server_side: bool = False,
    cert_reqs: int = CERT_NONE,
    ssl_version: int = PROTOCOL_TLS,
    ca_certs: StrOrBytesPath | None = None,
    do_handshake_on_connect: bool = True,
    suppress_ragged_eofs: bool = True,
    ciphers: str | None = None,
) -> SSLSocket:
    """Return a TLS socket without a context of one's own; see :class:`SSLSocket`.

    It checks no certificate unless told to: use ``create_default_context``.

    Blocking:
        Switches to the hub during the handshake.
    """
    return SSLSocket(
        sock=sock,
        keyfile=keyfile,
        certfile=certfile,
        server_side=server_side,
        cert_reqs=cert_reqs,
        ssl_version=ssl_version,
        ca_certs=ca_certs,
        do_handshake_on_connect=do_handshake_on_connect,
        suppress_ragged_eofs=suppress_ragged_eofs,
        ciphers=ciphers,
    )


def get_server_certificate(
    addr: tuple[str, int],
    ssl_version: int = PROTOCOL_TLS,
    ca_certs: StrOrBytesPath | None = None,
    timeout: float | None = None,
) -> str:
    """Return the certificate of a server as PEM text.

    Args:
        addr: (host, port).
        ssl_version: A ``PROTOCOL_`` value.
        ca_certs: Who must vouch for the server; nobody unless given.
        timeout: Seconds for the connection; None: for ever.

    Blocking:
        Switches to the hub.
    """
    context = SSLContext(
        PROTOCOL_TLS_CLIENT if ssl_version == PROTOCOL_TLS else ssl_version
    )
    context.check_hostname = False
    context.verify_mode = CERT_REQUIRED if ca_certs else CERT_NONE
    if ca_certs:
        context.load_verify_locations(ca_certs)
    with (
        create_connection(addr, timeout=timeout) as sock,
        context.wrap_socket(sock, server_hostname=addr[0]) as tls,
    ):
        return DER_cert_to_PEM_cert(cast("bytes", tls.getpeercert(True)))


def create_default_context(
    purpose: Purpose = Purpose.SERVER_AUTH,
    *,
    cafile: StrOrBytesPath | None = None,
    capath: StrOrBytesPath | None = None,
    cadata: str | ReadableBuffer | None = None,
) -> SSLContext:
    """Return a context with the settings that the standard library chooses.

    Args:
        purpose: Whom to authenticate.
        cafile: Who vouches for the peer, a file.
        capath: The same, a folder.
        cadata: The same, text or bytes; without all three: whom the system trusts.
    """
    return _cooperative(
        _default_context(purpose, cafile=cafile, capath=capath, cadata=cadata)
    )


def _create_unverified_context(*args: object, **kwargs: object) -> SSLContext:
    """Return a context that checks nothing; arguments as the standard library's."""
    make: Callable[..., _stdlib.SSLContext] = _unverified_context
    return _cooperative(make(*args, **kwargs))


# Names that the standard library has for its own modules.
_create_default_https_context = create_default_context
_create_stdlib_context = _create_unverified_context


def _cooperative(context: _stdlib.SSLContext) -> SSLContext:
    """Make a context of the standard library, just made, one of ours.

    In a patched process it is one already, or of a class that somebody put there.
    """
    if type(context) is Context.__base__:
        context.__class__ = SSLContext
    return cast("SSLContext", context)


_REPLACED = ("SSLContext", "SSLSocket", "get_server_certificate", "wrap_socket")
# What gives sockets of ours, too; monkey patching leaves these, which then find ours.
_FACTORIES = (
    "_create_default_https_context",
    "_create_stdlib_context",
    "_create_unverified_context",
    "create_connection",
    "create_default_context",
)

mirror(
    "ssl",
    globals(),
    implements=_REPLACED,
    # `socket` is ours: what SSLSocket extends.
    imports={name for name in vars(_stdlib) if name[:2] != "__"}
    - {"socket", *_FACTORIES},
    export_imports=True,
    also_export=("create_connection", "create_default_context"),
)
publish(__name__, "gevent.ssl")
