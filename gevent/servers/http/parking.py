"""Connections that have no greenlet: the hub waits for what they wait for.

Also who counts them all, and hands those with a request to a greenlet when there is a
slot. See :mod:`gevent.servers.http.connection` for the states. All methods run in the
hub unless they say something else.
"""

from __future__ import annotations

import os
from collections import deque
from socket import IPPROTO_TCP, SHUT_WR, SO_ERROR, SOL_SOCKET, TCP_NODELAY
from typing import TYPE_CHECKING, cast

from gevent._hub.greenlet import Greenlet, killall
from gevent._hub.hub import getcurrent
from gevent._native.http.head import HeadError
from gevent.servers.http.connection import (
    HEAD,
    MAX_LINGER,
    NEW,
    PARKED,
    PROXY,
    READ_SIZE,
    READY,
    UPGRADED,
    Connection,
    Park,
)
from gevent.servers.http.crowd import Crowd
from gevent.servers.http.proxy import ProxyHeader
from gevent.servers.http.sending import say_good_bye
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from greenlet import greenlet as raw_greenlet

    from gevent._loop.loop import Loop
    from gevent._loop.watchers import timer
    from gevent.net.socket import socket as gevent_socket
    from gevent.servers.ending import Deadline
    from gevent.servers.http.connection import Rules

    class Streams(Protocol):
        """What serves a connection of HTTP/2."""

        def begin_stop(self) -> None:
            """Serve what has been asked for, and no more."""

        def owns(self, greenlet: object) -> bool:
            """Whether it is the reader's, or a stream's."""

        def end_idle(self) -> None:
            """No request has come for too long."""

    class Http2(Protocol):
        """What knows connections of HTTP/2, and serves them."""

        def was_chosen(self, connection: Connection) -> bool:
            """Whether the client has chosen it in the handshake of TLS."""

        def is_preface(self, buffer: bytearray) -> bool | None:
            """Whether octets are its preface; None: they may become it."""

        def serve(self, connection: Connection) -> None:
            """Serve a connection to its end."""

    class Host(Rules, Protocol):
        """What parking asks its server."""

        loop: Loop

        @property
        def http2(self) -> Http2 | None:
            """What serves HTTP/2, if anything does."""

        def has_slot(self) -> bool:
            """Return whether a greenlet may be started for a connection."""

        def when_slot(self, callback: Callable[[], None]) -> None:
            """Call back once, when there may be a slot."""

        def resume(self) -> None:
            """Accept again, if that was stopped because nothing could be served."""

        def begin(self, connection: Connection) -> None:
            """Start the greenlet of a connection that is READY."""

        def refuse(self, connection: Connection, error: HeadError) -> bool:
            """Answer what is no request; False: a handler is to do so."""

        def refuse_proxy(self, connection: Connection, error: HeadError) -> None:
            """Answer what does not begin with the PROXY header that it must."""

        def takes_over(self, connection: Connection) -> bool:
            """Return whether another greenlet serves it, by the socket, from now on."""

        def limit_reached(self, name: str) -> None:
            """Take note that clients have reached a limit."""

        def end(self, connection: Connection) -> None:
            """Close its descriptor."""

        def shake_hands(self, connection: Connection) -> None:
            """Make the TLS handshake of a new connection."""

        def _report_handshake(
            self, sock: object, address: object, error: OSError
        ) -> None:
            """Write a line about a client whose TLS handshake has failed."""


#: Seconds without a request after which a greenlet gives its connection back, and how
#: many may have one without working.
WARM_TIME = 1.0
MAX_WARM = 1000
# Seconds that a connection without a request has when the server stops.
_LAST_CHANCE = 1.0


