"""A connection of HTTP/2: its frames, its streams, its end.

============  ==========================================================================
greenlet      does
============  ==========================================================================
the reader    receives, cuts frames and judges them; starts streams; takes no slot, and
              never waits for an application
of a stream   runs the application, in a slot; frames its reply as windows allow
the pump      sends what was framed; there is one only while there is something to send
============  ==========================================================================

Invariants:

* HH1  Only the reader receives, and only the pump (:class:`Output`'s) sends.
* HH2  ``streams`` has those whose greenlet may still run, also those that the client
  has reset: who resets has no further ones by that.
* HH3  After an error of the connection nothing of it is parsed.

Its end::

    OPEN --stop, stream_requests--> LAST CALL (GOAWAY of all ids, ping)
    LAST CALL --the ping's answer, a second--> DRAINING (GOAWAY of the last id)
    DRAINING --no stream is left--> LINGERING (FIN) --the client's, a deadline--> CLOSED
    any --violation, flood--> OVER (GOAWAY) --it was sent--> LINGERING
    any --deadline, kill, broken--> CLOSED
"""

from __future__ import annotations

from socket import SHUT_RDWR, SHUT_WR
from typing import TYPE_CHECKING, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    PingAckReceived,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hpack.struct import HeaderTuple, NeverIndexedHeaderTuple

from gevent._hub.greenlet import Greenlet, killall
from gevent._hub.hub import sleep, spawn_raw
from gevent._hub.timeout import Timeout
from gevent._native.http.head import HeadError
from gevent._native.http.reply import date
from gevent.servers.http.body import BodyError
from gevent.servers.http.connection import CLOSED, MAX_LINGER, READ_SIZE
from gevent.servers.http.http2 import frames
from gevent.servers.http.http2.body import StreamInput
from gevent.servers.http.http2.exchange import StreamExchange
from gevent.servers.http.http2.floods import Flood, Floods
from gevent.servers.http.http2.frames import FrameCutter, Violation
from gevent.servers.http.http2.heads import (
    FieldDecoder,
    FieldEncoder,
    Malformed,
    check_trailers,
    head_from,
    requestline_of,
)
from gevent.servers.http.http2.output import QUEUE, Output
from gevent.servers.http.http2.stream import Stream
from gevent.servers.http.parking import receive_now
from gevent.servers.http.policy import decide
from gevent.servers.http.refusals import status_of
from gevent.servers.http.sending import TooSlow, say_good_bye
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from h2.events import Event as H2Event

    from gevent._loop.loop import Loop
    from gevent._loop.watchers import timer
    from gevent.servers.http.connection import Connection
    from gevent.servers.http.http2.frames import Frame
    from gevent.servers.http.limits import Limits, Timeouts
    from gevent.servers.http.parking import Parking
    from gevent.servers.http.roles import Server

# Seconds for the answer to our ping, before the last GOAWAY is sent without it.
_ROUND_TRIP = 1.0
# Seconds for streams that were killed to end.
_LAST_SECOND = 1.0
# Frames, but one, that are taken between two turns of all others.
_FAIR_MASK = 31
# Streams whose late frames are known.
_N_RESET_IDS = 1000
# Fields of replies that no table should keep.
_SECRET = frozenset((b"set-cookie", b"authorization"))


