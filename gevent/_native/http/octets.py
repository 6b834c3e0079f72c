"""What octets of HTTP/1 are, and stand for; the twin of ``octets.pyx``."""

from __future__ import annotations

import re
from socket import AF_INET6, inet_pton

_TCHAR = rb"!#$%&'*+\-.^_`|~0-9A-Za-z"
TOKEN = re.compile(rb"[%b]+" % _TCHAR)
METHOD = re.compile(rb"[%b]{1,32}" % _TCHAR)
TARGET = re.compile(rb"[\x21\x22\x24-\x7e]*")
LOOSE_TARGET = re.compile(rb"[\x21\x22\x24-\x7e\x80-\xff]*")
VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
OWS = re.compile(rb"[\t ]*")
DIGITS = re.compile(rb"[0-9]{1,19}")
_REG_NAME = rb"(?:[-._~0-9A-Za-z!$&'()*+;=]|%[0-9A-Fa-f]{2})*"
_AUTHORITY = re.compile(rb"(%b|\[[0-9A-Fa-f:.]*\])(:[0-9]*)?" % _REG_NAME)
SCHEME = re.compile(rb"https?://", re.IGNORECASE)
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")

CR, LF = b"\r\n"
BLANKS = b"\t "
_UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = b"abcdefghijklmnopqrstuvwxyz"
FIRST = frozenset(b"!#$%&'*+-.^_`|~0123456789" + _UPPER + _LOWER)
TO_LOWER = bytes.maketrans(_UPPER, _LOWER)
TO_KEY = bytes.maketrans(_LOWER + b"-", _UPPER + b"_")
# Of letters in either case, the low four bits are a number that is 9 less.
_HEX = {octet: octet - 48 if octet < 58 else (octet & 15) + 9 for octet in range(103)}


def host_size(authority: bytes) -> int:
    """Return how long the host of an authority is; -1 if it is none."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        return -1
    host: bytes = found[1]
    if host[:1] == b"[":
        try:
            inet_pton(AF_INET6, host[1:-1].decode("latin-1"))
        except OSError:
            return -1
    return len(host)


def is_host_and_port(target: bytes) -> bool:
    """Tell whether it is what CONNECT takes."""
    size = host_size(target)
    return size > 0 and size + 1 < len(target)


def members_of(value: bytes) -> list[bytes]:
    """Return the members of a list, without white space around them."""
    members: list[bytes] = []
    at = 0
    while True:
        comma = value.find(b",", at)
        end = comma if comma >= 0 else len(value)
        members.append(trimmed(value[at:end]))
        if comma < 0:
            return members
        at = comma + 1


def trimmed(octets: bytes) -> bytes:
    at, end = 0, len(octets)
    while at < end and octets[at] in BLANKS:
        at += 1
    while end > at and octets[end - 1] in BLANKS:
        end -= 1
    return octets[at:end]


def unfolded(value: bytes) -> bytes:
    """Join the lines of a folded value by single spaces."""
    parts: list[bytes] = []
    at = 0
    while at <= len(value):
        end = value.find(b"\n", at)
        if end < 0:
            end = len(value)
        line_end = end - 1 if end > at and value[end - 1] == CR else end
        parts.append(trimmed(value[at:line_end]))
        at = end + 1
    return b" ".join(part for part in parts if part)


def unescaped(path: bytes) -> bytes:
    """Decode %XX, once; what is none stays."""
    if b"%" not in path:
        return path
    return _ESCAPE.sub(_octet, path)


def _octet(found: re.Match[bytes]) -> bytes:
    escape = found[0]
    return bytes((16 * _HEX[escape[1]] + _HEX[escape[2]],))


def number_of(digits: bytes) -> int:
    number = 0
    for digit in digits:
        number = 10 * number + digit - 48
    return number
