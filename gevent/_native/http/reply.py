"""HTTP replies: their heads, and how they are sent; the twin of ``reply.pyx``.

Contract is there.
"""

from __future__ import annotations

import re
import time

from gevent._base.checking import TYPE_CHECKING
from gevent._native.io.socket.send import SendingSocket

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol, TypeAlias, TypeGuard

    from _typeshed import ReadableBuffer

    Pairs: TypeAlias = list[tuple[bytes, bytes]]

    class SendsAll(Protocol):
        """A socket."""

        def sendall(self, data: ReadableBuffer, /) -> object:
            """Send all of it."""


HAS_DATE = 1
HAS_LENGTH = 2
HAS_CLOSE = 4
DROPPED = 8

LAST_CHUNK = b"0\r\n\r\n"

# Octets. Up to here parts are copied together: that costs less than what it saves.
JOINED = 16384
# Linux and macOS take so many parts at a time.
_N_PARTS = 1024
_N_KNOWN = 512
_LONGEST_KNOWN = 64
# As a Content-Length: what C's long long holds.
_LARGEST = (1 << 63) - 1

_ORDINARY, _DATE, _LENGTH, _CONNECTION, _HOP_BY_HOP = range(5)
_KINDS = {
    b"date": _DATE,
    b"content-length": _LENGTH,
    b"connection": _CONNECTION,
    b"transfer-encoding": _HOP_BY_HOP,
    b"keep-alive": _HOP_BY_HOP,
    b"te": _HOP_BY_HOP,
    b"trailer": _HOP_BY_HOP,
    b"upgrade": _HOP_BY_HOP,
}

_is_status = re.compile(rb"[1-9][0-9][0-9] [\t -~\x80-\xff]*").fullmatch
_is_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_is_value = re.compile(rb"[\t -~\x80-\xff]*").fullmatch
_is_length = re.compile(rb"[0-9]{1,19}").fullmatch
_has_close = re.compile(rb"(?:^|,)[ \t]*close[ \t]*(?:,|$)", re.IGNORECASE).search