class Deadlines:
    """Connections that wait, each for the same time: the first one in is due first.

    The bet: nearly all leave before they are due. So entering and leaving cost a
    dictionary's; the timer is not moved when one leaves.
    """

    delay: float

    def __init__(
        self, loop: Loop, delay: float | None, expired: Callable[[Connection], object]
    ):
        self.loop = loop
        self.delay = delay or 0.0
        self.expired = expired
        self.members: dict[Connection, float] = {}
        self._timer: timer | None = None

    def add(self, connection: Connection) -> int:
        """Begin to count for *connection*, which is no member."""
        if not self.delay:
            self.members[connection] = float("inf")
            return 0
        self.members[connection] = self.loop.now() + self.delay
        if self._timer is None:
            self._start(self.delay)
        return 0

    def discard(self, connection: Connection) -> int:
        """Do not count any more; *connection* may be no member."""
        self.members.pop(connection, None)
        return 0

    def _start(self, delay: float) -> None:
        # Without a reference: what waits for its deadline has a watcher that has one.
        self._timer = self.loop.timer(max(delay, 0.0), ref=False)
        self._timer.start(self._expire)

    def _expire(self) -> None:
        self.stop()
        now = self.loop.now()
        try:
            while self.members:
                connection, deadline = next(iter(self.members.items()))
                if deadline > now:
                    break
                del self.members[connection]
                self.expired(connection)
        finally:
            for deadline in self.members.values():
                self._start(deadline - now)
                break

    def stop(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.close()
            self._timer = None


class Parking:
    """All connections of a server; see the module."""

    loop: Loop
    crowd: Crowd
    proxies: Deadlines
    heads: Deadlines
    idle: Deadlines
    lingering: Deadlines
    is_stopping: bool

    def __init__(self, host: Host):
        self.host = host
        self.loop = loop = host.loop
        timeouts = host.timeouts
        self.crowd = Crowd(host.limits)
        self.connections: dict[object, Connection] = {}
        self.proxies = Deadlines(loop, timeouts.head, self._proxy_is_late)
        self.heads = Deadlines(loop, timeouts.head, self._head_is_late)
        self.idle = Deadlines(loop, timeouts.idle, self._idle_is_late)
        self.lingering = Deadlines(loop, timeouts.linger, self._is_late)
        #: With a request and without a slot, in order of arrival.
        self.ready: deque[Connection] = deque()
        self.warm: dict[Connection, None] = {}
        self._sweeper: timer | None = None
        self._is_waiting_for_slot = False
        self.is_stopping = False
        self._process = os.getpid()
        self._emptied = Event()
        self._left = Event()
        # Connections whose handlers stopped the server.
        self.apart: dict[Connection, None] = {}

    # -- connections come ---------------------------------------------------------

    def admit(
        self, sock: gevent_socket, address: object, is_tls: bool, is_proxied: bool
    ) -> None:
        """Take a new connection and wait for its first request."""
        connection = Connection(self.host, sock, address, self, is_tls)
        self.connections[sock] = connection
        crowd = self.crowd
        crowd.enter()
        if crowd.is_too_full:
            self.host.limit_reached("connections")
            self.evict(1)
        sock.settimeout(self.host.timeouts.write or None)
        if isinstance(address, tuple):
            # TCP. Of a reply in several writes none waits until the client has said
            # that it got the one before, which it puts off for 40 ms.
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        if is_proxied:
            connection.proxy = ProxyHeader()
            self.proxies.add(connection)
            self._watch(connection, self._on_proxy)
        else:
            self._begin(connection)

    def _begin(self, connection: Connection) -> None:
        """It is known who the client is: wait for what it sends."""
        connection.is_counted = self.crowd.enter_from(connection.address)
        if not connection.is_counted:
            connection.reason = "too many"
            connection.close()
            self.host.limit_reached("per_address")
        elif connection.is_tls:
            self._spawn_reader(self._begin_tls, connection)
        else:
            self.heads.add(connection)
            self._watch(connection, self._on_input)

    def _on_proxy(self, connection: Connection) -> None:
        """Octets of a PROXY header, which is not whole."""
        header = connection.proxy
        assert header is not None, "it is NEW or in PROXY"
        if connection.state == NEW:
            connection.on("proxy")
        try:
            if not header.receive(connection.sock):
                return
        except BlockingIOError:
            return
        except (EOFError, OSError):
            connection.reason = "end"
            connection.close()
            return
        except HeadError as error:
            self._refuse_proxy(connection, error)
            return
        self._leave_hub(connection)
        connection.proxy = None
        connection.on("proxied")
        if header.address is not None:
            connection.address = header.address
        if not self.host.takes_over(connection):
            self._begin(connection)

    def _refuse_proxy(self, connection: Connection, error: HeadError) -> None:
        self._leave_hub(connection)
        connection.on("refused")
        connection.reason = "refused"
        self.host.refuse_proxy(connection, error)
        self.linger(connection)

    def _proxy_is_late(self, connection: Connection) -> None:
        connection.counts.deadlines += 1
        if connection.state == NEW:
            connection.close()
            return
        self._refuse_proxy(connection, HeadError(408, "the PROXY header did not end"))

    def release(self, connection: Connection) -> None:
        """Forget a connection, whose socket somebody else closes."""
        if connection.watcher is not None:
            connection.watcher.close()
            connection.watcher = None
        del self.connections[connection.sock]
        self.crowd.leave(connection)

    def is_full(self) -> bool:
        """Return whether nothing may be accepted now."""
        if self.ready:
            return True
        # An idle one would make room.
        return self.crowd.is_full and not self.idle.members

    def _spawn_reader(
        self, reader: Callable[[Connection], None], connection: Connection
    ) -> None:
        """Read TLS in a greenlet without a slot; only a kill of it ends that early."""
        connection.greenlet = Greenlet.spawn(reader, connection)

    def _begin_tls(self, connection: Connection) -> None:
        """Make the handshake and read the first head."""
        raw = connection.sock
        try:
            self.host.shake_hands(connection)  # switches
        except TimeoutError:
            connection.counts.deadlines += 1
            connection.leave()
            return
        except OSError as error:
            # It is the client's, and nobody wants to read where it was raised.
            self.host._report_handshake(connection.sock, connection.address, error)
            connection.leave()
            return
        except BaseException:
            connection.leave()
            raise
        self.connections[connection.sock] = self.connections.pop(raw)
        connection.sock.settimeout(self.host.timeouts.write or None)
        http2 = self.host.http2
        if http2 is not None and http2.was_chosen(connection):
            http2.serve(connection)  # switches
        else:
            self._read_tls(connection)

    def _read_tls(self, connection: Connection) -> None:
        """Read a head."""
        is_ready = False
        try:
            is_ready = connection.read_head()  # switches
        finally:
            connection.greenlet = None
            if not is_ready:
                connection.close()
                connection.leave()
        if is_ready:
            self._end_head(connection)

    def _watch(
        self, connection: Connection, callback: Callable[[Connection], None]
    ) -> None:
        if connection.watcher is None:
            connection.watcher = self.host.loop.io(connection.sock.fileno(), 1)
        connection.watcher.start(callback, connection)

    def _on_input(self, connection: Connection) -> None:
        """Octets for a connection that is NEW, PARKED or in the middle of a head."""
        if connection.is_tls:
            self._leave_hub(connection)
            self._spawn_reader(self._read_tls, connection)
            return
        data = receive_now(connection.sock)
        if data is None:
            return
        if not data:
            connection.reason = "end"
            connection.close()
            return
        self._take(connection, data)

    def _take(self, connection: Connection, data: bytes) -> None:
        """Octets have come for a connection without a greenlet."""
        connection.buffer += data
        connection.counts.octets_in += len(data)
        if connection.state == NEW and self._may_be_http2(connection):
            return
        if connection.state == PARKED:
            self.idle.discard(connection)
            self.heads.add(connection)
        if connection.state != HEAD:
            connection.on("octets")
        try:
            if not connection.parse():
                self._keep_head(connection)
                return
        except HeadError as error:
            connection.refusal = error
        connection.on("head")
        self._end_head(connection)

    def _may_be_http2(self, connection: Connection) -> bool:
        """Whether it begins as HTTP/2, or more octets are needed to tell."""
        http2 = self.host.http2
        if http2 is None or connection.is_tls:
            return False
        is_preface = http2.is_preface(connection.buffer)
        if is_preface:
            self._leave_hub(connection)
            self._spawn_reader(http2.serve, connection)
        return is_preface is not False

    def _keep_head(self, connection: Connection) -> None:
        """A head has grown and is not whole: refuse the largest if all are too much."""
        if self.crowd.note_pending(connection, len(connection.buffer)):
            return
        largest = max(self.heads.members, key=_pending_of)
        largest.refusal = HeadError(503, "unfinished heads take too much memory")
        largest.on("head")
        self._end_head(largest)

    def _leave_hub(self, connection: Connection) -> None:
        self.proxies.discard(connection)
        self.heads.discard(connection)
        self.idle.discard(connection)
        if connection.n_pending:
            self.crowd.note_pending(connection, 0)
        if connection.watcher is not None:
            connection.watcher.stop()

    def _is_late(self, connection: Connection) -> None:
        connection.counts.deadlines += 1
        connection.reason = "deadline"
        connection.close()

    def _idle_is_late(self, connection: Connection) -> None:
        connection.counts.deadlines += 1
        connection.reason = "deadline"
        _end_idle(connection)

    def _head_is_late(self, connection: Connection) -> None:
        connection.counts.deadlines += 1
        if connection.state == NEW:
            connection.reason = "deadline"
            connection.close()
            return
        connection.refusal = HeadError(408, "the head did not end in time")
        connection.on("head")
        self._end_head(connection)

    def _end_head(self, connection: Connection) -> None:
        """A connection is READY: answer what is no request, or let it be served."""
        self._leave_hub(connection)
        refusal = connection.refusal
        if refusal is not None and self.host.refuse(connection, refusal):
            connection.on("refused")
            connection.reason = "refused"
            self.linger(connection)
        else:
            self.dispatch(connection)

    # -- slots --------------------------------------------------------------------

    def dispatch(self, connection: Connection) -> None:
        """Start the greenlet of a connection that is READY, when there is a slot."""
        if self.ready or not self.host.has_slot():
            self.ready.append(connection)
            if _has_own_client(connection):
                self._watch(connection, self._on_ready)
            self._ask_for_slot()
        else:
            self.host.begin(connection)

    def _on_ready(self, connection: Connection) -> None:
        """Something has come from a client that waits for a slot, if only its end.

        A half-close is no end: the reply is still wanted. What comes stays in the
        kernel, so that this is no more than one look; :meth:`_on_slot` takes another.
        """
        assert connection.watcher is not None
        connection.watcher.stop()
        if is_reset(connection.sock):
            self.ready.remove(connection)
            connection.reason = "reset"
            connection.close()
            if not self.ready:
                self.host.resume()

    def _has_gone(self, connection: Connection) -> bool:
        """Whether a client left while it waited for a slot; it is watched no more."""
        self._leave_hub(connection)
        return is_reset(connection.sock)

    def _ask_for_slot(self) -> None:
        """See that the next free slot is taken; a warm connection gives up its own."""
        if not self._is_waiting_for_slot:
            self._is_waiting_for_slot = True
            self.host.when_slot(self._on_slot)
        for connection in self.warm:
            if connection.is_idle:
                # Not now: this may be another greenlet than the hub (HTTP4).
                self.host.loop.run_callback(self._cool_if_idle, connection)
                break

    def _on_slot(self) -> None:
        self._is_waiting_for_slot = False
        try:
            while self.ready and self.host.has_slot():
                connection = self.ready.popleft()
                if connection.state != READY:
                    continue
                if _has_own_client(connection) and self._has_gone(connection):
                    connection.reason = "reset"
                    connection.close()
                else:
                    self.host.begin(connection)
        finally:
            if self.ready:
                self._ask_for_slot()
            else:
                self.host.resume()

    # -- warm connections ---------------------------------------------------------

    def is_hub(self, greenlet: raw_greenlet | None) -> bool:
        """Whether it is the one that runs the server's loop."""
        return greenlet is self.loop.hub

    def wait_warm(self, connection: Connection) -> bytes | None:
        """Wait for the next request in the connection's greenlet.

        Returns:
            What came; ``b""`` at the end of the stream; None when it was parked.

        Blocking:
            Switches to the hub while nothing comes.
        """
        if self._must_not_wait(connection):
            data = receive_now(connection.sock)
            return self._park(connection) if data is None else data
        if connection not in self.warm:
            self.warm[connection] = None
            self._start_sweeper()
        connection.since = self.loop.now()
        connection.is_idle = True
        try:
            return connection.sock.recv(READ_SIZE)  # switches
        except (TimeoutError, Park):
            return self._park(connection)
        except OSError:
            return b""
        finally:
            connection.is_idle = False

    def _must_not_wait(self, connection: Connection) -> bool:
        return (
            self.is_stopping
            or bool(self.ready)
            or len(self.warm) > MAX_WARM
            or connection.greenlet is self.loop.hub
        )

    def _park(self, connection: Connection) -> bytes | None:
        """Give the connection to the hub; the greenlet is about to end.

        Returns:
            Octets that have come just now, when there is no time to wait for them: then
            it is not parked.
        """
        if self.is_stopping and self._is_at_home():
            data = receive_now(connection.sock)
            if data:
                return data
        self.warm.pop(connection, None)
        connection.on("quiet")
        connection.head = connection.decision = None
        connection.parser = None
        connection.buffer = bytearray()
        if self.is_stopping:
            connection.close()
            return None
        self.idle.add(connection)
        self._watch(connection, self._on_input)
        return None

    def _start_sweeper(self) -> None:
        if self._sweeper is None:
            self._sweeper = self.host.loop.timer(
                WARM_TIME / 2, WARM_TIME / 2, ref=False
            )
            self._sweeper.start(self._sweep)

    def _sweep(self) -> None:
        """Cool what has been warm for long."""
        oldest = self.loop.now() - WARM_TIME
        for connection in list(self.warm):
            if connection.is_idle and connection.since <= oldest:
                self._cool(connection)
        if not self.warm:
            self._stop_sweeper()

    def _stop_sweeper(self) -> None:
        if self._sweeper is not None:
            self._sweeper.close()
            self._sweeper = None

    def _cool(self, connection: Connection) -> None:
        """End the wait of a warm connection (HTTP4)."""
        connection.is_idle = False
        greenlet = connection.greenlet
        assert greenlet is not None, "a warm connection has a greenlet"
        greenlet.throw(Park)  # switches to it and back

    # -- connections go -----------------------------------------------------------

    def linger(self, connection: Connection) -> None:
        """The last reply is sent: wait for the client's end, so that it can be read.

        Closing with octets unread would reset the connection, and the client lose the
        reply (RFC 9112, 9.6). Runs in the hub or in the connection's greenlet.
        """
        self.warm.pop(connection, None)
        connection.parser = None
        connection.n_requests = 0  # counts what is dropped from now on
        say_good_bye(connection.sock)
        try:
            connection.sock.shutdown(SHUT_WR)
        except OSError:
            connection.close()
            return
        if self.is_stopping:
            # What is unread here would reset the connection.
            receive_now(connection.sock)
            connection.close()
            return
        self.lingering.add(connection)
        connection.buffer = bytearray()
        self._watch(connection, self._drop)

    def _drop(self, connection: Connection) -> None:
        try:
            data = receive_now(connection.sock)
        except OSError:
            data = b""
        if data is None:
            return
        connection.n_requests += len(data)
        if not data or connection.n_requests > MAX_LINGER:
            connection.close()

    def forget(self, connection: Connection) -> None:
        """The connection is CLOSED: drop it from everywhere, and close its socket."""
        if self.connections.pop(connection.sock, None) is None and (
            self.apart.pop(connection, connection) is connection
        ):
            return
        self.proxies.discard(connection)
        self.heads.discard(connection)
        self.idle.discard(connection)
        self.lingering.discard(connection)
        self.warm.pop(connection, None)
        if connection.n_pending:
            self.crowd.note_pending(connection, 0)
        self.crowd.leave(connection)
        self.host.end(connection)
        if self.is_stopping and not self.connections:
            self._emptied.set()

    def evict(self, n: int) -> None:
        """Close the *n* connections that have been parked for longest."""
        for connection in list(self.idle.members)[:n]:
            connection.counts.evicted += 1
            connection.reason = "evicted"
            _end_idle(connection)

    # -- the end of the server ----------------------------------------------------

    def close_idle(self) -> None:
        """Serve no further requests; close what waits for one. In any greenlet."""
        self.is_stopping = True
        for connection in list(self.connections.values()):
            if connection.state == PARKED:
                if connection.greenlet is None:
                    self._serve_or_close(connection)
            elif connection.is_idle:
                self.host.loop.run_callback(self._cool_if_idle, connection)
            elif connection.state == UPGRADED and self._is_at_home():
                http2 = _http2_of(connection)
                if http2 is not None:
                    http2.begin_stop()

    def _serve_or_close(self, connection: Connection) -> None:
        """Close a parked connection, unless its next request is here already."""
        data = receive_now(connection.sock) if self._is_at_home() else b""
        if data:
            self._take(connection, data)
        else:
            connection.reason = "stopping"
            connection.close()

    def _is_at_home(self) -> bool:
        """Whether this is no fork of the process that serves the connections."""
        return os.getpid() == self._process

    def _cool_if_idle(self, connection: Connection) -> None:
        if connection.is_idle:
            self._cool(connection)

    def drain(self, deadline: Deadline) -> None:
        """Wait until all requests are answered, or *deadline* is reached.

        Blocking:
            Switches to the hub while there are any.
        """
        chance = self.host.loop.timer(_LAST_CHANCE)
        chance.start(self._close_unbegun)
        try:
            mine = self.own_connection()
            if mine is not None:
                self._set_aside(mine)
            self._close_lingering()
            if self.connections:
                deadline.wait([self._emptied])  # switches
        finally:
            chance.close()

    def own_connection(self) -> Connection | None:
        """The connection that the current greenlet serves."""
        me = getcurrent()
        for connection in self.connections.values():
            http2 = _http2_of(connection)
            if connection.greenlet is me or (http2 is not None and http2.owns(me)):
                return connection
        return None

    def _set_aside(self, connection: Connection) -> None:
        """Its handler stops the server: it cannot be waited for."""
        self.connections.pop(connection.sock, None)
        self.apart[connection] = None

    def _close_lingering(self) -> None:
        for connection in list(self.lingering.members):
            connection.close()

    def _close_unbegun(self) -> None:
        for connection in list(self.connections.values()):
            if connection.state in (NEW, PROXY, HEAD, PARKED):
                connection.reason = "stopping"
                if connection.greenlet is None:
                    connection.close()
                else:
                    killall([cast("Greenlet", connection.greenlet)], block=False)

    def wait_workers(self, deadline: Deadline) -> None:
        """Wait until no greenlet serves any more, or *deadline* is reached.

        Blocking:
            Switches to the hub while there are any.
        """
        while self.workers() and not deadline.reached:
            self._left.clear()
            deadline.wait([self._left])  # switches

    def note_left(self) -> None:
        """A greenlet of a connection ends while the server stops."""
        self._left.set()

    def workers(self) -> list[Greenlet]:
        """Return the greenlets that still serve."""
        return [
            cast("Greenlet", connection.greenlet)  # or a raw one
            for connection in self.connections.values()
            if connection.greenlet is not None
        ]

    def end(self) -> None:
        """Close whatever is left without a greenlet, and stop the timers."""
        for connection in list(self.connections.values()):
            if connection.greenlet is None or connection.greenlet.dead:
                connection.close()
        self.ready.clear()
        for deadlines in (self.proxies, self.heads, self.idle, self.lingering):
            deadlines.stop()
        self._stop_sweeper()


def _http2_of(connection: Connection) -> Streams | None:
    """What serves the streams of a connection, if it is one of HTTP/2."""
    if connection.state == UPGRADED and hasattr(connection.handler, "begin_stop"):
        return cast("Streams", connection.handler)
    return None


def _end_idle(connection: Connection) -> None:
    """A connection that waits for requests has done so for too long."""
    http2 = _http2_of(connection)
    if http2 is None:
        connection.close()
    else:
        http2.end_idle()


def _has_own_client(waiting: object) -> bool:
    """Whether who waits for a slot is a connection.

    A stream of HTTP/2 is none: the reader of its connection hears of the client's end.
    """
    return isinstance(waiting, Connection)


def _pending_of(connection: Connection) -> int:
    return connection.n_pending


def is_reset(sock: gevent_socket) -> bool:
    """Return whether the connection has broken; it has not if its end was said."""
    try:
        return sock.getsockopt(SOL_SOCKET, SO_ERROR) != 0
    except OSError:
        return True


def receive_now(sock: gevent_socket) -> bytes | None:
    """Receive what has come; None: nothing, ``b""``: the stream ended, or broke."""
    try:
        if getattr(sock, "_sslobj", None) is None:
            return sock._receive_now(READ_SIZE)
        return _receive_tls_now(sock)
    except OSError:
        return b""


def _receive_tls_now(sock: gevent_socket) -> bytes | None:
    # Not at the top: most servers are without TLS.
    from ssl import SSLWantReadError, SSLWantWriteError

    usual = sock.gettimeout()
    sock.settimeout(0.0)
    try:
        return sock.recv(READ_SIZE)
    except (SSLWantReadError, SSLWantWriteError):
        return None
    finally:
        sock.settimeout(usual)
