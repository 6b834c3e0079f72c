"""The order of a host's addresses: RFC 3484, with the C library's tables.

An address comes first that can be reached, whose scope and label are those of the
address it would be reached from, that takes precedence, whose scope is smaller, and
that has more in common with the address it would be reached from. Where nothing
decides, the order of the answer stays.
"""

from __future__ import annotations

import _socket
import sys
from _socket import AF_INET, AF_INET6, SOCK_DGRAM
from typing import TYPE_CHECKING, NamedTuple

from gevent.net.resolver.system import pack

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("sort_addresses",)

_MAPPED = bytes(10) + b"\xff\xff"
_LINK, _SITE, _GLOBAL = 2, 5, 14

# (prefix, its length in bits, label, precedence); the first that fits counts.
_POLICIES = (
    (bytes(15) + b"\x01", 128, 0, 50),  # ::1
    (_MAPPED + bytes(4), 96, 4, 10),
    (bytes(16), 96, 3, 20),
    (b"\x20\x02" + bytes(14), 16, 2, 30),
    (b"\x20\x01" + bytes(14), 32, 7, 40),  # 2001::/32
    (b"\xfe\xc0" + bytes(14), 10, 5, 40),
    (b"\xfc" + bytes(15), 7, 6, 40),
    (bytes(16), 0, 1, 40),
)


class Rank(NamedTuple):
    """What decides about an address, in this order; the smaller comes first."""

    unreachable: bool
    other_scope: bool
    other_label: bool
    precedence: int
    scope: int
    difference: int


def sort_addresses(addresses: Iterable[str]) -> list[str]:
    """Return addresses in the order in which to try them.

    Thread safety:
        From any thread.
    """
    found = list(addresses)
    return sorted(found, key=_rank) if len(found) > 1 else found


def _rank(address: str) -> Rank:
    target = _widen(pack(address))
    source = _find_source(address)
    scope = _scope(target)
    label, precedence = _policy(target)
    if source is None:
        return Rank(True, True, True, -precedence, scope, 0)
    return Rank(
        False,
        _scope(source) != scope,
        _policy(source)[0] != label,
        -precedence,
        scope,
        -_n_alike(target, source),
    )


def _n_alike(target: bytes, source: bytes) -> int:
    """Count the bits that count as common: for IPv4, those inside of a subnet."""
    if target.startswith(_MAPPED) and not _share_subnet(target, source):
        return 0
    return _n_common_bits(target, source)


def _share_subnet(target: bytes, source: bytes) -> bool:
    first, second = (int.from_bytes(address[12:]) for address in (target, source))
    return any(first & mask == second & mask == network for network, mask in _subnets())


def _subnets() -> list[tuple[int, int]]:
    """Return network and mask of the IPv4 routes that have no gateway (Linux)."""
    try:
        with open("/proc/net/route", encoding="ascii") as file:
            rows = [line.split() for line in file][1:]
    except OSError:
        return []
    return [
        (_from_hex(row[1]), _from_hex(row[7]))
        for row in rows
        if len(row) > 7 and int(row[2], 16) == 0 and int(row[7], 16) != 0
    ]


def _from_hex(text: str) -> int:
    """Return a number that the kernel wrote in the byte order of this machine."""
    return int.from_bytes(int(text, 16).to_bytes(4, sys.byteorder))


def _find_source(address: str) -> bytes | None:
    """Return the address from which the system would send, None: it could not."""
    family = AF_INET6 if ":" in address else AF_INET
    try:
        sock = _socket.socket(family, SOCK_DGRAM)
    except OSError:
        return None
    try:
        # Of a datagram socket this sends nothing; the port may be any.
        sock.connect((address, 1))
        return _widen(pack(sock.getsockname()[0]))
    except OSError:
        return None
    finally:
        sock.close()


def _widen(packed: bytes) -> bytes:
    return _MAPPED + packed if len(packed) == 4 else packed


def _scope(address: bytes) -> int:
    if address.startswith(_MAPPED):
        # 169.254/16 and 127/8.
        is_local = address[12] == 127 or address[12:14] == b"\xa9\xfe"
        return _LINK if is_local else _GLOBAL
    if address[0] == 0xFF:
        return address[1] & 0xF
    if _begins(address, b"\xfe\x80", 10) or _begins(address, *_POLICIES[0][:2]):
        return _LINK
    return _SITE if _begins(address, b"\xfe\xc0", 10) else _GLOBAL


def _policy(address: bytes) -> tuple[int, int]:
    for prefix, n_bits, label, precedence in _POLICIES:
        if _begins(address, prefix, n_bits):
            return label, precedence
    raise AssertionError("the last policy fits all")


def _begins(address: bytes, prefix: bytes, n_bits: int) -> bool:
    return _n_common_bits(address, prefix.ljust(16, b"\0")) >= n_bits


def _n_common_bits(first: bytes, second: bytes) -> int:
    difference = int.from_bytes(first) ^ int.from_bytes(second)
    return 128 - difference.bit_length()