class Http2Connection:
    """Serves one connection; see the module.

    Args:
        connection: It is UPGRADED.
        server: Whose application is called.
    """

    limits: Limits
    timeouts: Timeouts
    parking: Parking
    loop: Loop
    floods: Floods
    cutter: FrameCutter
    decoder: FieldDecoder
    h2: Any
    output: Output

    def __init__(self, connection: Connection, server: Server):
        self.connection = connection
        self.server = server
        self.limits = limits = server.limits
        self.timeouts = server.timeouts
        self.parking = cast("Parking", connection.parking)
        self.loop = self.parking.loop
        self.streams: dict[int, Stream] = {}
        self.floods = Floods(limits, self.loop.now)
        self.cutter = FrameCutter(limits, self.floods)
        self.decoder = FieldDecoder(limits.head)
        self.h2 = _new_h2(self.decoder)
        self.output = Output(
            connection, self.h2, self.floods, self._break_off, self._end_if_drained
        )
        self._all_left = Event()
        self._all_left.set()
        self._timer: timer | None = None
        self._n_frames = 0
        self._n_requests = 0
        self._last_id = frames.HIGHEST_ID
        self._is_last_call = False
        self._is_draining = False
        # FIN was sent.
        self._is_lingering = False
        self._has_settings = False
        # Streams that we have reset and the client may still send on.
        self._reset_ids: dict[int, None] = {}

    # -- reading ------------------------------------------------------------------

    def handle(self) -> None:
        """Serve the connection until it ends; the body of the reader.

        Blocking:
            Switches to the hub while it waits for the client.
        """
        connection = self.connection
        connection.handler = self
        try:
            connection.sock.settimeout(self.timeouts.write)
            self._begin()
            self._serve()  # switches
            # The applications see that nobody is there; they are not ended.
            self._all_left.wait()  # switches
        except BaseException:
            self._kill_streams()  # switches
            raise
        finally:
            self._stop_timer()
            # Who has outlived a kill sees that nobody is there.
            self.output.is_over = True
            self._fail_streams()
            connection.leave()

    def _begin(self) -> None:
        self.h2.initiate_connection()
        self.h2.clear_outbound_data_buffer()
        self.output.add(frames.first_settings(self.limits))
        self.h2.increment_flow_control_window(frames.CONNECTION_WINDOW - 65535)
        self._start_timer(self.timeouts.head, self._head_is_late)
        self.output.flush()
        if self.parking.is_stopping:
            self.begin_stop()

    def _serve(self) -> None:
        buffer = self.connection.buffer
        try:
            self._take_preface(buffer)  # switches
            while True:
                self._take_frames(buffer)
                # No more while the client does not take what it is answered.
                self.output.wait_below(2 * QUEUE)  # switches
                if not self._receive(buffer):  # switches
                    break
        except Flood as flood:
            calm = ErrorCodes.ENHANCE_YOUR_CALM
            self._end_by(Violation(str(flood), calm, limit=flood.name))
        except ProtocolError as error:
            self._end_by(error)
        except OSError:
            self._fail_streams()
            return
        if not self.output.is_over:
            self._end_by_client()  # switches
        self._linger()  # switches

    def _take_preface(self, buffer: bytearray) -> None:
        preface = frames.PREFACE
        while len(buffer) < len(preface):
            if not preface.startswith(bytes(buffer)):
                break
            if not self._receive(buffer):  # switches
                raise ConnectionResetError("no preface")
        if not buffer.startswith(preface):
            raise Violation("no preface")
        del buffer[: len(preface)]
        self.h2.receive_data(preface)

    def _receive(self, buffer: bytearray) -> bool:
        """Wait for octets; False: it is over, or we have ended it.

        The socket's time-out is for what is sent.
        """
        while True:
            try:
                data = self.connection.sock.recv(READ_SIZE)  # switches
            except TimeoutError:
                if not self.output.is_over:
                    continue
                return False
            if self.output.is_over:
                return False
            buffer += data
            self.connection.counts.octets_in += len(data)
            return bool(data)

    def _take_frames(self, buffer: bytearray) -> None:
        """Take all whole frames; there may be thousands, so others get their turns."""
        has_taken = False
        while not self.output.is_over:
            frame = self.cutter.cut(buffer)
            if frame is None:
                break
            self._take(frame)
            has_taken = not self.cutter.is_in_block
            self._n_frames += 1
            if not self._n_frames & _FAIR_MASK:
                self.output.flush()
                sleep(0)  # switches
        self.output.flush()
        if self._is_last_call or self.output.is_over:
            return
        is_head = self.cutter.is_head(buffer) or not self._has_settings
        if has_taken or not is_head:
            self._stop_timer()  # what follows has its own time
        if is_head:
            self._start_timer(self.timeouts.head, self._head_is_late)

    def _take(self, frame: Frame) -> None:
        """Take a frame: let h2 judge it, and do what it brings about."""
        if frame.kind == frames.GOAWAY and not self.cutter.is_in_block:
            # h2 would send nothing from then on, but the client waits for replies.
            if frame.stream_id or len(frame.octets) < 17:
                raise Violation("malformed GOAWAY")
            self._last_id = min(self._last_id, self.h2.highest_inbound_stream_id)
            self._is_draining = True
            self._end_if_drained()
            return
        self.output.take()
        try:
            events = self.h2.receive_data(frame.octets)
        except ProtocolError:
            self.output.take()  # its GOAWAY
            raise
        octets = self.h2.data_to_send()
        if frame.kind == frames.DATA and frame.stream_id in self._reset_ids:
            # It was on its way; another reset would tell nothing.
            self.floods.note_control()
            octets = frames.without_resets(octets)
        self.output.add(octets)
        for _ in range(frames.n_resets(octets)):
            self.floods.note_reset()
        for event in events:
            self._on(event)
        if frame.kind == frames.SETTINGS and not self._has_settings:
            self._has_settings = True
            self._note_idle()

    def _on(self, event: H2Event) -> None:
        if isinstance(event, DataReceived):
            self._on_data(event)
        elif isinstance(event, RequestReceived):
            self._on_request(event)
        elif isinstance(event, StreamEnded):
            self._on_end(event.stream_id)
        elif isinstance(event, StreamReset):
            self._on_reset(event.stream_id)
        elif isinstance(event, TrailersReceived):
            self._on_trailers(event.stream_id)
        elif isinstance(event, (WindowUpdated, RemoteSettingsChanged)):
            self.output.wake()
        elif isinstance(event, PingAckReceived) and event.ping_data == frames.LAST_PING:
            self._say_last()

    # -- streams ------------------------------------------------------------------

    def _on_request(self, event: RequestReceived) -> None:
        """A head has come: start a stream for it, refuse it, or reset it."""
        self._n_requests += 1
        if self._n_requests >= self.limits.stream_requests:
            self.begin_stop()
        fields = self.decoder.fields
        stream = Stream(self, event.stream_id, requestline_of(fields))
        is_full = len(self.streams) >= self.limits.streams
        if is_full:
            self.server.limit_reached("streams")
        if is_full or event.stream_id > self._last_id:
            self._refuse_stream(stream)
            return
        ends = event.stream_ended is not None
        stream.is_request_whole = ends
        try:
            stream.head = head = head_from(fields, self.limits)
            stream.decision = decide(head, self.limits, self.server.relax)
            self._give_input(stream, ends=ends)
        except Malformed as error:
            self._reset_malformed(stream, str(error))
            return
        except HeadError as error:
            self._answer_refused(stream, error)
            return
        self._start(stream)

    def _answer_refused(self, stream: Stream, error: HeadError) -> None:
        """Answer what HTTP/1 would refuse, too."""
        connection = self.connection
        self.server.note_refused(connection.address, error.status, error.reason)
        pairs = [
            (b":status", b"%d" % error.status),
            (b"content-length", b"0"),
            (b"date", date()),
        ]
        self.send_head(stream, pairs, is_last=True)
        stream.is_reply_whole = True
        stream.reset(ErrorCodes.NO_ERROR)
        spawn_raw(
            self.server._log_refused,
            connection.sock,
            connection.address,
            stream.requestline,
            status_of(error.status),
            error,
        )

    def _refuse_stream(self, stream: Stream) -> None:
        """Not now, or not here: the client may try again."""
        self.floods.note_reset()
        self.reset(stream, ErrorCodes.REFUSED_STREAM)

    def _reset_malformed(self, stream: Stream, reason: str) -> None:
        self.floods.note_reset()
        self.log_error(f"Invalid request: {reason}")
        self.reset(stream, ErrorCodes.PROTOCOL_ERROR)
        stream.fail()

    def _give_input(self, stream: Stream, *, ends: bool) -> None:
        decision, head = stream.decision, stream.head
        assert decision is not None
        assert head is not None
        # Without one the end of the stream tells.
        length = decision.length if head.content_length is not None else None
        if ends and length:
            raise Malformed("body shorter than its content-length")
        body = StreamInput(stream, length, self.limits.body, self.timeouts)
        if ends:
            body.end()
        elif head.expects_continue:
            body.owes_continue = True
        stream.input = body

    def _start(self, stream: Stream) -> None:
        """Let a stream be served, when there is a slot."""
        self.parking.idle.discard(self.connection)
        self.streams[stream.stream_id] = stream
        self._all_left.clear()
        stream.exchange = StreamExchange(stream, self.server)
        waits = cast("Connection", stream)  # it has all that the queue looks at
        if self.server._starter is None:
            # Without greenlets: but the reader must not wait for an application.
            spawn_raw(self.server._serve_connection, waits)
        else:
            self.parking.dispatch(waits)

    def forget(self, stream: Stream) -> None:
        """A stream has ended, and its greenlet."""
        self.output.forget(stream)
        if self.streams.pop(stream.stream_id, None) is None or self.streams:
            return
        self._all_left.set()
        self._note_idle()
        self._end_if_drained()

    def owns(self, greenlet: object) -> bool:
        """Whether a greenlet serves one of the streams."""
        return any(stream.greenlet is greenlet for stream in self.streams.values())

    def _on_data(self, event: DataReceived) -> None:
        stream = self.streams.get(event.stream_id)
        data = event.data or b""
        n_padding = (event.flow_controlled_length or 0) - len(data)
        if n_padding:
            if not data and event.stream_ended is None:
                self.floods.note_control()
            self._acknowledge(event.stream_id, n_padding)
        if stream is None or stream.input is None:
            self._acknowledge(event.stream_id, len(data))
        elif not stream.input.feed(data):
            self._reset_malformed(stream, "body longer than its content-length")

    def _on_end(self, stream_id: int) -> None:
        stream = self.streams.get(stream_id)
        if stream is None or stream.is_request_whole or stream.has_failed:
            return
        stream.is_request_whole = True
        if stream.input is not None and not stream.input.end():
            self._reset_malformed(stream, "body shorter than its content-length")

    def _on_trailers(self, stream_id: int) -> None:
        stream = self.streams.get(stream_id)
        try:
            check_trailers(self.decoder.fields, self.limits)
        except Malformed as error:
            if stream is not None:
                self._reset_malformed(stream, str(error))

    def _on_reset(self, stream_id: int) -> None:
        stream = self.streams.get(stream_id)
        if stream is not None:
            stream.abandon()

    def open_window(self, stream: Stream, n: int) -> None:
        """Octets of a stream were taken: let the client send as many."""
        self._acknowledge(stream.stream_id, n)
        self.output.flush()

    def _acknowledge(self, stream_id: int, n: int) -> None:
        if n and not self.output.is_over:
            self.h2.acknowledge_received_data(n, stream_id)

    # -- replies ------------------------------------------------------------------

    def send_head(
        self, stream: Stream, pairs: list[tuple[bytes, bytes]], *, is_last: bool
    ) -> None:
        """Frame the head of a reply; the stream has not failed."""
        self.h2.send_headers(
            stream.stream_id, [_indexed(*pair) for pair in pairs], end_stream=is_last
        )
        self.output.flush()

    def reset(self, stream: Stream, code: ErrorCodes) -> None:
        """Reset a stream, if the connection still works."""
        if self.output.is_over or self.connection.state == CLOSED:
            return
        try:
            self.h2.reset_stream(stream.stream_id, code)
        except ProtocolError:
            return  # it is closed
        self._reset_ids[stream.stream_id] = None
        if len(self._reset_ids) > _N_RESET_IDS:
            del self._reset_ids[next(iter(self._reset_ids))]
        self.output.flush()

    # -- deadlines ----------------------------------------------------------------

    def _start_timer(self, seconds: float | None, late: Callable[[], None]) -> None:
        if self._timer is None and seconds:
            self._timer = self.loop.timer(seconds, ref=False)
            self._timer.start(late)

    def _stop_timer(self) -> None:
        running, self._timer = self._timer, None
        if running is not None:
            running.close()

    def _head_is_late(self) -> None:
        self._stop_timer()
        self.note_late()
        self.log_error("the head did not end in time")
        self._cut(ErrorCodes.ENHANCE_YOUR_CALM)

    def _note_idle(self) -> None:
        connection = self.connection
        if (
            self._has_settings
            and not self.streams
            and not self.output.is_over
            and connection.state != CLOSED
        ):
            self.parking.idle.discard(connection)
            self.parking.idle.add(connection)

    def end_idle(self) -> None:
        """It has been idle for too long, or makes room for another; in the hub."""
        self._cut(ErrorCodes.NO_ERROR)

    def _cut(self, code: ErrorCodes) -> None:
        """Say that it is over, and end; in the hub."""
        self.output.add(frames.goaway(self.h2.highest_inbound_stream_id, code))
        self.output.send_now()
        self._abandon()

    def _abandon(self) -> None:
        """End without another octet; in the hub, or in the pump."""
        self._stop_timer()
        self.output.is_over = True
        connection = self.connection
        if not self.streams:
            connection.close()
            return
        self._fail_streams()
        # It is closed when the streams have ended: who stops the server waits for them.
        try:
            connection.sock.shutdown(SHUT_RDWR)  # the reader wakes up
        except OSError:
            if not self.streams:
                connection.close()

    # -- the end ------------------------------------------------------------------

    def begin_stop(self) -> None:
        """Take no more requests than those that are on their way; repeatable."""
        if self._is_last_call or self._is_draining or self.output.is_over:
            return
        self._is_last_call = True
        goaway = frames.goaway(frames.HIGHEST_ID, ErrorCodes.NO_ERROR)
        self.output.add(goaway + frames.last_ping())
        self._stop_timer()
        self._start_timer(_ROUND_TRIP, self._say_last)
        self.output.flush()

    def _say_last(self) -> None:
        """The client knows that it must not begin requests here: say which was last."""
        if self._is_draining or not self._is_last_call:
            return
        self._stop_timer()
        self._is_draining = True
        self._last_id = self.h2.highest_inbound_stream_id
        self.output.add(frames.goaway(self._last_id, ErrorCodes.NO_ERROR))
        self.output.flush()
        self._end_if_drained()

    def _end_if_drained(self) -> None:
        """Send FIN when the last stream has ended, and all of it was sent."""
        if (
            not self._is_draining
            or self.streams
            or not self.output.is_idle
            or self.output.is_over
            or self.connection.state == CLOSED
        ):
            return
        self._shut_down()

    def _shut_down(self) -> None:
        """Tell the client that no more comes; what it sends is dropped (HH3)."""
        self.output.is_over = self._is_lingering = True
        self._stop_timer()
        connection = self.connection
        self.parking.idle.discard(connection)
        say_good_bye(connection.sock)
        try:
            connection.sock.shutdown(SHUT_WR)
        except OSError:
            self._abandon()
            return
        if self.parking.is_stopping:
            # What is unread here would reset the connection.
            receive_now(connection.sock)
            self._abandon()
        elif self.streams:
            # Who stops the server must find it until they have ended.
            self._start_timer(self.timeouts.linger, self._abandon)
        else:
            self.parking.lingering.add(connection)

    def _end_by(self, error: ProtocolError) -> None:
        """The client broke the rules: tell it, and end."""
        self.log_error(f"Invalid request: {error}")
        limit = getattr(error, "limit", None)
        if limit is not None:
            self.server.limit_reached(limit)
        if isinstance(error, Violation):
            # Else h2 has said so.
            code = ErrorCodes(error.error_code)
            self.output.add(frames.goaway(self.h2.highest_inbound_stream_id, code))
        self.output.is_over = True
        self._stop_timer()
        self._fail_streams()
        self.output.wake()

    def _end_by_client(self) -> None:
        """The client sends no more: it may wait for replies, if it is still there."""
        for stream in list(self.streams.values()):
            if stream.input is not None:
                stream.input.fail(_cut_short)
        self._all_left.wait()  # switches

    def _fail_streams(self) -> None:
        for stream in list(self.streams.values()):
            stream.abandon()

    def _linger(self) -> None:
        """Send what is left, and wait for the client's end, so that it can be read."""
        connection = self.connection
        self.output.wait_idle()  # switches
        if not self._is_lingering and connection.state != CLOSED:
            self._shut_down()
        n_dropped = 0
        try:
            while connection.state != CLOSED and n_dropped <= MAX_LINGER:
                data = connection.sock.recv(READ_SIZE)  # switches
                if not data:
                    break
                n_dropped += len(data)
        except OSError:
            pass

    def _break_off(self, error: OSError) -> None:
        """The client has gone, or does not take what is sent; in the pump."""
        if isinstance(error, (TooSlow, TimeoutError)):
            self.connection.reset_at_end()
            self.note_late()
            slow = str(error) if isinstance(error, TooSlow) else "timed out"
            self.log_error(f"the client does not take its replies: {slow}")
        self._abandon()

    def _kill_streams(self) -> None:
        """The reader is killed: so are the streams, and it waits for them a moment."""
        for stream in list(self.streams.values()):
            if stream.greenlet is None:
                stream.close()  # it waits for a slot
        running = [
            cast("Greenlet", stream.greenlet)  # or a raw one
            for stream in self.streams.values()
            if stream.greenlet is not None
        ]
        killall(running, block=False)
        mine = Timeout.start_new(_LAST_SECOND)
        try:
            self._all_left.wait()  # switches
            self.output.wait_idle()  # switches
        except Timeout as timeout:
            if timeout is not mine:
                raise
        finally:
            mine.close()

    def note_late(self) -> None:
        """Count that the client ran into a time-out."""
        self.connection.counts.deadlines += 1

    def log_error(self, text: str) -> None:
        """Write a line to the error log, which may switch, in its own greenlet."""
        connection = self.connection
        spawn_raw(
            self.server.log_client_error, connection.sock, connection.address, text
        )


def _cut_short() -> OSError:
    return BodyError("the body was cut short")


def _indexed(name: bytes, value: bytes) -> HeaderTuple:
    if name in _SECRET:
        return NeverIndexedHeaderTuple(name, value)
    return HeaderTuple(name, value)


def _new_h2(decoder: FieldDecoder) -> H2Connection:
    """Return the state machine of a server that judges requests itself."""
    h2 = H2Connection(
        H2Configuration(
            client_side=False,
            header_encoding=None,
            validate_inbound_headers=False,
            normalize_inbound_headers=False,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
    )
    h2.decoder = decoder
    h2.encoder = FieldEncoder()
    # How many streams there are is counted here: h2 would end the connection.
    h2.local_settings = Settings(
        client=False,
        initial_values={
            SettingCodes.MAX_CONCURRENT_STREAMS: frames.HIGHEST_ID,
            SettingCodes.INITIAL_WINDOW_SIZE: frames.STREAM_WINDOW,
        },
    )
    return h2
