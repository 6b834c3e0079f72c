"""A WebSocket, as the application has it in ``environ["wsgi.websocket"]``.

Its life::

    PENDING --accepted--> OPEN --Close sent--> CLOSING --Close received--> CLOSED
                          OPEN --Close received, and answered--> CLOSED
    OPEN, CLOSING --broken, failed, late--> CLOSED
    PENDING --the application has answered otherwise--> CLOSED

Invariants:

* WS1  The connection is sent to by who holds ``_sending``, a whole frame at a time, and
  in OPEN only; Close is the last. An exception in the middle of a frame ends it all:
  what follows would be taken for the rest of that frame.
* WS2  At most one greenlet receives. It alone touches the decoder.
* WS3  The receiver never waits for ``_sending`` to answer a ping: the sender may itself
  wait until the client, which waits to be received from, goes on. Who holds it sends
  what is owed.
* WS4  ``_Look`` is thrown into the receiver by the hub only, while it is in ``recv``:
  what has come is still in the kernel then.
"""

from __future__ import annotations

from errno import EPIPE
from socket import SHUT_WR
from struct import pack
from typing import TYPE_CHECKING, cast

from wsproto.frame_protocol import (
    LOCAL_ONLY_CLOSE_REASONS,
    CloseReason,
    FrameProtocol,
    Opcode,
    ParseFailed,
)

from gevent._base.exceptions import ConcurrentObjectUseError
from gevent._hub.hub import get_hub, getcurrent, sleep, spawn_raw
from gevent.servers.http.connection import BUSY, READ_SIZE
from gevent.servers.http.parking import receive_now
from gevent.servers.http.sending import TooSlow, send_reply
from gevent.servers.http.websocket.accumulation import Accumulation
from gevent.servers.http.websocket.errors import WebSocketError, gone
from gevent.servers.http.websocket.handshake import (
    VERSION,
    answer_to,
    checked_subprotocol,
    text_of,
)
from gevent.servers.http.websocket.payloads import Payloads, agreed
from gevent.sync.lock import Semaphore

if TYPE_CHECKING:
    from collections.abc import Callable

    from greenlet import greenlet as raw_greenlet
    from wsproto.frame_protocol import Frame

    from gevent.servers.http.connection import Connection

    Message = str | bytes

PENDING = "PENDING"
OPEN = "OPEN"
CLOSING = "CLOSING"
CLOSED = "CLOSED"

# Frames, but one, that are received between two turns of all others.
_FAIR_MASK = 31

_FIN = 0x80
_RSV1 = 0x40
# Octets of a payload whose length stands in the second octet; in two octets.
_SHORT = 125
_MEDIUM = 0xFFFF
# Octets of the reason in a Close frame, behind its code.
_MOST_REASON = _SHORT - 2
# Codes that a Close frame may have (RFC 6455, 7.4), besides the registered ones.
_OWN_CODES = range(3000, 5000)
_CODES = frozenset((*range(1000, 1004), *range(1007, 1015)))


class _Look(BaseException):
    """Thrown into the receiver: something is due, or has changed."""


