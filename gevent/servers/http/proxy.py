"""The PROXY protocol: who the client is, as a proxy in front says it.

A header of version 1 or 2 comes before everything else of a connection, TLS included::

    v1  "PROXY" SP ("TCP4" | "TCP6") SP source SP target SP port SP port CRLF
        "PROXY UNKNOWN" [SP *octet] CRLF
    v2  signature, 0x20 (LOCAL) or 0x21 (PROXY), family and transport, length, that many
        octets: addresses, then TLVs

LOCAL, UNKNOWN and a family that is not specified say nothing: the peer is the client
then. What follows a header may be somebody else's business (a TLS handshake), so it is
never taken together with the header.
"""

from __future__ import annotations

import re
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from struct import unpack_from
from typing import TYPE_CHECKING, cast

from gevent._native.http.head import HeadError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network

    from gevent.net.socket import socket as gevent_socket

__all__ = ("Proxies", "ProxyHeader")

#: The peer of a connection over a unix socket, as ``proxy_protocol`` names it.
UNIX = "unix"

# Octets of a line of version 1, its end included; the protocol says so.
_LONGEST_LINE = 107
_LINE_BEGIN = b"PROXY "
_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
# Octets of version 2 up to the addresses, and the most that may follow: the addresses
# of unix sockets, and 320 of TLVs.
_FIXED = 16
_MOST_BEHIND = 536
_LOCAL, _PROXY = 0x20, 0x21
# Family and transport -> (octets of both addresses, family; None: it is a path).
# A proxy for QUIC says DGRAM, though we are asked over a stream.
_KINDS: dict[int, tuple[int, int | None]] = {
    0x11: (12, AF_INET),
    0x12: (12, AF_INET),
    0x21: (36, AF_INET6),
    0x22: (36, AF_INET6),
    0x31: (216, None),
    0x32: (216, None),
}
_UNSPECIFIED = 0x00
_PATH_SIZE = 108
# The type of the TLV that has a CRC32C of the whole header, its octets, and the
# polynomial, lowest bit first. Bit by bit is fast enough for 552 octets.
_CHECKSUM = 0x03
_CHECKSUM_SIZE = 4
_POLYNOMIAL = 0x82F63B78

_PORT = rb"(0|[1-9][0-9]{0,4})"
_is_line = re.compile(
    rb"PROXY (TCP4 (?P<v4>[0-9.]{7,15}) (?P<to4>[0-9.]{7,15})"
    rb"|TCP6 (?P<v6>[0-9A-Fa-f:.]{2,45}) (?P<to6>[0-9A-Fa-f:.]{2,45}))"
    rb" %b %b\r\n" % (_PORT, _PORT)
).fullmatch
_is_unknown = re.compile(rb"PROXY UNKNOWN(?: [^\r\n]*)?\r\n").fullmatch
_is_v4 = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}").fullmatch


class Proxies:
    """The peers whose connections begin with a header, and nobody else's.

    Args:
        networks: Addresses and networks as :mod:`ipaddress` reads them; ``"unix"`` for
            all peers over unix sockets.

    Raises:
        TypeError: It is one string, or what is in it is none.
        ValueError: One is neither an address nor a network.
    """

    trusts_unix: bool

    def __init__(self, networks: Iterable[str] = ()):
        if isinstance(networks, str):
            raise TypeError(
                "proxy_protocol must be a collection of networks,"
                f" not the string {networks!r}"
            )
        names = tuple(networks)
        self.trusts_unix = UNIX in names
        self._networks = [_network_of(name) for name in names if name != UNIX]

    def __bool__(self) -> bool:
        return self.trusts_unix or bool(self._networks)

    def trusts(self, address: object) -> bool:
        """Return whether a connection from there must begin with a header."""
        if not isinstance(address, tuple):
            return self.trusts_unix
        if not self._networks:
            return False
        # Not at the top: most servers stand behind no proxy.
        from ipaddress import IPv6Address, ip_address

        host = cast("tuple[str, int]", address)[0]
        peer = ip_address(host.partition("%")[0])
        if isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None:
            peer = peer.ipv4_mapped  # of a listener for both
        return any(peer in network for network in self._networks)


def _network_of(name: object) -> IPv4Network | IPv6Network:
    if not isinstance(name, str):
        raise TypeError(f"proxy_protocol must name networks, not {name!r}")
    from ipaddress import ip_network

    try:
        return ip_network(name)
    except ValueError as error:
        raise ValueError(
            f"proxy_protocol must name networks, addresses or {UNIX!r}: {error}"
        ) from None


