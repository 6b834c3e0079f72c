"""A TLS connection over a stream socket: what moves the bytes.

OpenSSL works on two buffers in memory; this module moves ciphertext between them and
the socket. So a call of OpenSSL never has to be repeated with the same arguments, one
system call takes several records, and whether a whole record is there is known without
asking OpenSSL, which would answer with an exception.

A :class:`TLSChannel` does not know its socket, which owns it: each call passes it in.
"""

from __future__ import annotations

from _ssl import (
    SSL_ERROR_SSL,
    SSL_ERROR_WANT_READ,
    SSL_ERROR_WANT_WRITE,
    MemoryBIO,
    SSLError,
    SSLWantReadError,
    SSLWantWriteError,
)

from gevent._base.checking import TYPE_CHECKING
from gevent._base.exceptions import ConcurrentObjectUseError
from gevent._native.scheduling.scheduler import Scheduler
from gevent.sync.event import Event
from gevent.sync.lock import Semaphore

if TYPE_CHECKING:
    import ssl
    import sys
    from ssl import SSLSession, _PeerCertRetDictType
    from typing import Protocol, TypeAlias, overload

    from _typeshed import ReadableBuffer, WriteableBuffer

    if sys.version_info >= (3, 13):
        from _ssl import Certificate

    from gevent._native.io.socket.receive import ReceivingSocket

    Result: TypeAlias = bytes | int
    _Certificate: TypeAlias = _PeerCertRetDictType | bytes | None

    class Engine(Protocol):
        """What ``_ssl._SSLSocket`` has."""

        context: ssl.SSLContext
        session: SSLSession | None

        @property
        def session_reused(self) -> bool:
            """Whether the handshake went on with an earlier session."""

        @overload
        def read(self, size: int, /) -> bytes: ...
        @overload
        def read(self, size: int, buffer: WriteableBuffer, /) -> int: ...
        def write(self, data: ReadableBuffer, /) -> int:
            """Encrypt."""

        def pending(self) -> int:
            """Return how much is decrypted."""

        def do_handshake(self) -> None:
            """Go on with the handshake."""

        def shutdown(self) -> object:
            """Go on with the good-bye."""

        def verify_client_post_handshake(self) -> None:
            """Ask for a certificate."""

        def version(self) -> str | None:
            """Return the name of the protocol."""

        def cipher(self) -> tuple[str, str, int] | None:
            """Return (name, protocol, bits)."""

        def shared_ciphers(self) -> list[tuple[str, str, int]] | None:
            """Return what both ends have."""

        def compression(self) -> str | None:
            """Return the name of the compression."""

        def selected_alpn_protocol(self) -> str | None:
            """Return what ALPN chose."""

        def get_channel_binding(self, kind: str, /) -> bytes | None:
            """Return the data that names the connection."""

        def getpeercert(self, binary_form: bool, /) -> _Certificate:
            """Return the peer's certificate."""

        if sys.version_info >= (3, 13):

            def get_verified_chain(self) -> list[Certificate] | None:
                """Return the certificates as they were checked."""

            def get_unverified_chain(self) -> list[Certificate] | None:
                """Return the certificates that the peer showed."""

        if sys.version_info >= (3, 15):

            def group(self) -> str | None:
                """Return the group of the key exchange."""

            def client_sigalg(self) -> str | None:
                """Return the algorithm of the client's signature."""

            def server_sigalg(self) -> str | None:
                """Return the algorithm of the server's signature."""


__all__ = ("TLSChannel",)

# What one receiving call asks the kernel for: four records of the largest size.
READ_SIZE = 65536
# The most plain text in one record; OpenSSL gives no more at a time.
RECORD_SIZE = 16384
# How much is encrypted before it is sent: four records.
WRITE_SIZE = 65536

# TLS record: type, version (2 bytes), length of the body (2 bytes).
HEADER_SIZE = 5
FIRST_TYPE = 20
LAST_TYPE = 24
# What a body may be longer than the plain text: TLS 1.2 allows most.
BODY_LIMIT = RECORD_SIZE + 2048