class WebSocket:
    """A connection to a client that sends and receives messages.

    It is accepted when it is used first; until then the application may answer the
    request as any other.

    Attributes:
        environ: Of the request.
        state: PENDING, OPEN, CLOSING or CLOSED.
        subprotocol: The one that was accepted, or None.
        close_code: What the client closed with; 1005: nothing; 1006: it did not say
            that it closes. Or what the server closed with because of the client: 1002
            (a breach of the protocol), 1007 (no UTF-8), 1009 (a message above the
            limit), 1011 (no answer to a ping). None while nothing of this has happened.
        close_reason: The text with the code.
    """

    close_reason: str
    environ: dict[str, object]
    state: str

    __slots__ = (
        "__weakref__",
        "_accumulated",
        "_connection",
        "_deadline",
        "_decoder",
        "_has_ended",
        "_heard",
        "_is_pinged",
        "_leave",
        "_n_turns",
        "_owed",
        "_parked",
        "_payloads",
        "_receiver",
        "_sending",
        "_start_response",
        "close_code",
        "close_reason",
        "environ",
        "state",
        "subprotocol",
    )

    def __init__(
        self,
        environ: dict[str, object],
        connection: Connection,
        start_response: Callable[..., Callable[[bytes], object]],
        leave: Callable[[WebSocket], object],
    ):
        self.environ = environ
        self.state = PENDING
        self.subprotocol: str | None = None
        self.close_code: int | None = None
        self.close_reason = ""
        self._connection = connection
        self._start_response = start_response
        # Called when it has ended.
        self._leave = leave
        self._sending = Semaphore(1)
        # Control frames that who is sending has to send next: opcode -> payload (WS3).
        self._owed: dict[int, bytes] = {}
        self._decoder: FrameProtocol | None = None
        self._payloads: Payloads | None = None
        self._accumulated: Accumulation | None = None
        self._receiver: raw_greenlet | None = None
        # The receiver while it is in `recv` (WS4).
        self._parked: raw_greenlet | None = None
        # The application knows that it is over.
        self._has_ended = False
        # By the loop's clock: when something came last, or was asked for; when the
        # client's Close must have come.
        self._heard = 0.0
        self._is_pinged = False
        self._n_turns = 0
        self._deadline: float | None = None

    def __repr__(self) -> str:
        return f"<WebSocket {self.path!r} {self.state} at {id(self):#x}>"

    # -- what was asked for --------------------------------------------------------

    @property
    def path(self) -> str:
        """PATH_INFO of the request."""
        return text_of(self.environ, "PATH_INFO")

    @property
    def origin(self) -> str | None:
        """Where the page is from that opened it; None: the client is no browser."""
        return self._field("HTTP_ORIGIN")

    @property
    def protocol(self) -> str | None:
        """The subprotocols that the client offers, as sent."""
        return self._field("HTTP_SEC_WEBSOCKET_PROTOCOL")

    @property
    def version(self) -> str:
        """The version of the protocol: "13"."""
        return VERSION

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.state in (CLOSING, CLOSED)

    def _field(self, key: str) -> str | None:
        return text_of(self.environ, key) if key in self.environ else None

    # -- the application's methods -------------------------------------------------

    def accept(self, subprotocol: str | None = None) -> None:
        """Answer the handshake, if that has not been done.

        Args:
            subprotocol: One of those that the client offers.

        Raises:
            ValueError: The client does not offer *subprotocol*.
            AssertionError: The application has answered the request otherwise.
            WebSocketError: The client has gone.

        Blocking:
            Switches to the hub while the client does not take the answer.
        """
        if self.state != PENDING:
            return
        if subprotocol is not None:
            checked_subprotocol(subprotocol, self.environ)
        with self._sending:  # switches
            if self.state == PENDING:
                self._answer(subprotocol)  # switches

    def receive(self) -> Message | None:
        """Wait for a message and return it.

        Returns:
            What the client sent, str or bytes. None when the WebSocket has ended, by
            whichever side, or was broken off, also for a breach of the protocol.

        Raises:
            WebSocketError: The application has been told that it has ended, or has
                closed it.
            ConcurrentObjectUseError: Another greenlet is in this method.

        Blocking:
            Switches to the hub until a message has come, or the end.
        Cancellation:
            Nothing is lost, not even of a message that has come in part. But while a
            ping is being answered that the client does not take, it is as in
            :meth:`send`.
        Thread safety:
            Only from greenlets of the thread that serves the request.
        """
        if self._receiver is not None:
            raise ConcurrentObjectUseError(
                f"another greenlet receives from {self!r}: {self._receiver!r}; "
                "let one receive and hand messages on by a queue"
            )
        if self._has_ended:
            raise gone("the WebSocket is closed")
        self._receiver = getcurrent()
        try:
            self.accept()  # switches
            message = self._receive()  # switches
        finally:
            self._receiver = None
        if message is None:
            self._has_ended = True
        return message

    wait = receive

    def send(
        self, message: Message | bytearray | memoryview, binary: bool | None = None
    ) -> None:
        """Send a message.

        Args:
            message: str, or bytes and what is like them.
            binary: Whether it is sent as binary; None: str is sent as text.

        Raises:
            TypeError: *message* is neither.
            UnicodeError: It shall be text, and is none.
            WebSocketError: It is closed, or the client has gone, or takes nothing for
                ``timeouts.write`` seconds.

        Blocking:
            Switches to the hub while another greenlet sends, and until the client, or
            the system on its way, has taken the message.
        Cancellation:
            While another greenlet sends, nothing has happened. Later the WebSocket is
            broken off: the client may have a part of the message.
        Thread safety:
            Only from greenlets of the thread that serves the request; from any number
            of them.
        """
        opcode, payload = _frame_of(message, binary)
        self.accept()  # switches
        packed = None if self._payloads is None else self._payloads.deflated(payload)
        if packed is None:
            self._send(opcode, payload)  # switches
        else:
            self._send(opcode | _RSV1, packed)  # switches

    def close(self, code: int = 1000, message: str | bytes | None = b"") -> None:
        """Say that it is over; nothing can be sent after that. Repeatable.

        The client's answer is waited for when the application returns, and at most
        ``timeouts.linger`` seconds.

        Args:
            code: 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455, 7.4).
            message: A reason; what is too long for a frame, 123 octets, is cut.

        Raises:
            ValueError: *code* is not one of these.

        Blocking:
            As :meth:`send`.
        """
        if isinstance(message, str):
            message = message.encode()
        if code not in _CODES and code not in _OWN_CODES:
            raise ValueError(f"code {code!r} cannot be sent: use 1000, or 3000 to 4999")
        if self.state == PENDING:
            self.accept()  # switches
        self._has_ended = True
        self._send_close(code, message or b"")  # switches

    # -- accepting -----------------------------------------------------------------

    def _answer(self, subprotocol: str | None) -> None:
        """Send the 101; who calls it is the one who sends (WS1)."""
        connection = self._connection
        if connection.state != BUSY:
            raise AssertionError("the request has been answered")
        environ = self.environ
        bits, extension = agreed(text_of(environ, "HTTP_SEC_WEBSOCKET_EXTENSIONS"))
        fields = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", answer_to(_key_of(environ))),
        ]
        if subprotocol is not None:
            fields.append(("Sec-WebSocket-Protocol", subprotocol))
        if extension:
            fields.append(("Sec-WebSocket-Extensions", extension))
        rules = connection.rules
        connection.sock.settimeout(rules.timeouts.write or None)
        write = self._start_response("101 Switching Protocols", fields)
        self._payloads = Payloads(rules.limits.websocket_message, bits)
        self.subprotocol = subprotocol
        self._heard = get_hub().loop.now()
        try:
            write(b"")  # switches
        except OSError as error:
            self._break_off()
            raise gone("the client has gone") from error
        except BaseException:
            self._break_off()
            raise
        self.state = OPEN
        if connection.is_stopping:
            self.go_away()

    def refuse(self) -> None:
        """The application has answered the request: it is no WebSocket."""
        self.state = CLOSED
        self._end(is_patient=False)

    # -- receiving -----------------------------------------------------------------

    def _receive(self) -> Message | None:
        """Wait for a message; None: there comes none any more."""
        if self._decoder is None:
            self._decoder = self._new_decoder()
        self._take_turn()  # may switch
        while self.state in (OPEN, CLOSING):
            try:
                message = self._next_message(self._decoder)  # switches
            except ParseFailed as error:
                self._fail(error.code, str(error))  # switches
                break
            if message is not None or self.state == CLOSED:
                return message
            data = self._receive_octets()  # switches
            if data is None:
                self._do_what_is_due()  # switches
            elif data:
                self._heard = get_hub().loop.now()
                self._is_pinged = False
                self._decoder.receive_bytes(data)
                if self.state == CLOSING:
                    # Who goes on sending does not get more time.
                    self._do_what_is_due()
            else:
                self._break_off()
        return None

    def _new_decoder(self) -> FrameProtocol:
        assert self._payloads is not None, "it has been accepted"
        decoder = FrameProtocol(client=False, extensions=[self._payloads])
        buffer = self._connection.buffer
        if buffer:
            # Sent with the handshake.
            decoder.receive_bytes(bytes(buffer))
            buffer.clear()
        return decoder

    def _next_message(self, decoder: FrameProtocol) -> Message | None:
        """Take frames until a message is whole; None: more octets are needed.

        Raises:
            ParseFailed: The client breaks the protocol.
        """
        for frame in decoder.received_frames():
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
                message = self._add(frame)
                if message is not None:
                    return message
            elif frame.opcode is Opcode.PING:
                self._send_soon(Opcode.PONG, frame.payload)  # type: ignore[arg-type]  # bytes
            elif frame.opcode is Opcode.CLOSE:
                code, reason = cast("tuple[int, str]", frame.payload)
                self._close_received(code, reason)  # switches
                break
            self._take_turn()  # may switch
            if self.state == CLOSED:
                break
        return None

    def _take_turn(self) -> None:
        """Let others run from time to time: there may be many frames in what came.

        No frame may have been taken whose message is not accounted for.
        """
        self._n_turns += 1
        if not self._n_turns & _FAIR_MASK:
            sleep(0)  # switches

    def _add(self, frame: Frame) -> Message | None:
        """Take a piece of a message; return the message when it was the last."""
        piece: Message = frame.payload  # type: ignore[assignment]  # of a data frame
        accumulated = self._accumulated
        if frame.message_finished:
            self._accumulated = None
            return piece if accumulated is None else accumulated.with_last(piece)
        if accumulated is None:
            self._accumulated = accumulated = Accumulation(type(piece))
        accumulated.add(piece)
        return None

    def _receive_octets(self) -> bytes | None:
        """Wait for octets; ``b""``: the stream has ended; None: something is due."""
        sock = self._connection.sock
        due = self._due()
        timer = None
        if due is not None:
            loop = get_hub().loop
            timer = loop.timer(max(due - loop.now(), 0.0), ref=False)
            timer.start(self._look)
        self._parked = getcurrent()
        try:
            return sock.recv(READ_SIZE)  # switches
        except _Look:
            # It may have come at the same time.
            return receive_now(sock)
        except TimeoutError:
            return None  # the time-out of a write
        except OSError:
            return b""
        finally:
            self._parked = None
            if timer is not None:
                timer.close()

    def _look(self) -> None:
        """Let the receiver look what is due; in the hub (WS4)."""
        receiver = self._parked
        if receiver is not None:
            self._parked = None
            receiver.throw(_Look)  # switches to it and back

    def _look_soon(self) -> None:
        if self._parked is not None:
            get_hub().loop.run_callback(self._look)

    def _due(self) -> float | None:
        """Return when something is to be done if nothing comes; None: never."""
        if self.state == CLOSING:
            return self._deadline
        interval = self._connection.rules.timeouts.websocket_ping
        return self._heard + interval if interval else None

    def _do_what_is_due(self) -> None:
        due = self._due()
        now = get_hub().loop.now()
        if due is None or now < due:
            return
        if self.state == CLOSING:
            self._break_off()  # the client does not close
        elif self._is_pinged:
            self._fail(CloseReason.INTERNAL_ERROR, "no answer to a ping")  # switches
        else:
            # Not before it is sent can it be answered: it may have to wait.
            self._heard = now
            self._send_soon(Opcode.PING, b"")  # switches

    # -- sending -------------------------------------------------------------------

    def _send(self, first: int, payload: bytes) -> None:
        """Send a frame, and what is owed.

        Args:
            first: The opcode, and bits of extensions.
            payload: Octets.

        Raises:
            WebSocketError: It is not OPEN, or the client has gone.
        """
        with self._sending:  # switches
            self._transmit(first, payload)  # switches
            while self._owed:
                opcode, owed = self._owed.popitem()
                if self.state == OPEN:
                    self._transmit(opcode, owed)  # switches

    def _send_soon(self, opcode: int, payload: bytes) -> None:
        """Send a control frame, or let it be sent (WS3); the client may have gone."""
        if self.state != OPEN:
            return
        if self._sending.locked():
            self._owed[opcode] = bytes(payload)
            return
        try:
            self._send(opcode, bytes(payload))  # switches
        except WebSocketError:
            pass  # its state says so

    def _send_close(self, code: int, reason: bytes) -> None:
        """Send Close, if it has not been sent; the client may have gone."""
        payload = b""
        if code not in LOCAL_ONLY_CLOSE_REASONS:
            payload = pack("!H", code) + _cut(reason)
        if self.state == OPEN:
            try:
                self._send(Opcode.CLOSE, payload)  # switches
            except WebSocketError:
                pass  # its state says so

    def _transmit(self, first: int, payload: bytes) -> None:
        """Send a frame (WS1)."""
        if self.state != OPEN:
            raise gone("the WebSocket is closed")
        if first == Opcode.CLOSE:
            self._begin_closing()
        connection = self._connection
        parts = [_header(first, len(payload)), payload]
        try:
            send_reply(connection.sock, parts, connection.rules.timeouts)  # switches
        except OSError as error:
            if isinstance(error, TooSlow):
                connection.reset_at_end()
            self._break_off()
            raise WebSocketError(error.errno or EPIPE, str(error)) from error
        except BaseException:
            self._break_off()
            raise
        if first == Opcode.PING:
            self._is_pinged = True
            self._heard = get_hub().loop.now()

    def _begin_closing(self) -> None:
        """Close is about to be sent, the last frame: the client has a deadline."""
        self.state = CLOSING
        linger = self._connection.rules.timeouts.linger
        self._deadline = get_hub().loop.now() + linger if linger else None
        self._look_soon()

    # -- the end -------------------------------------------------------------------

    def _close_received(self, code: int, reason: str) -> None:
        self._send_last(code, reason, b"")  # switches
        if self.state == CLOSING:
            self.state = CLOSED
        connection = self._connection
        if not connection.is_tls:
            # The server is to be first (RFC 6455, 7.1.1); the application may go on.
            try:
                connection.sock.shutdown(SHUT_WR)
            except OSError:
                pass  # it has gone

    def _fail(self, code: int, reason: str) -> None:
        """Close because of what the client did."""
        self._send_last(code, reason, reason.encode())  # switches
        # What it says now is not listened to; it is given time to read why.

    def _send_last(self, code: int, text: str, reason: bytes) -> None:
        """Send Close because of what was received; nothing is received any more."""
        self._note_end(code, text)
        try:
            self._send_close(code, reason)  # switches
        except BaseException:
            self._break_off()
            raise

    def _break_off(self) -> None:
        """Nothing can be sent any more, and nothing comes."""
        self._note_end(CloseReason.ABNORMAL_CLOSURE, "")
        self.state = CLOSED
        self._look_soon()

    def _note_end(self, code: int, reason: str) -> None:
        if self.close_code is None:
            self.close_code = int(code)
            self.close_reason = reason

    def go_away(self) -> None:
        """The server stops: say so; does not switch."""
        spawn_raw(self._send_close, CloseReason.GOING_AWAY, b"")

    def end(self) -> None:
        """The application has returned.

        Blocking:
            Switches to the hub while Close is sent, and waits for the client's if there
            is no parking.
        """
        try:
            self._send_close(CloseReason.NORMAL_CLOSURE, b"")  # switches
        except BaseException:
            self._end(is_patient=False)
            raise
        self._end(is_patient=True)  # may switch

    def end_by_error(self) -> None:
        """The application has failed, or was killed; does not switch."""
        sock = self._connection.sock
        if self.state == OPEN and not self._sending.locked():
            self._begin_closing()
            try:
                sock.settimeout(0.0)
                sock.send(_header(Opcode.CLOSE, 2) + pack("!H", 1011))
            except OSError:
                pass  # it does not read
        self._end(is_patient=self._connection.parking is not None)

    def _end(self, *, is_patient: bool) -> None:
        self._has_ended = True
        is_waited_for = self.state == CLOSING
        self.state = CLOSED
        self._leave(self)
        self._look_soon()
        connection = self._connection
        # A receiver has been told, and leaves before the hub takes what comes.
        can_wait = self._receiver is None or connection.parking is not None
        if is_waited_for and is_patient and can_wait:
            connection.linger("last")  # switches without parking