class ProxyHeader:
    """A header that comes in pieces.

    States::

        BEGUN --feed--> BEGUN
        BEGUN --feed, the last octet--> WHOLE
        BEGUN --feed, HeadError--> (of no use any more)

    Attributes:
        address: When it is whole: the client's address, in the form that a socket of
            its family has; None: that of the peer.
    """

    data: bytes

    def __init__(self) -> None:
        self.data = b""
        self.address: tuple[str, int] | tuple[str, int, int, int] | str | None = None

    def receive(self, sock: gevent_socket) -> bool:
        """Take from a socket what has come of the header, and nothing behind it.

        Returns:
            Whether the header is whole.

        Raises:
            HeadError: It is none.
            EOFError: The stream has ended.
            OSError: As the socket says; BlockingIOError: nothing has come.

        Blocking:
            Waits as the socket does, if nothing has come.
        """
        from socket import MSG_PEEK

        seen = sock.recv(_FIXED + _MOST_BEHIND, MSG_PEEK)
        if not seen:
            raise EOFError
        # One call takes it: it is there.
        return self.feed(sock.recv(self.claim(seen)))

    def claim(self, seen: bytes) -> int:
        """Return how many of the octets that come next are certain to be its own.

        Raises:
            HeadError: It is none.
        """
        whole = self.data + seen
        if _SIGNATURE.startswith(whole[: len(_SIGNATURE)]):
            missing = _FIXED
            if len(whole) >= _FIXED:
                missing = _FIXED + _checked_size(whole)
            return min(len(seen), missing - len(self.data))
        if not _LINE_BEGIN.startswith(whole[: len(_LINE_BEGIN)]):
            raise HeadError(400, "no PROXY header")
        end = whole.find(b"\n")
        size = len(whole) if end < 0 else end + 1
        if size > _LONGEST_LINE or (end < 0 and size == _LONGEST_LINE):
            raise HeadError(400, "PROXY header too long")
        return size - len(self.data)

    def feed(self, data: bytes) -> bool:
        """Add octets that ``claim`` counted; return whether the header is whole.

        Raises:
            HeadError: It is none.
        """
        self.data = whole = self.data + data
        if whole[:1] == _SIGNATURE[:1]:
            if len(whole) < _FIXED or len(whole) < _FIXED + _checked_size(whole):
                return False
            self.address = _address_of_block(whole)
            return True
        if not whole.endswith(b"\n"):
            return False
        self.address = _address_of_line(whole)
        return True


# -- version 1 ------------------------------------------------------------------------


def _address_of_line(
    line: bytes,
) -> tuple[str, int] | tuple[str, int, int, int] | None:
    if _is_unknown(line):
        return None
    match = _is_line(line)
    if match is None:
        raise HeadError(400, "malformed PROXY header")
    ports = [int(port) for port in match.groups()[-2:]]
    if max(ports) > 0xFFFF:
        raise HeadError(400, "malformed port in a PROXY header")
    if match["v4"] is not None:
        _checked_v4(match["to4"])
        return _checked_v4(match["v4"]), ports[0]
    _checked_v6(match["to6"])
    return _checked_v6(match["v6"]), ports[0], 0, 0


def _checked_v4(octets: bytes) -> str:
    text = octets.decode("ascii")
    # inet_pton() takes leading zeros on some systems.
    if not _is_v4(text):
        raise HeadError(400, "malformed address in a PROXY header")
    return _normal(AF_INET, text)


def _checked_v6(octets: bytes) -> str:
    return _normal(AF_INET6, octets.decode("ascii"))


def _normal(family: int, text: str) -> str:
    try:
        return inet_ntop(family, inet_pton(family, text))
    except OSError:
        raise HeadError(400, "malformed address in a PROXY header") from None


# -- version 2 ------------------------------------------------------------------------


def _checked_size(block: bytes) -> int:
    """Return how many octets follow the fixed part, which is there."""
    command, kind, size = unpack_from("!BBH", block, len(_SIGNATURE))
    if command not in (_LOCAL, _PROXY):
        raise HeadError(400, "unknown version or command of a PROXY header")
    if size > _MOST_BEHIND:
        raise HeadError(400, "PROXY header too long")
    if command == _PROXY and kind != _UNSPECIFIED:
        if kind not in _KINDS:
            raise HeadError(400, "unknown family in a PROXY header")
        if size < _KINDS[kind][0]:
            raise HeadError(400, "PROXY header too short")
    return int(size)


def _address_of_block(
    block: bytes,
) -> tuple[str, int] | tuple[str, int, int, int] | str | None:
    command, kind = block[len(_SIGNATURE)], block[len(_SIGNATURE) + 1]
    if command == _LOCAL or kind == _UNSPECIFIED:
        return None
    size, family = _KINDS[kind]
    _check_tlvs(block, _FIXED + size)
    if family is None:
        path = block[_FIXED : _FIXED + _PATH_SIZE]
        # An abstract name begins with NUL.
        name = path.rstrip(b"\0") if path[:1] == b"\0" else path.split(b"\0")[0]
        return name.decode("utf-8", "backslashreplace")
    n_octets = (size - 4) // 2
    host = inet_ntop(family, block[_FIXED : _FIXED + n_octets])
    port = int(unpack_from("!H", block, _FIXED + 2 * n_octets)[0])
    return (host, port) if family == AF_INET else (host, port, 0, 0)


def _check_tlvs(block: bytes, at: int) -> None:
    """Refuse what is no sequence of (type, length, value), or has a wrong checksum.

    Nothing else in them counts.
    """
    sum_at = 0
    while at < len(block):
        if len(block) - at < 3:
            raise HeadError(400, "malformed TLV in a PROXY header")
        kind, size = unpack_from("!BH", block, at)
        at += 3
        if kind == _CHECKSUM:
            if sum_at or size != _CHECKSUM_SIZE:
                raise HeadError(400, "malformed checksum in a PROXY header")
            sum_at = at
        at += size
    if at != len(block):
        raise HeadError(400, "malformed TLV in a PROXY header")
    if sum_at:
        _check_sum(block, sum_at)


def _check_sum(block: bytes, at: int) -> None:
    """Refuse a header whose checksum, which stands there, is not its own."""
    end = at + _CHECKSUM_SIZE
    # It is reckoned with zeros in its own place.
    blank = block[:at] + bytes(_CHECKSUM_SIZE) + block[end:]
    if checksum(blank) != int.from_bytes(block[at:end], "big"):
        raise HeadError(400, "wrong checksum of a PROXY header")


def checksum(octets: bytes) -> int:
    """Return the CRC32C of a header's octets (RFC 3720, B.4)."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
