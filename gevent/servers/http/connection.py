"""A connection of an HTTP server: its life, and the octets that were received ahead.

Life of a connection; whoever moves it names the event, and a pair that is not in
:data:`LIFE` is a fault of the server. A connection has a greenlet only while an
application works for it, and shortly after:

========  ==============  =======================================================
state     in              what it waits for
========  ==============  =======================================================
NEW       the hub         the first octet (TLS: the handshake, in a greenlet)
PROXY     the hub         the rest of a PROXY header; then it is NEW once more
HEAD      the hub         the rest of a head (TLS: in a greenlet)
READY     nobody          a slot for its greenlet
BUSY      its greenlet    the application
DRAIN     its greenlet    the rest of a request body that nobody read
WARM      its greenlet    the next request, shortly
PARKED    the hub         the next request, for long
LINGER    the hub         the end of the client's stream, after a last reply
UPGRADED  its greenlet    the application, which has the socket for itself; or the
                          streams of HTTP/2
CLOSED    nobody
========  ==============  =======================================================

Invariants:

* HTTP1  The hub watches the socket in NEW, PROXY, HEAD (plain), PARKED and LINGER, and
  for a reset in READY; in all other states at most one greenlet reads from it.
* HTTP2  ``buffer`` holds what was received and not taken, oldest first: the head being
  parsed begins at 0.
* HTTP3  A connection is in ``Parking.connections`` until it is CLOSED, and the
  descriptor is closed then, once, by the server's ``do_close``.
* HTTP4  Parking throws into a greenlet in WARM only, and only from the hub: it is
  parked in ``recv`` then, with nothing of the next request taken.
"""

from __future__ import annotations

import time
from errno import ECONNRESET
from socket import SHUT_WR, SO_LINGER, SOL_SOCKET
from struct import pack
from typing import TYPE_CHECKING, cast

from gevent._hub.hub import sleep
from gevent._hub.timeout import Timeout
from gevent._native.http.head import HeadError, HeadParser
from gevent.servers.http.counts import Counts
from gevent.servers.http.limits import Limits, Timeouts
from gevent.servers.http.policy import decide
from gevent.servers.http.sending import PATIENCE, TooSlow, say_good_bye

if TYPE_CHECKING:
    from typing import Protocol

    from greenlet import greenlet as raw_greenlet

    from gevent._loop.watchers import io
    from gevent._native.http.head import Head
    from gevent.net.socket import socket as gevent_socket
    from gevent.servers.http.body import Input
    from gevent.servers.http.policy import Decision
    from gevent.servers.http.proxy import ProxyHeader

    class Rules(Protocol):
        """What a connection asks its server."""

        limits: Limits
        timeouts: Timeouts
        relax: frozenset[str]

    class Waiting(Protocol):
        """Where connections wait without a greenlet: parking."""

        @property
        def is_stopping(self) -> bool:
            """Whether no further request is to be served."""

        def is_hub(self, greenlet: raw_greenlet | None) -> bool:
            """Whether it is the one that runs the server's loop."""

        def wait_warm(self, connection: Connection) -> bytes | None:
            """Wait for the next request; None: it was parked."""

        def linger(self, connection: Connection) -> None:
            """Wait for the end of the client's stream."""

        def note_left(self) -> None:
            """A greenlet has ended, while the server stops."""

        def forget(self, connection: Connection) -> None:
            """It has ended."""

    class Readable(Protocol):
        """A file that requests are read from."""

        def readline(self, size: int, /) -> bytes:
            """Read a line, or so much of it."""

    class Handler(Protocol):
        """What serves the requests of a connection."""

        def handle(self) -> None:
            """Serve them."""


NEW = "NEW"
PROXY = "PROXY"
HEAD = "HEAD"
READY = "READY"
BUSY = "BUSY"
DRAIN = "DRAIN"
WARM = "WARM"
PARKED = "PARKED"
LINGER = "LINGER"
UPGRADED = "UPGRADED"
CLOSED = "CLOSED"

STATES = (NEW, PROXY, HEAD, READY, BUSY, DRAIN, WARM, PARKED, LINGER, UPGRADED, CLOSED)

