"""Heads of requests: from fields of HTTP/2 to what ``policy`` judges.

What is *malformed* (RFC 9113, 8.1.1) resets its stream; what HTTP/1 would refuse, too,
gets the answer that it gets there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from hpack.exceptions import HPACKError, OversizedHeaderListError
from hpack.hpack import Decoder, Encoder
from hpack.struct import HeaderTuple

from gevent._native.http.head import Head, HeadError, head_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gevent.servers.http.limits import Limits

#: (name, value), as decoded.
Field = tuple[bytes, bytes]

# Octets that a field counts for besides its own (RFC 7541, 4.1).
_OVERHEAD = 32
# What a request line of HTTP/1 has besides method and target.
_LINE_OVERHEAD = 12
# Browsers send each cookie in a field of its own.
_CRUMBS = 4
#: By how much a head may be above its limit and still get an answer, as a factor: to
#: decode more would do the work of an attack.
DECODED = 2

# Octets of the table of replies' fields; a client may ask for any number.
_MAX_TABLE = 4096

_PSEUDO = frozenset({b":method", b":scheme", b":authority", b":path"})
# Of a connection of HTTP/1, so of none of these.
_OF_CONNECTIONS = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"transfer-encoding",
        b"upgrade",
    }
)
# Fields that frame, route or authenticate a message, or say what its content is.
_NEVER_TRAILERS = frozenset(
    b"authorization content-encoding content-length content-range content-type cookie"
    b" expect forwarded host proxy-authorization te trailer".split()
)
_is_name = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+").fullmatch
_is_value = re.compile(
    rb"(?:[\x21-\x7e\x80-\xff](?:[\t -~\x80-\xff]*[\x21-\x7e\x80-\xff])?)?"
).fullmatch
_UPPER = bytes(octet + 32 if 65 <= octet <= 90 else octet for octet in range(256))


class Malformed(Exception):
    """A head that HTTP/2 does not allow; its stream is reset."""


class CompressionError(ProtocolError):
    """A block of fields that cannot be decoded: neither can any after it."""

    error_code: ErrorCodes = ErrorCodes.COMPRESSION_ERROR


class TooManyFields(ProtocolError):
    """A block of fields that is far above the limit."""

    error_code: ErrorCodes = ErrorCodes.ENHANCE_YOUR_CALM
    limit = "head"


class FieldDecoder(Decoder):
    """Decodes blocks of fields, and keeps the fields to itself.

    h2 would judge them, too, and end the connection for what is the fault of a stream.

    Args:
        limit: The limit of a head.

    Attributes:
        fields: Of the last block.
    """

    def __init__(self, limit: int):
        super().__init__(limit * DECODED)
        self.fields: list[Field] = []

    def decode(self, data: bytes, raw: bool = False) -> Iterable[HeaderTuple]:
        """Decode a block.

        Raises:
            TooManyFields: It is far above the limit; the rest was not decoded.
            CompressionError: It cannot be decoded.
        """
        try:
            found = super().decode(data, raw=True)
        except OversizedHeaderListError as error:
            raise TooManyFields("limit reached: head") from error
        except (HPACKError, IndexError) as error:
            raise CompressionError(f"undecodable fields: {error}") from error
        self.fields = [(bytes(name), bytes(value)) for name, value in found]
        return []


class FieldEncoder(Encoder):
    """Encodes blocks of fields, with a table that stays small."""

    @property
    def header_table_size(self) -> int:
        """Octets that the table may have."""
        return self.header_table.maxsize

    @header_table_size.setter
    def header_table_size(self, value: int) -> None:
        size = min(value, _MAX_TABLE)
        if size != self.header_table.maxsize:
            self.header_table.maxsize = size
            self.table_size_changes.append(size)


def head_from(fields: list[Field], limits: Limits) -> Head:
    """Return the head that fields make, for ``policy.decide``.

    Raises:
        Malformed: The stream must be reset.
        HeadError: It must be refused.
    """
    pseudo, rest = _parted(fields)
    method, target, authority = _judged_pseudo(pseudo)
    _check_size(fields, rest, len(method) + len(target), limits)
    for field in rest:
        _judge(field)
    if authority is not None:
        rest = _with_host(rest, authority)
    return head_of(method, target, rest)


def check_trailers(fields: list[Field], limits: Limits) -> None:
    """Judge the fields behind a body; they are dropped.

    Raises:
        Malformed: The stream must be reset.
    """
    if len(fields) > limits.trailer_fields or size_of(fields) > limits.trailers:
        raise Malformed("too many trailers")
    for field in fields:
        _judge(field)
        if field[0] in _NEVER_TRAILERS:
            raise Malformed("trailer with a field of the head")


def requestline_of(fields: list[Field]) -> str:
    """Return what a log shows of a request, whatever is in it."""
    known = dict(reversed(fields))
    method = known.get(b":method", b"")
    target = known.get(b":path", known.get(b":authority", b""))
    return f"{method.decode('latin-1')} {target.decode('latin-1')} HTTP/2"


def size_of(fields: list[Field]) -> int:
    """Return how much fields count for, as RFC 7541 says."""
    return sum(len(name) + len(value) + _OVERHEAD for name, value in fields)


def _parted(fields: list[Field]) -> tuple[dict[bytes, bytes], list[Field]]:
    """Part the fields that stand for a request line from the others."""
    pseudo: dict[bytes, bytes] = {}
    rest: list[Field] = []
    for field in fields:
        name, value = field
        if name[:1] != b":":
            rest.append(field)
        elif rest or name in pseudo or name not in _PSEUDO:
            raise Malformed("misplaced, repeated or unknown pseudo-header")
        else:
            pseudo[name] = value
    return pseudo, rest


def _judged_pseudo(pseudo: dict[bytes, bytes]) -> tuple[bytes, bytes, bytes | None]:
    """Return (method, target, authority)."""
    method = pseudo.get(b":method")
    path, scheme = pseudo.get(b":path"), pseudo.get(b":scheme")
    authority = pseudo.get(b":authority")
    if not method:
        raise Malformed("no method")
    if method == b"CONNECT":
        if path is not None or scheme is not None or not authority:
            raise Malformed("a tunnel has an authority and nothing else")
        return method, authority, authority
    if not path or scheme not in (b"http", b"https"):
        raise Malformed("no path or scheme")
    if path[:1] != b"/" and not (path == b"*" and method == b"OPTIONS"):
        raise Malformed("a path begins with a slash")
    if authority == b"":
        raise Malformed("empty authority")
    return method, path, authority


def _check_size(
    fields: list[Field], rest: list[Field], line: int, limits: Limits
) -> None:
    if line + _LINE_OVERHEAD > limits.request_line:
        raise HeadError(414, "too long")
    if size_of(fields) > limits.head:
        raise HeadError(431, "too long")
    n_crumbs = sum(name == b"cookie" for name, _ in rest)
    if len(rest) - n_crumbs > limits.fields or n_crumbs > _CRUMBS * limits.fields:
        raise HeadError(431, "too many fields")


def _judge(field: Field) -> None:
    name, value = field
    if not _is_name(name):
        raise Malformed("name of a field in upper case, or none")
    if not _is_value(value):
        raise Malformed("control character or white space at the end of a value")
    if name in _OF_CONNECTIONS or (name == b"te" and value != b"trailers"):
        raise Malformed("field of a connection of HTTP/1")


def _with_host(rest: list[Field], authority: bytes) -> list[Field]:
    """Put the authority in the place of an equal Host."""
    hosts = [value for name, value in rest if name == b"host"]
    if any(host.translate(_UPPER) != authority.translate(_UPPER) for host in hosts):
        raise HeadError(400, "host is not the authority")
    if len(hosts) == 1:
        rest = [field for field in rest if field[0] != b"host"]
    return [(b"host", authority), *rest]