class Records:
    """Finds where the records end in the ciphertext that comes."""

    def __init__(self) -> None:
        self.partial = 0
        self.missing = 0
        self.content_type = 0
        self.length = 0
        self.is_foreign = False

    def add(self, data: bytes) -> int:
        """Account for more ciphertext."""
        if self.is_foreign:
            return 0
        at = 0
        size = len(data)
        while at < size:
            if self.missing == 0:
                self.add_to_header(data[at])
                at += 1
                continue
            step = min(self.missing, size - at)
            at += step
            self.missing -= step
            self.partial += step
            if self.missing == 0:
                self.partial = 0
        return 0

    def add_to_header(self, value: int) -> int:
        """Account for one byte of a header."""
        self.partial += 1
        if self.partial == 1:
            self.content_type = value
        elif self.partial == HEADER_SIZE - 1:
            self.length = value << 8
        elif self.partial == HEADER_SIZE:
            self.length |= value
            self.begin_body()
        return 0

    def begin_body(self) -> int:
        """The header is complete."""
        if (
            FIRST_TYPE <= self.content_type <= LAST_TYPE
            and 0 < self.length <= BODY_LIMIT
        ):
            self.missing = self.length
            return 0
        # OpenSSL is to see it at once and to say what is wrong.
        self.is_foreign = True
        self.partial = 0
        return 0