#: (state, event) -> state; "over" (the end of the stream, a deadline without an answer,
#: a kill, the server's end) leads from everywhere to CLOSED.
LIFE = {
    (NEW, "proxy"): PROXY,
    (PROXY, "proxied"): NEW,
    (PROXY, "refused"): LINGER,
    (NEW, "octets"): HEAD,
    (HEAD, "head"): READY,  # one to be served, or to be refused
    (READY, "refused"): LINGER,
    (READY, "slot"): BUSY,
    (BUSY, "refused"): LINGER,
    (BUSY, "replied"): WARM,
    (BUSY, "unread"): DRAIN,
    (BUSY, "last"): LINGER,
    (BUSY, "upgraded"): UPGRADED,
    (UPGRADED, "last"): LINGER,  # a WebSocket was closed by us
    (DRAIN, "replied"): WARM,
    (DRAIN, "last"): LINGER,
    (WARM, "octets"): HEAD,
    (WARM, "request"): BUSY,  # a whole one: what a busy client sends
    (WARM, "quiet"): PARKED,
    (PARKED, "octets"): HEAD,
    (NEW, "upgraded"): UPGRADED,  # to HTTP/2, by ALPN or its preface
    **{(state, "over"): CLOSED for state in STATES},
}

# The same, state by state: found without making a pair.
_NEXT: dict[str, dict[str, str]] = {state: {} for state in STATES}
for (_state, _event), _next in LIFE.items():
    _NEXT[_state][_event] = _next

#: Octets to ask the kernel for at once.
READ_SIZE = 65536
#: Octets that are dropped in LINGER before the connection is cut.
MAX_LINGER = 1 << 20
#: Seconds for what is left of a request body.
DRAIN_TIME = 1.0
# struct linger: what was not taken is dropped, and the client gets a reset.
_AT_ONCE = pack("ii", 1, 0)
# Requests of one connection, between two turns of all others.
_FAIR_MASK = 15


class Park(BaseException):
    """Thrown into a greenlet that waits in WARM: give the connection back."""


