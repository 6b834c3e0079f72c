"""What frames carry: bounded, inflated, deflated.

wsproto lets a message grow, and inflates what comes, without an end. Here a message
above the limit is refused by the header of the frame that takes it there; a compressed
one while no more than the limit and one octet have been inflated. There is no context
takeover (RFC 7692, 7.1.1), so that nothing of a message is kept between two.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from wsproto.extensions import PerMessageDeflate
from wsproto.frame_protocol import CloseReason, Opcode, RsvBits

from gevent.servers.http.websocket.handshake import members

if TYPE_CHECKING:
    from wsproto.frame_protocol import FrameDecoder, FrameProtocol

# Octets below which deflating gains nothing.
_WORTH_DEFLATING = 128
# Bits: what is deflated needs 32 KiB for a moment; wider gains little.
_WINDOW_BITS = 12
_WIDEST = 15
_MEMORY_LEVEL = 5
# The narrowest that zlib can do; 8 it takes for 9.
_NARROWEST = 9
_BITS = {str(bits): bits for bits in range(8, _WIDEST + 1)}
# How each compressed message ends, which is not sent (RFC 7692, 7.2.1), and what is
# left of it when the last block said that it was the last (7.2.3.5).
_END = b"\x00\x00\xff\xff"
_AFTER_LAST = (b"\x00" + _END, _END)
# Compressed octets that may come for one that may come out: empty blocks have no end.
_MOST_PACKED = 8
_MOST_PACKED_OF_NOTHING = 65536

_NO_TAKEOVER = "server_no_context_takeover", "client_no_context_takeover"


class Payloads(PerMessageDeflate):
    """The payloads of a WebSocket: wsproto's extension, bounded.

    Args:
        limit: Octets of a message.
        window_bits: Of what is sent; 0: nothing is compressed, in neither direction.
    """

    def __init__(self, limit: int, window_bits: int = 0):
        super().__init__(
            client_no_context_takeover=True, server_no_context_takeover=True
        )
        self._limit = limit
        self._bits = window_bits
        # Of the frame at hand. Its header may be judged again: it comes in pieces.
        self._is_data = False
        self._begins = False
        self._has_rsv1 = False
        # Of the message at hand; None: there is none.
        self._is_packed: bool | None = None
        self._n_octets = 0
        self._n_packed = 0
        self._inflater: zlib._Decompress | None = None

    def enabled(self) -> bool:
        """Return True: what is not compressed is bounded, too."""
        return True

    # -- received ------------------------------------------------------------------

    def frame_inbound_header(
        self,
        proto: FrameDecoder | FrameProtocol,
        opcode: Opcode,
        rsv: RsvBits,
        payload_length: int,
    ) -> CloseReason | RsvBits:
        """Judge a frame by its header, before its payload is waited for."""
        self._is_data = not opcode.iscontrol()
        self._begins = self._is_data and opcode is not Opcode.CONTINUATION
        self._has_rsv1 = rsv.rsv1
        if rsv.rsv1 and not (self._bits and self._begins):
            return CloseReason.PROTOCOL_ERROR
        if self._is_data:
            if self._begins != (self._is_packed is None):
                return CloseReason.PROTOCOL_ERROR
            is_packed = rsv.rsv1 if self._begins else self._is_packed
            n_octets = 0 if self._begins else self._n_octets
            if not is_packed and n_octets + payload_length > self._limit:
                return CloseReason.MESSAGE_TOO_BIG
        return RsvBits(rsv.rsv1, False, False)

    def frame_inbound_payload_data(
        self, proto: FrameDecoder | FrameProtocol, data: bytes
    ) -> bytes | CloseReason:
        """Take a piece of a frame's payload."""
        if not self._is_data:
            return data
        if self._begins:
            self._begins = False
            self._is_packed = self._has_rsv1
            self._n_octets = self._n_packed = 0
        if self._is_packed:
            return self._inflate(data)
        self._n_octets += len(data)
        return data

    def frame_inbound_complete(
        self, proto: FrameDecoder | FrameProtocol, fin: bool
    ) -> bytes | CloseReason | None:
        """A frame has come to its end."""
        if not self._is_data or not fin:
            return None
        rest: bytes | CloseReason | None = None
        if self._is_packed:
            rest = self._inflate(_END)
            if self._has_more_after_last():
                return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        self._is_packed = self._inflater = None
        return rest

    def _inflate(self, data: bytes) -> bytes | CloseReason:
        room = self._limit - self._n_octets
        self._n_packed += len(data)
        if self._n_packed > _MOST_PACKED * self._limit + _MOST_PACKED_OF_NOTHING:
            return CloseReason.MESSAGE_TOO_BIG
        if self._inflater is None:
            self._inflater = zlib.decompressobj(-_WIDEST)
        try:
            inflated = self._inflater.decompress(data, room + 1)
        except zlib.error:
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        if len(inflated) > room:
            return CloseReason.MESSAGE_TOO_BIG
        self._n_octets += len(inflated)
        return inflated

    def _has_more_after_last(self) -> bool:
        """Whether more came behind the block that said that it was the last."""
        inflater = self._inflater
        if inflater is None or not inflater.eof:
            return False
        return inflater.unused_data not in _AFTER_LAST

    # -- sent ----------------------------------------------------------------------

    def deflated(self, payload: bytes) -> bytes | None:
        """Return a message's payload compressed; None: it is better sent as it is."""
        if not self._bits or len(payload) < _WORTH_DEFLATING:
            return None
        deflater = zlib.compressobj(
            zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -self._bits, _MEMORY_LEVEL
        )
        packed = deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)
        packed = packed[: -len(_END)]
        return packed if len(packed) < len(payload) else None


def agreed(offers: str) -> tuple[int, str]:
    """Choose among the compressions that a client offers.

    Args:
        offers: Sec-WebSocket-Extensions.

    Returns:
        The bits of the window for what is sent, and the answer; (0, ""): none of them.
    """
    for offer in members(offers):
        name, *parameters = (part.strip(" \t") for part in offer.split(";"))
        if name == PerMessageDeflate.name:
            bits = _window_bits(parameters)
            if bits:
                answer = [name, *_NO_TAKEOVER]
                if bits < 0:
                    answer.append(f"server_max_window_bits={-bits}")
                return abs(bits), "; ".join(answer)
    return 0, ""


def _window_bits(parameters: list[str]) -> int:
    """Return the window of what is sent; negative: the client says so; 0: declined."""
    seen: set[str] = set()
    sent = _WINDOW_BITS
    for parameter in parameters:
        name, has_value, value = parameter.partition("=")
        bits = _BITS.get(value.removeprefix('"').removesuffix('"'), 0)
        if name in seen:
            return 0
        seen.add(name)
        if name == "server_max_window_bits":
            if bits < _NARROWEST:
                return 0
            sent = -min(bits, _WINDOW_BITS)
        elif name == "client_max_window_bits":
            # What comes is inflated with the widest window in any case.
            if has_value and not bits:
                return 0
        elif name not in _NO_TAKEOVER or has_value:
            return 0
    return sent