class TLSChannel:
    """One TLS connection.

    Invariants:

    * TLS1  Ciphertext leaves in the order in which OpenSSL made it: what is in *unsent*
      before what is in *outgoing*; any greenlet may send it on.
    * TLS2  Who has to wait for room in the kernel holds *turn*, so that one greenlet
      waits in that direction. A reader waits for room only with an answer of OpenSSL
      (*must_answer*), and if nobody holds it: who does sends everything.
    * TLS3  One greenlet at a time is inside ``write``; its pieces stay together.
    * TLS4  A socket that does not wait is told "sent" when the kernel has everything.
      Until then it gets SSLWantWriteError, and the size is *owed* to the next call,
      which brings the same data again, as OpenSSL itself has it.
    * TLS5  The deadline of a call is fixed at its begin; negative stands for never.
    * TLS6  One greenlet at a time waits for input at the descriptor: *listener* says in
      which operation. Whoever needs input meanwhile (a writer during a renegotiation)
      waits for *progress*, which the listener reports when it ends, however it ends.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        owner: object,
        server_side: bool,
        server_hostname: str | None,
        session: ssl.SSLSession | None,
    ):
        self.incoming = MemoryBIO()
        self.outgoing = MemoryBIO()
        # Not in typeshed; wrap_bio() would put an SSLObject between.
        wrap = context._wrap_bio  # type: ignore[attr-defined]
        self.sslobj: Engine = wrap(
            self.incoming,
            self.outgoing,
            server_side,
            server_hostname,
            owner=owner,
            session=session,
        )
        self.records = Records()
        self.plain = self.unsent = b""
        self.n_sent = self.owed = 0
        self.has_ended = self.is_writing = self.must_answer = self.is_over = False
        self.is_server = server_side
        self.turn = Semaphore(1)
        self.listener: str | None = None
        self.progress: Event | None = None

    # -- reading ------------------------------------------------------------------

    def has_input(self) -> bool:
        """Whether a read may succeed without asking the kernel."""
        if self.plain or self.incoming.pending > self.records.partial:
            return True
        return self.has_ended or self.is_over or self.sslobj.pending() > 0

    def pending(self) -> int:
        """Return how many plain bytes can be read without asking the kernel.

        Decrypts a record if none is decrypted: code that looks here before it waits for
        the descriptor must not miss what was read ahead.
        """
        size = len(self.plain) + self.sslobj.pending()
        if size == 0 and self.incoming.pending > self.records.partial:
            try:
                found = self.decrypt(RECORD_SIZE, None)
                self.plain = found if isinstance(found, bytes) else b""
            except SSLError:
                # The next read will tell.
                return 0
            size = len(self.plain) + self.sslobj.pending()
        return size

    def read(self, sock: ReceivingSocket, size: int) -> bytes:
        """Read at most *size* bytes, no more than one record; none at the end.

        Raises:
            TimeoutError: Nothing came in time.
            SSLWantReadError: Nothing is there, and the socket does not wait.
            SSLError: As OpenSSL says.
            OSError: As the system says; EBADF if it was closed meanwhile.

        Blocking:
            Switches to the hub while there is nothing to read.
        Cancellation:
            Nothing is lost.
        """
        return self.read_with(sock, size, None)  # type: ignore[return-value]  # no buffer

    def read_into(
        self, sock: ReceivingSocket, size: int, buffer: WriteableBuffer
    ) -> int:
        """Read into a buffer, and return how many bytes; see :meth:`read`.

        Blocking:
            Switches to the hub while there is nothing to read.
        """
        return self.read_with(sock, size, buffer)  # type: ignore[return-value]  # a buffer

    def read_with(
        self, sock: ReceivingSocket, size: int, buffer: WriteableBuffer | None
    ) -> Result:
        """Read into a buffer or, if it is None, new bytes."""
        if self.plain:
            return self.take_plain(size, buffer)
        deadline = deadline_of(sock)
        while True:
            if self.must_answer:
                self.answer(sock, deadline, "read")  # switches
            if not self.has_input():
                self.wait_for_input(sock, deadline, "read")  # switches
                continue
            result = self.decrypt(size, buffer)
            # OpenSSL has answered something of its own accord. A greenlet that waits
            # for room already sends that, too (TLS2).
            if self.outgoing.pending and not self.turn.locked():
                self.must_answer = True
            if result is not None:
                if self.must_answer:
                    self.flush_quietly(sock)
                return result

    def decrypt(self, size: int, buffer: WriteableBuffer | None) -> Result | None:
        """Let OpenSSL read; None if what is there was no data."""
        try:
            if buffer is not None:
                result: Result = self.sslobj.read(size, buffer)
            else:
                result = self.sslobj.read(size if size < RECORD_SIZE else RECORD_SIZE)
        except SSLWantReadError:
            return None
        if not result and (buffer is None or has_room(buffer)):
            self.is_over = True
        return result

    def take_plain(self, size: int, buffer: WriteableBuffer | None) -> Result:
        """Deliver what ``pending`` decrypted."""
        data = self.plain[:size]
        if buffer is None:
            self.plain = self.plain[size:]
            return data
        with memoryview(buffer) as view, view.cast("B") as target:
            data = data[: len(target)]
            target[: len(data)] = data
        self.plain = self.plain[len(data) :]
        return len(data)

    def wait_for_input(
        self, sock: ReceivingSocket, deadline: float, operation: str
    ) -> int:
        """Get more ciphertext, or let another greenlet; wait if the socket waits."""
        while not self.fill(sock):
            if deadline == 0.0:
                raise no_input()
            if self.listener is None:
                self.listen(sock, deadline, operation)  # switches
            elif self.listener == operation:
                raise self.in_use()
            else:
                self.await_progress(deadline, operation)  # switches
                return 0
        return 0

    def listen(self, sock: ReceivingSocket, deadline: float, operation: str) -> int:
        """Wait for input at the descriptor (TLS6)."""
        self.listener = operation
        try:
            if not sock.wait_readable(time_left(deadline, operation)):  # switches
                raise TimeoutError(f"The {operation} operation timed out")
        finally:
            # Also when a kill or a time-out has ended it: one of those who wait for
            # progress becomes the next listener, or nobody would listen any more.
            self.listener = None
            progress, self.progress = self.progress, None
            if progress is not None:
                progress.set()
        return 0

    def await_progress(self, deadline: float, operation: str) -> int:
        """Wait until the listener has got input, or has ended without (TLS6)."""
        progress = self.progress
        if progress is None:
            progress = self.progress = Event()
        if not progress.wait(time_left(deadline, operation)):  # switches
            raise TimeoutError(f"The {operation} operation timed out")
        return 0

    def in_use(self) -> ConcurrentObjectUseError:
        """Return what the second greenlet in one operation gets."""
        return ConcurrentObjectUseError(
            f"This socket is already used by another greenlet: {self!r}"
        )

    def fill(self, sock: ReceivingSocket) -> bool:
        """Move what the kernel has to OpenSSL; False if it has nothing."""
        data = sock._receive_now(READ_SIZE)
        if data is None:
            return False
        if data:
            self.incoming.write(data)
            self.records.add(data)
        elif not self.has_ended:
            self.has_ended = True
            self.incoming.write_eof()
        return True

    # -- writing ------------------------------------------------------------------

    def write(self, sock: ReceivingSocket, data: ReadableBuffer) -> int:
        """Write all bytes; what goes out at once if the socket does not wait.

        Returns:
            How many that was.

        Raises:
            TimeoutError: There was no room in time.
            SSLWantWriteError: There is no room, and the socket does not wait.
            ConcurrentObjectUseError: Another greenlet is writing.
            SSLError: As OpenSSL says.
            OSError: As the system says; EBADF if it was closed meanwhile.

        Blocking:
            Switches to the hub while there is no room.
        Cancellation:
            Some bytes may be sent; nobody can say how many.
        """
        # A writer switches between its pieces. A second one would put records of its
        # own in between, and the peer would read a mixture (TLS3).
        if self.is_writing:
            raise self.in_use()
        self.is_writing = True
        try:
            with memoryview(data) as given, bytes_of(given) as view:
                if sock.timeout == 0.0:
                    return self.write_now(sock, view)
                self.write_all(sock, view)  # switches
                return len(view)
        finally:
            self.is_writing = False

    def write_all(self, sock: ReceivingSocket, view: memoryview) -> int:
        """Write everything; the time-out covers all of it."""
        self.owed = 0
        deadline = deadline_of(sock)
        start = 0
        size = len(view)
        while start < size:
            with view[start : start + WRITE_SIZE] as piece:
                self.encrypt(sock, piece, deadline)  # switches
            self.flush(sock, deadline, "write")  # switches
            start += WRITE_SIZE
        return 0

    def encrypt(self, sock: ReceivingSocket, view: memoryview, deadline: float) -> int:
        """Let OpenSSL write; an old protocol may have to read for that."""
        while True:
            try:
                self.sslobj.write(view)
            except SSLWantReadError:
                pass
            else:
                return 0
            self.answer(sock, deadline, "write")  # switches
            self.wait_for_input(sock, deadline, "write")  # switches

    def write_now(self, sock: ReceivingSocket, view: memoryview) -> int:
        """Write one record without waiting (TLS4)."""
        size = self.owed
        if not self.flush_now(sock):
            raise no_room()
        if size:
            self.owed = 0
            if size > len(view):
                raise SSLError(SSL_ERROR_SSL, "bad length: less than was owed")
            return size
        size = min(len(view), RECORD_SIZE)
        with view[:size] as piece:
            self.encrypt(sock, piece, 0.0)
        if not self.flush_now(sock):
            self.owed = size
            raise no_room()
        return size

    def flush_now(self, sock: ReceivingSocket) -> bool:
        """Send what the kernel takes (TLS1); whether that was everything."""
        while True:
            if not self.unsent:
                if self.outgoing.pending == 0:
                    return True
                self.unsent = self.outgoing.read()
                self.n_sent = 0
            sent = sock._send_now(self.unsent, self.n_sent)
            self.n_sent += sent
            if self.n_sent < len(self.unsent):
                return False
            self.unsent = b""

    def drop_output(self) -> None:
        """Forget what can never be sent: nobody is to stumble over it again."""
        self.unsent = b""
        self.outgoing.read()
        self.must_answer = False

    def flush(self, sock: ReceivingSocket, deadline: float, operation: str) -> int:
        """Send everything."""
        if self.flush_now(sock):
            return 0
        if deadline == 0.0:
            raise no_room()
        if not self.turn.acquire(True, time_left(deadline, operation)):  # switches
            raise TimeoutError(f"The {operation} operation timed out")
        try:
            # Who had the turn before us may have sent all of it.
            while not self.flush_now(sock):
                if not sock.wait_writable(time_left(deadline, operation)):  # switches
                    raise TimeoutError(f"The {operation} operation timed out")
        finally:
            self.turn.release()
        return 0

    def answer(self, sock: ReceivingSocket, deadline: float, operation: str) -> int:
        """Send what OpenSSL wrote of its own while it read (TLS2)."""
        if deadline == 0.0:
            self.must_answer = not self.flush_now(sock)
            return 0
        if not self.turn.locked():
            self.flush(sock, deadline, operation)  # switches
        self.must_answer = False
        return 0

    def flush_quietly(self, sock: ReceivingSocket) -> int:
        """Send what is possible, when there is something more important to say."""
        try:
            if self.flush_now(sock):
                self.must_answer = False
        except OSError:
            # The next call meets it again.
            pass
        return 0

    # -- beginning and end --------------------------------------------------------

    def do_handshake(self, sock: ReceivingSocket) -> None:
        """Make the handshake, or go on with one.

        Raises:
            TimeoutError: It took too long.
            SSLWantReadError: It goes on when there is input; the socket does not wait.
            SSLError: As OpenSSL says.
            OSError: As the system says; EBADF if it was closed meanwhile.

        Blocking:
            Switches to the hub until the peer has answered.
        Cancellation:
            The connection can only be closed.
        """
        deadline = deadline_of(sock)
        while True:
            try:
                self.sslobj.do_handshake()
            except SSLWantReadError:
                pass
            except BaseException:
                self.flush_quietly(sock)  # the alert that tells the peer why
                raise
            else:
                break
            self.flush(sock, deadline, "handshake")  # switches
            self.wait_for_input(sock, deadline, "handshake")  # switches
        try:
            self.flush(sock, deadline, "handshake")  # switches
        except (BrokenPipeError, ConnectionResetError):
            # Only tickets for later sessions, which a client that has gone does not
            # take: what it sent before can be read (as in OpenSSL itself).
            if not self.is_server or self.sslobj.version() != "TLSv1.3":
                raise

    def unwrap(self, sock: ReceivingSocket) -> bytes:
        """Say good-bye, and wait for the answer.

        Returns:
            What came behind the peer's last record: plain text.

        Blocking:
            Switches to the hub until the peer has answered.
        """
        deadline = deadline_of(sock)
        while True:
            try:
                self.sslobj.shutdown()
            except SSLWantReadError:
                pass
            except SSLError:
                # The peer goes on talking; it is told all the same.
                self.flush_quietly(sock)
                raise
            else:
                break
            self.flush(sock, deadline, "read")  # switches
            self.wait_for_input(sock, deadline, "read")  # switches
        self.is_over = True
        self.flush(sock, deadline, "write")  # switches
        return self.incoming.read()

    def verify_client_post_handshake(self, sock: ReceivingSocket) -> None:
        """Ask the client for a certificate (TLS 1.3); reads and writes go on with it.

        Blocking:
            Switches to the hub while there is no room.
        """
        self.sslobj.verify_client_post_handshake()
        self.answer(sock, deadline_of(sock), "write")  # switches


def bytes_of(given: memoryview) -> memoryview:
    """Return a view of the bytes of another."""
    try:
        return given.cast("B")
    except TypeError:
        if given.c_contiguous:
            raise
        # As sockets without TLS and OpenSSL have it.
        raise BufferError("memoryview: underlying buffer is not C-contiguous") from None


def no_input() -> SSLError:
    """Return what a socket that does not wait raises when nothing is there."""
    return describe(
        SSLWantReadError(SSL_ERROR_WANT_READ, "The operation did not complete (read)")
    )


def no_room() -> SSLError:
    """Return what a socket that does not wait raises when it is full."""
    return describe(
        SSLWantWriteError(
            SSL_ERROR_WANT_WRITE, "The operation did not complete (write)"
        )
    )


def describe(error: SSLError) -> SSLError:
    """Give an error of ours what each of the interpreter's has."""
    error.reason = error.library = None  # type: ignore[assignment]  # no text of OpenSSL's
    return error


def has_room(buffer: WriteableBuffer) -> bool:
    """Whether anything can be read into it."""
    with memoryview(buffer) as view:
        return view.nbytes > 0


def deadline_of(sock: ReceivingSocket) -> float:
    """Return when a call has to end that begins now; 0 if it must not wait (TLS5)."""
    timeout = sock.timeout
    if timeout is None:
        return -1.0
    if timeout == 0.0:
        return 0.0
    loop = Scheduler.of_thread()
    return loop.clock() + timeout


def time_left(deadline: float, operation: str) -> float | None:
    """Return the seconds until a deadline; None for ever."""
    if deadline < 0.0:
        return None
    loop = Scheduler.of_thread()
    left = deadline - loop.clock()
    if left <= 0.0:
        raise TimeoutError(f"The {operation} operation timed out")
    return left