def _frame_of(message: object, binary: bool | None) -> tuple[int, bytes]:
    """Return (opcode, payload) of a message."""
    if isinstance(message, str):
        payload = message.encode()
        return (Opcode.BINARY if binary else Opcode.TEXT), payload
    if not isinstance(message, (bytes, bytearray, memoryview)):
        raise TypeError(f"a message must be str or bytes, not {message!r}")
    # A copy of what may change while it is sent.
    payload = bytes(cast("bytes", message))
    if binary is None or binary:
        return Opcode.BINARY, payload
    payload.decode()
    return Opcode.TEXT, payload


def _header(first: int, length: int) -> bytes:
    """Return the header of a frame that is a whole message."""
    if length <= _SHORT:
        return pack("!BB", _FIN | first, length)
    if length <= _MEDIUM:
        return pack("!BBH", _FIN | first, 126, length)
    return pack("!BBQ", _FIN | first, 127, length)


def _cut(reason: bytes) -> bytes:
    """Return so much of a reason as a frame can have, in whole characters."""
    if len(reason) <= _MOST_REASON:
        return reason
    return reason[:_MOST_REASON].decode(errors="ignore").encode()


def _key_of(environ: dict[str, object]) -> str:
    return text_of(environ, "HTTP_SEC_WEBSOCKET_KEY")