class Connection:
    """One client of an HTTP server; see the module.

    Args:
        rules: The server, whose limits and time-outs hold from now on.
        sock: Its socket.
        address: The client's address.
        parking: Where it waits without a greenlet; None: it never does.
    """

    counts: Counts
    sock: gevent_socket
    state: str
    buffer: bytearray
    reason: str
    n_requests: int
    waited: float
    n_received: int
    since: float

    limits: Limits
    timeouts: Timeouts
    relax: frozenset[str]

    def __init__(
        self,
        rules: Rules,
        sock: gevent_socket,
        address: object,
        parking: Waiting | None = None,
        is_tls: bool = False,
    ):
        self.rules = rules
        self.limits = rules.limits
        self.timeouts = rules.timeouts
        self.relax = rules.relax
        counts: Counts | None = getattr(rules, "_counts", None)
        self.counts = Counts() if counts is None else counts
        self.sock = sock
        self.address = address
        self.parking = parking
        self.state = NEW
        self.buffer = bytearray()
        self.parser: HeadParser | None = None
        # Of the request being served, or about to be.
        self.head: Head | None = None
        self.decision: Decision | None = None
        self.refusal: HeadError | None = None
        # The event that it was closed by, for who is told.
        self.reason = "over"
        # What the proxy in front says first, until it is whole.
        self.proxy: ProxyHeader | None = None
        self.watcher: io | None = None
        self.is_tls = is_tls
        # The object that serves, if it outlives a request; its greenlet, while there is
        # one, and whether that waits in WARM (HTTP4).
        self.handler: Handler | None = None
        self.greenlet: raw_greenlet | None = None
        self.is_idle = False
        self.n_requests = 0
        # As the crowd counts it.
        self.n_pending = 0
        self.is_counted = False
        # Of this request's body: the seconds waited for it, and octets that came then.
        self.waited = 0.0
        self.n_received = 0
        # By the loop's clock: when it got warm, or its head began.
        self.since = 0.0

    @property
    def socket(self) -> gevent_socket:
        """The client's socket, for who reads a body."""
        return self.sock

    @property
    def is_stopping(self) -> bool:
        """Whether the server serves no further request of this connection."""
        return self.parking is not None and self.parking.is_stopping

    @property
    def requestline(self) -> str:
        """The first line of the head being read, as far as it is known."""
        return "" if self.parser is None else self.parser.requestline

    @property
    def is_in_hub(self) -> bool:
        """Whether it is served in the hub, where nothing can be waited for."""
        parking = self.parking
        return parking is not None and parking.is_hub(self.greenlet)

    def on(self, event: str) -> str:
        """Move to the state that *event* leads to, and return it."""
        events = _NEXT[self.state]
        state = events.get(event)
        if state is None:
            raise AssertionError(
                f"{event!r} is impossible for a connection in {self.state}"
            )
        self.state = state
        return state

    # -- heads --------------------------------------------------------------------

    def parse(self) -> bool:
        """Look for a whole head in the buffer; then it is READY.

        Raises:
            HeadError: It is none, or one that must be refused.
        """
        parser = self.parser
        if parser is None:
            limits = self.limits
            self.parser = parser = HeadParser(
                limits.request_line, limits.head, limits.fields, self.relax
            )
        head = parser.feed(self.buffer)
        if head is None:
            return False
        del self.buffer[: head.size]
        self.head = head
        self.waited = 0.0
        self.n_received = 0
        self.decision = decide(head, self.limits, self.relax)
        return True

    def wait_for_head(self) -> bool:
        """Wait for the next request, in the greenlet that will serve it.

        Returns:
            Whether there is one; else the connection is parked, or has ended.

        Raises:
            HeadError: What came must be refused.

        Blocking:
            Switches to the hub while nothing comes.
        """
        if self.state != READY:
            self.n_requests += 1
            if not self.n_requests & _FAIR_MASK and not self.is_in_hub:
                sleep(0)  # switches
            if not self.read_head():  # switches
                return False
        if self.state != BUSY:
            self.on("slot")
        if self.refusal is not None:
            raise self.refusal
        return True

    def read_head(self) -> bool:
        """Read until a head is whole or refused: READY; False: no more comes.

        Blocking:
            Switches to the hub while nothing comes.
        """
        try:
            while self.state != READY:
                if self.buffer:
                    is_whole = self.parse()
                    if is_whole and self.state == WARM:
                        self.on("request")
                        return True
                    self._begin_head()
                    if is_whole:
                        self.on("head")
                        return True
                if not self._receive_head():  # switches
                    return False
        except HeadError as error:
            # What follows is never parsed.
            self.refusal = error
            self._begin_head()
            self.on("head")
        return True

    def _begin_head(self) -> int:
        if self.state != HEAD:
            self.on("octets")
            self.since = time.monotonic()
        return 0

    def _receive_head(self) -> bool:
        """Wait for octets of a head; False: there is none to come."""
        data = (
            self._receive_by_deadline()  # switches
            if self.state == HEAD
            else self._receive_idle()  # switches
        )
        if not data:
            return False
        self.buffer += data
        self.counts.octets_in += len(data)
        return True

    def _receive_by_deadline(self) -> bytes:
        timeout = self.timeouts.head
        left = max(0.001, self.since + timeout - time.monotonic()) if timeout else None
        try:
            return self._receive_within(left)  # switches
        except TimeoutError:
            self.counts.deadlines += 1
            raise HeadError(408, "the head did not end in time") from None
        except OSError:
            return b""

    def _receive_idle(self) -> bytes | None:
        """Wait in WARM (or NEW, where nothing parks); None: parked or too late."""
        parking = self.parking
        if parking is not None and self.state == WARM:
            return parking.wait_warm(self)  # switches
        timeouts = self.timeouts
        timeout = timeouts.head if self.state == NEW else timeouts.idle
        try:
            return self._receive_within(timeout or None)  # switches
        except OSError:
            return None

    def _receive_within(self, timeout: float | None) -> bytes:
        """Receive; the socket's own time-out is for what is sent."""
        sock = self.sock
        usual = sock.gettimeout()
        if timeout == usual:
            return sock.recv(READ_SIZE)  # switches
        sock.settimeout(timeout)
        try:
            return sock.recv(READ_SIZE)  # switches
        finally:
            sock.settimeout(usual)

    def read_from(self, rfile: Readable) -> None:
        """Read from that file what would come from the socket."""
        self.sock = cast("gevent_socket", _ReadsFrom(self.sock, rfile))

    # -- the body's source --------------------------------------------------------

    def receive(self, size_hint: int = 0) -> bool:
        """Wait for octets of a body and add them to the buffer.

        Returns:
            False at the end of the stream.

        Raises:
            TimeoutError: The client was silent for too long, or is too slow.
        """
        began = time.monotonic()
        try:
            data = self._receive_within(self._body_timeout())  # switches
        except TimeoutError:
            self.counts.deadlines += 1
            raise
        self.buffer += data
        self._check_rate(time.monotonic() - began, len(data))
        return bool(data)

    def _check_rate(self, seconds: float, n: int) -> int:
        """Note a wait for the body; who has been slow for long is too slow."""
        self.waited += seconds
        self.n_received += n
        self.counts.octets_in += n
        rate = self.timeouts.rate
        if self._is_beyond_http():
            return 0
        if rate and self.waited > PATIENCE and self.n_received < rate * self.waited:
            self.counts.deadlines += 1
            raise TimeoutError("the body comes too slowly")
        return 0

    def receive_into(self, view: memoryview) -> int:
        """Wait for octets of a large body and put them there; 0 at the end.

        Raises:
            TimeoutError: The client was silent for too long, or is too slow.
        """
        sock = self.sock
        usual = sock.gettimeout()
        sock.settimeout(self._body_timeout())
        began = time.monotonic()
        try:
            n = sock.recv_into(view)  # switches
        except TimeoutError:
            self.counts.deadlines += 1
            raise
        finally:
            sock.settimeout(usual)
        self._check_rate(time.monotonic() - began, n)
        return n

    def _body_timeout(self) -> float | None:
        return None if self._is_beyond_http() else self.timeouts.body or None

    def _is_beyond_http(self) -> bool:
        """Whether no body is read, but what the client says after its upgrade."""
        decision = self.decision
        return (
            decision is not None
            and decision.upgrade is not None
            and decision.length == 0
        )

    def drain(self, body: Input) -> bool:
        """Drop the rest of a request body; return whether that was all of it."""
        mine = Timeout.start_new(DRAIN_TIME)
        try:
            return body.discard(self.limits.drain)  # switches
        except OSError:
            return False
        except Timeout as timeout:
            if timeout is not mine:
                raise
            return False
        finally:
            mine.close()

    # -- the end ------------------------------------------------------------------

    def linger(self, event: str) -> None:
        """The last reply has been sent: wait for the client's end of the stream.

        Blocking:
            Switches to the hub if there is no parking.
        """
        self.on(event)
        self.reason = event
        if self.parking is not None:
            self.parking.linger(self)
            return
        mine = Timeout.start_new(self.timeouts.linger or None)
        try:
            say_good_bye(self.sock)
            self.sock.shutdown(SHUT_WR)
            n_dropped = 0
            while n_dropped < MAX_LINGER:
                data = self.sock.recv(READ_SIZE)  # switches
                if not data:
                    break
                n_dropped += len(data)
        except OSError:
            pass
        except Timeout as timeout:
            if timeout is not mine:
                raise
        finally:
            mine.close()

    def broken_by(self, error: OSError) -> OSError:
        """Return what to raise for an error of sending: the client has gone, mostly."""
        if isinstance(error, TooSlow):
            self.counts.deadlines += 1
            self.reset_at_end()
            return error
        if getattr(self.sock, "_sslobj", None) is not None:
            # Not at the top: most servers are without TLS.
            from ssl import SSLEOFError, SSLZeroReturnError

            if isinstance(error, (SSLEOFError, SSLZeroReturnError)):
                return ConnectionResetError(ECONNRESET, "the client has gone")
        return error

    def reset_at_end(self) -> None:
        """See that the client takes the end of the stream for an error."""
        try:
            self.sock.setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
        except OSError:
            pass  # it has gone

    def leave(self) -> None:
        """The greenlet ends: close, unless the connection lives on without it."""
        self.greenlet = None
        parking = self.parking
        if self.state != PARKED and (self.state != LINGER or parking is None):
            self.close()
        if parking is not None and parking.is_stopping:
            parking.note_left()

    def close_unbegun(self, _greenlet: object) -> None:
        """Its greenlet has ended; it may have been killed before it began."""
        if self.state == READY:
            self.close()

    def close(self) -> None:
        """Close for good; repeatable."""
        if self.state == CLOSED:
            return
        self.on("over")
        if self.watcher is not None:
            self.watcher.close()
            self.watcher = None
        self.handler = self.head = self.decision = self.refusal = self.proxy = None
        if self.parking is not None:
            self.parking.forget(self)
        else:
            self.sock.close()


class _ReadsFrom:
    """A socket whose input comes from a file."""

    def __init__(self, sock: gevent_socket, rfile: Readable):
        self._sock = sock
        self._rfile = rfile

    def recv(self, size: int) -> bytes:
        """Return what the file has at once; ``b""`` at its end."""
        read1 = getattr(self._rfile, "read1", self._rfile.readline)
        return cast("bytes", read1(size))

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)


class _UsualRules:
    limits = Limits()
    timeouts = Timeouts()
    relax: frozenset[str] = frozenset()


def rules_of(server: object) -> Rules:
    """Return a server's rules; the usual ones for what only looks like a server."""
    return server if hasattr(server, "limits") else _UsualRules()  # type: ignore[return-value]