_DAYS = b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"
_MONTHS = (
    *(b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun"),
    *(b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"),
)

_known_statuses: dict[str, bytes] = {}
_known_names: dict[str, tuple[bytes, int]] = {}
_last_date = (-1, b"")


class NotNative(TypeError, UnicodeError):
    """A status, name or value that is no ``str``."""


def status_line(status: str) -> bytes:
    """Return the status, which is checked."""
    known = _known_statuses.get(status) if type(status) is str else None
    if known is not None:
        return known
    raw = _encoded(status, "status")
    if not _is_status(raw):
        raise ValueError(
            f"status must be three digits, a space and a reason, not {status!r}"
        )
    if len(_known_statuses) < _N_KNOWN and len(raw) <= _LONGEST_KNOWN:
        _known_statuses[str.__str__(status)] = raw
    return raw


def code_of(status: bytes) -> int:
    """Return the number of a status from :func:`status_line`."""
    return int(status[:3])


class Fields:
    """The checked headers of a reply."""

    __slots__ = ("flags", "length", "pairs")

    def __init__(self, pairs: Pairs, flags: int, length: int):
        self.pairs = pairs
        self.flags = flags
        self.length = length


def checked_headers(
    headers: Iterable[tuple[str, str]], *, keep_hop_by_hop: bool = False
) -> tuple[Pairs, int]:
    """As :func:`checked_fields`, for who asks for two of the three."""
    fields = checked_fields(headers, keep_hop_by_hop)
    return fields.pairs, fields.flags


def checked_fields(headers: Iterable[tuple[str, str]], keep_hop_by_hop: bool) -> Fields:
    """Return the headers of an application as bytes, and what is among them."""
    pairs: Pairs = []
    flags = 0
    length = -1
    for item in _listed(headers):
        text, value = _pair_of(item)
        name, kind = _checked_name(text)
        raw = _encoded(value, "header value")
        if not _is_value(raw):
            raise ValueError(f"header {text!r} has a control character: {value!r}")
        if kind == _DATE:
            flags |= HAS_DATE
        elif kind == _LENGTH:
            length = _checked_length(raw, flags)
            flags |= HAS_LENGTH
        elif kind == _CONNECTION:
            found = _has_close(raw) is not None
            if not keep_hop_by_hop:
                if not found or flags & HAS_CLOSE:
                    continue
                if len(raw) > 5:
                    raw = b"close"
            if found:
                flags |= HAS_CLOSE
        elif kind == _HOP_BY_HOP and not keep_hop_by_hop:
            flags |= DROPPED
            continue
        pairs.append((name, raw))
    return Fields(pairs, flags, length)


def _listed(headers: Iterable[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    if isinstance(headers, (list, tuple)):
        return headers
    kind: type[object] = type(headers)
    if issubclass(kind, (str, bytes, dict)) or not hasattr(headers, "__iter__"):
        raise TypeError(f"headers must be a list of pairs, not {kind.__name__!r}")
    return list(headers)


def _pair_of(item: Sequence[str]) -> tuple[str, str]:
    if isinstance(item, (tuple, list)) and len(item) == 2:
        return item[0], item[1]
    raise TypeError(f"header must be a pair of name and value, not {item!r}")


def _encoded(text: object, what: str) -> bytes:
    if not isinstance(text, str):
        raise NotNative(f"{what} must be str, not {text!r}")
    return str.encode(text, "latin-1")


def _checked_name(name: str) -> tuple[bytes, int]:
    known = _known_names.get(name) if type(name) is str else None
    if known is not None:
        return known
    raw = _encoded(name, "header name")
    if not _is_token(raw):
        raise ValueError(f"header name is no token: {name!r}")
    made = raw, _KINDS.get(raw.lower(), _ORDINARY)
    if len(_known_names) < _N_KNOWN and len(raw) <= _LONGEST_KNOWN:
        _known_names[str.__str__(name)] = made
    return made


def _checked_length(raw: bytes, flags: int) -> int:
    if not _is_length(raw) or int(raw) > _LARGEST:
        raise ValueError(f"Content-Length must be digits, not {raw!r}")
    if flags & HAS_LENGTH:
        raise ValueError("Content-Length must be given once")
    return int(raw)


def head(status: bytes, pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a reply, with the empty line."""
    parts = [b"HTTP/1.1 ", status, b"\r\n"]
    for name, value in pairs:
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"\r\n")
    return b"".join(parts)


def date() -> bytes:
    """Return the time, as the field Date has it; the same object for a second."""
    global _last_date
    second = int(time.time())
    last, text = _last_date
    if second != last:
        text = date_of(second)
        _last_date = second, text
    return text


def date_of(second: int) -> bytes:
    """Return a time since the epoch as a date of RFC 9110."""
    year, month, day, hour, minute, now, weekday, _, _ = time.gmtime(second)
    return b"%b, %02d %b %04d %02d:%02d:%02d GMT" % (
        *(_DAYS[weekday], day, _MONTHS[month - 1], year),
        *(hour, minute, now),
    )


def chunk(data: ReadableBuffer) -> list[ReadableBuffer]:
    """Return the parts of a chunk; none for no data."""
    with memoryview(data) as view:
        size = view.nbytes
    return [b"%x\r\n" % size, data, b"\r\n"] if size else []


def send_parts(sock: SendsAll, parts: Iterable[ReadableBuffer]) -> int:
    """Send the parts, one after the other; return how many octets they were."""
    views = [memoryview(part).cast("B") for part in parts]
    try:
        total = sum(map(len, views))
        if len(views) == 1 or total <= JOINED or not _is_plain(sock):
            for joined in _groups(views):
                sock.sendall(joined)  # switches
            return total
        sent = sock.sendmsg(views[:_N_PARTS])  # switches
        for view in views:
            size = len(view)
            if sent < size:
                with view[max(sent, 0) :] as rest:
                    sock.sendall(rest)  # switches
            sent -= size
        return total
    finally:
        for view in views:
            view.release()


def _is_plain(sock: object) -> TypeGuard[SendingSocket]:
    """Whether it is a socket of ours whose sending methods nobody has replaced."""
    return isinstance(sock, SendingSocket) and (
        type(sock).sendall is SendingSocket.sendall
        and type(sock).sendmsg is SendingSocket.sendmsg
    )


def _groups(views: list[memoryview]) -> Iterable[ReadableBuffer]:
    """Join small parts, leave large ones as they are; nothing for nothing."""
    small: list[memoryview] = []
    size = 0
    for view in views:
        if size + len(view) > JOINED and small:
            yield b"".join(small)
            small, size = [], 0
        if len(view) > JOINED:
            yield view
        elif len(view):
            small.append(view)
            size += len(view)
    if small:
        yield b"".join(small)
