"""Frames, as they are cut from the octets of a connection.

h2 takes them one by one: so each is counted before any work is done for it, and what
an earlier one has brought about is not lost when a later one is a fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from hyperframe.frame import GoAwayFrame, PingFrame, SettingsFrame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gevent.servers.http.http2.floods import Floods
    from gevent.servers.http.limits import Limits

#: What a client sends first.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = range(5)
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(5, 10)

END_STREAM = ACK = 1
END_HEADERS = 4

# Octets.
_HEADER = 9
#: What a frame may hold; both sides' default.
MAX_FRAME = 16384
#: What a client may send ahead of what is read, on a stream, and on a connection.
STREAM_WINDOW = 65536
CONNECTION_WINDOW = 2**20
#: The stream id that says: you may go on for now, but not for long.
HIGHEST_ID = 2**31 - 1
# What our ping before the last GOAWAY carries.
LAST_PING = b"lastcall"


class Violation(ProtocolError):
    """A frame that ends the connection.

    Attributes:
        limit: The limit that was reached by it; None: none.
    """

    def __init__(
        self,
        text: str,
        code: ErrorCodes = ErrorCodes.PROTOCOL_ERROR,
        *,
        limit: str | None = None,
    ):
        super().__init__(text)
        self.error_code = code
        self.limit = limit


class Frame(NamedTuple):
    """A whole frame."""

    kind: int
    flags: int
    stream_id: int
    octets: bytes


class FrameCutter:
    """Cuts frames, and refuses those that no client sends in good faith.

    Args:
        limits: The server's.
        floods: What counts.

    Attributes:
        is_in_block: Whether a block of fields is not whole.
    """

    def __init__(self, limits: Limits, floods: Floods):
        self._limits = limits
        self._floods = floods
        self._is_first = True
        self._in_block = 0

    @property
    def is_in_block(self) -> bool:
        """Whether a block of fields is not whole."""
        return self._in_block > 0

    def cut(self, buffer: bytearray) -> Frame | None:
        """Take the frame at the beginning of *buffer*; None: it is not whole.

        Raises:
            Violation: The connection must end.
            Flood: So it must: the client has used up a limit.
        """
        if len(buffer) < _HEADER:
            return None
        length = int.from_bytes(buffer[:3], "big")
        kind, flags = buffer[3], buffer[4]
        if length > MAX_FRAME:
            raise Violation("frame above the limit", ErrorCodes.FRAME_SIZE_ERROR)
        if kind == PUSH_PROMISE:
            raise Violation("a client cannot push")
        self._note_block(kind, flags, length)
        if len(buffer) < _HEADER + length:
            return None
        if self._is_first and (kind != SETTINGS or flags & ACK):
            raise Violation("the first frame is not SETTINGS")
        self._is_first = False
        stream_id = int.from_bytes(buffer[5:9], "big") & HIGHEST_ID
        octets = bytes(buffer[: _HEADER + length])
        del buffer[: _HEADER + length]
        self._end_block(kind, flags, length)
        self._count(kind, flags, length)
        return Frame(kind, flags, stream_id, octets)

    def is_head(self, buffer: bytearray) -> bool:
        """Whether octets are waited for that are no request's body."""
        return self.is_in_block or (
            len(buffer) > 0 and (len(buffer) < _HEADER or buffer[3] != DATA)
        )

    def _note_block(self, kind: int, flags: int, length: int) -> None:
        """Refuse a block of fields that is too large before it is decoded.

        A field takes fewer octets than it counts for.
        """
        if kind in (HEADERS, CONTINUATION) and (
            self._in_block + length > self._limits.head
        ):
            text, code = "limit reached: head", ErrorCodes.ENHANCE_YOUR_CALM
            raise Violation(text, code, limit="head")
        is_empty = kind == CONTINUATION and length == 0 and not flags & END_HEADERS
        if is_empty and self._in_block:
            # Many of these would cost work and no octets.
            raise Violation("empty CONTINUATION", ErrorCodes.ENHANCE_YOUR_CALM)

    def _end_block(self, kind: int, flags: int, length: int) -> None:
        if kind not in (HEADERS, CONTINUATION):
            return
        if flags & END_HEADERS:
            self._in_block = 0
        else:
            # The first may be empty.
            self._in_block += max(length, 1)

    def _count(self, kind: int, flags: int, length: int) -> None:
        floods = self._floods
        if kind == RST_STREAM:
            floods.note_reset()
        elif kind == WINDOW_UPDATE:
            floods.note_update()
        elif kind == DATA:
            if length == 0 and not flags & END_STREAM:
                floods.note_control()
        elif kind not in (HEADERS, CONTINUATION):
            floods.note_control()


def first_settings(limits: Limits) -> bytes:
    """Return the frame that tells a client what it may do."""
    settings = {
        SettingsFrame.MAX_CONCURRENT_STREAMS: limits.streams,
        SettingsFrame.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
        SettingsFrame.MAX_HEADER_LIST_SIZE: limits.head,
    }
    return SettingsFrame(settings=settings).serialize()


def goaway(last_id: int, code: ErrorCodes) -> bytes:
    """Return the frame that ends a connection."""
    return GoAwayFrame(last_stream_id=last_id, error_code=code).serialize()


def last_ping() -> bytes:
    """Return the frame whose answer says that a GOAWAY has arrived."""
    return PingFrame(opaque_data=LAST_PING).serialize()


def n_resets(octets: bytes) -> int:
    """Return how many RST_STREAM frames there are among whole frames to be sent."""
    return sum(frame[3] == RST_STREAM for frame in _each(octets))


def without_resets(octets: bytes) -> bytes:
    """Return whole frames without those that reset a stream."""
    return b"".join(frame for frame in _each(octets) if frame[3] != RST_STREAM)


def _each(octets: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(octets):
        end = at + _HEADER + int.from_bytes(octets[at : at + 3], "big")
        yield octets[at:end]
        at = end
