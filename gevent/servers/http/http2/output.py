"""What a connection sends: frames, in the order in which they were made, and when.

Invariants:

* HO1  Only the pump sends, a raw greenlet that nobody else knows, and that is there
  while there is something to send: who is killed leaves no half a frame behind.
* HO2  At most ``QUEUE`` octets of replies are framed and not sent. Streams whose
  replies wait for a window, or for room, are in ``waiting``, in that order.
* HO3  Once it is over nothing is framed any more; what was framed is sent.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gevent._hub.hub import spawn_raw
from gevent.servers.http.connection import CLOSED
from gevent.servers.http.http2.frames import MAX_FRAME
from gevent.servers.http.sending import PATIENCE, TooSlow
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from greenlet import greenlet as raw_greenlet
    from h2.connection import H2Connection

    from gevent.servers.http.connection import Connection
    from gevent.servers.http.http2.floods import Floods
    from gevent.servers.http.http2.stream import Stream

#: Octets that may be framed and not sent.
QUEUE = 65536


class Output:
    """Frames and sends; see the module.

    Args:
        connection: To whose socket.
        h2: What makes frames.
        floods: What counts.
        broke: Called in the pump when the client has gone, or takes nothing.
        sent: Called in the pump when all has been sent.
    """

    def __init__(
        self,
        connection: Connection,
        h2: H2Connection,
        floods: Floods,
        broke: Callable[[OSError], None],
        sent: Callable[[], None],
    ):
        self._connection = connection
        self._h2 = h2
        self._floods = floods
        self._broke = broke
        self._sent = sent
        self.is_over = False
        self.waiting: dict[Stream, None] = {}
        self._crowd: dict[Stream, None] = {}
        # Framed and not sent, and how much more the pump is sending.
        self._octets = bytearray()
        self._n_sending = 0
        self._pump: raw_greenlet | None = None
        self._has_sent = Event()
        # Of the client's taking.
        self._waited = 0.0
        self._n_sent = 0

    @property
    def size(self) -> int:
        """Octets that are framed and not sent."""
        return len(self._octets) + self._n_sending

    def has_room(self) -> bool:
        """Return whether more may be framed now."""
        return self.size < QUEUE

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to be sent."""
        return self._pump is None and not self._octets

    def wait_below(self, n: int) -> None:
        """Wait until less than *n* octets are to be sent, or none will be any more."""
        while self._pump is not None and self.size >= n:
            self._wait_sent()  # switches

    def wait_idle(self) -> None:
        """Wait until all has been sent that can be."""
        self.wake()
        while self._pump is not None:
            self._wait_sent()  # switches

    def _wait_sent(self) -> None:
        self._has_sent.clear()
        self._has_sent.wait()  # switches

    # -- framing ------------------------------------------------------------------

    def add(self, octets: bytes) -> None:
        """Add frames that h2 does not know of, behind its own."""
        self.take()
        self._octets += octets

    def take(self) -> None:
        """Take what h2 has framed (HO3)."""
        octets = self._h2.data_to_send()
        if not self.is_over:
            self._octets += octets

    def flush(self) -> None:
        """See that what h2 has framed is sent."""
        self.take()
        self.wake()

    def forget(self, stream: Stream) -> None:
        """A stream has ended."""
        self.waiting.pop(stream, None)
        self._crowd.pop(stream, None)

    def note_crowded(self, stream: Stream) -> None:
        """A stream waits until there is room."""
        self._crowd[stream] = None

    def frame_soon(self, stream: Stream) -> None:
        """Frame what a stream has ``pending``: what is possible now, the rest later."""
        if not self.waiting:
            while stream.is_pending and self.has_room():
                if not self._frame(stream):
                    break
        if stream.is_pending:
            self.waiting[stream] = None
        self.flush()

    def _frame(self, stream: Stream) -> bool:
        """Make one frame of what is pending; False: a window is closed."""
        pending = stream.pending
        assert pending is not None
        h2 = self._h2
        n = len(pending)
        if n:
            window = h2.local_flow_control_window(stream.stream_id)
            room = QUEUE - self.size
            n = min(n, window, room, MAX_FRAME, h2.max_outbound_frame_size)
            if n <= 0:
                return False
        is_all = n == len(pending)
        ends = is_all and stream.ends_with_pending
        h2.send_data(stream.stream_id, bytes(pending[:n]), end_stream=ends)
        self.take()
        self._floods.note_data_sent()
        stream.note_framed(n, is_all=is_all)
        return True

    def _frame_waiting(self) -> None:
        """Frame what streams wait for, in turns."""
        is_moving = not self.is_over
        while is_moving and self.waiting and self.has_room():
            is_moving = False
            for stream in list(self.waiting):
                if not self.has_room():
                    break
                if stream.has_failed or not stream.is_pending:
                    del self.waiting[stream]
                elif self._frame(stream):
                    is_moving = True
                    # To the end, if there is more.
                    del self.waiting[stream]
                    if stream.is_pending:
                        self.waiting[stream] = None

    # -- sending ------------------------------------------------------------------

    def wake(self) -> None:
        """See that what was framed is sent, and what can be framed is framed."""
        if self._pump is not None or self._connection.state == CLOSED:
            return
        if self._octets or self.waiting:
            self._pump = spawn_raw(self._run_pump)

    def _run_pump(self) -> None:
        """Send until nothing is left that can be sent; the body of the pump (HO1)."""
        try:
            while self._fill():
                octets, self._octets = self._octets, bytearray()
                self._send(octets)  # switches
                self._tell_crowd()
                self._has_sent.set()
        except OSError as error:
            self._octets = bytearray()
            self._broke(error)
        finally:
            self._pump = None
            self._n_sending = 0
            self._has_sent.set()
        self._sent()

    def _fill(self) -> bool:
        self._frame_waiting()
        return bool(self._octets) and self._connection.state != CLOSED

    def _send(self, octets: bytearray) -> None:
        """Send all, with a time-out for each piece that is taken."""
        self._n_sending = len(octets)
        sock = self._connection.sock
        rate = self._connection.rules.timeouts.rate or 0.0
        counts = self._connection.counts
        with memoryview(octets) as view:
            at = 0
            while at < len(view):
                began = time.monotonic()
                n = sock.send(view[at:])  # switches
                at += n
                self._n_sending -= n
                self._n_sent += n
                counts.octets_out += n
                self._waited += time.monotonic() - began
                if self._waited > PATIENCE and self._n_sent < rate * self._waited:
                    raise TooSlow("the client reads too slowly")

    def _tell_crowd(self) -> None:
        if self._crowd and self.has_room():
            crowd, self._crowd = self._crowd, {}
            for stream in crowd:
                stream.progress.set()

    def send_now(self) -> None:
        """Send what the client takes at once, and drop the rest; in the hub."""
        octets, self._octets = self._octets, bytearray()
        if self._pump is not None or not octets:
            return
        sock = self._connection.sock
        usual = sock.gettimeout()
        sock.settimeout(0.0)
        try:
            self._connection.counts.octets_out += sock.send(octets)
        except OSError:
            pass  # it does not read, or has gone: there is nobody to tell
        finally:
            sock.settimeout(usual)
