"""Heads of HTTP/1 requests: from octets to facts; the twin of ``head.pyx``.

Contract, grammar and tables are there.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING
from gevent._native.http.names import (
    AUTHORIZATION,
    CONNECTION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    DROPPED,
    EXPECT,
    HOST,
    ORIGIN,
    REFERER,
    TRANSFER_ENCODING,
    USER_AGENT,
    known_name,
)
from gevent._native.http.octets import (
    BLANKS,
    CR,
    DIGITS,
    FIRST,
    LF,
    LOOSE_TARGET,
    METHOD,
    OWS,
    SCHEME,
    TARGET,
    TO_LOWER,
    TOKEN,
    VALUE,
    VERSION,
    host_size,
    is_host_and_port,
    members_of,
    number_of,
    unescaped,
    unfolded,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

MOST_EMPTY_LINES = 4

_SINGLES = (CONTENT_TYPE, AUTHORIZATION, USER_AGENT, REFERER, ORIGIN)
_NOT_IN_ENVIRON = (DROPPED, CONTENT_TYPE, CONTENT_LENGTH)


class HeadError(Exception):
    """A head that is refused.

    Args:
        status: What to answer: 400, 413, 414, 417, 431, 501 or 505.
        reason: Why, for the error log.
        offset: Which octet of the head says so; -1 if it is no single one.
    """

    def __init__(self, status: int, reason: str, offset: int = -1) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.offset = offset


class Field:
    """Where a field is in the octets of its head."""

    __slots__ = ("is_folded", "kind", "name_at", "name_end", "value_at", "value_end")

    def __init__(
        self, kind: int, name_at: int, name_end: int, at: int, end: int
    ) -> None:
        self.kind = kind
        self.name_at = name_at
        self.name_end = name_end
        self.value_at = at
        self.value_end = end
        self.is_folded = False


class Head:
    """The facts of a head that follows the grammar."""

    __slots__ = (
        "_authority",
        "_field_list",
        "_fields_at",
        "_keeps_underscores",
        "_line",
        "_method",
        "_octets",
        "_path",
        "_query",
        "_seen",
        "_target",
        "expects_continue",
        "expects_other",
        "has_nul",
        "has_valid_authority",
        "has_valid_coding",
        "has_valid_host",
        "has_valid_length",
        "is_absolute",
        "is_asterisk",
        "is_chunked",
        "is_connect",
        "is_head",
        "is_options",
        "is_origin",
        "is_tunnel",
        "length",
        "minor",
        "n_content_length",
        "n_fields",
        "n_host",
        "n_transfer_encoding",
        "repeats_single",
        "size",
        "wants_close",
        "wants_keep_alive",
        "wants_upgrade",
    )

    def __init__(self) -> None:
        self._octets = self._line = self._method = self._target = b""
        self._path = self._query = b""
        self._authority: bytes | None = None
        self._field_list: list[Field] = []
        self._fields_at = 0
        self._keeps_underscores = False
        self._seen: set[int] = set()
        self.size = self.minor = self.n_fields = self.length = 0
        self.n_host = self.n_content_length = self.n_transfer_encoding = 0
        self.is_head = self.is_connect = self.is_options = self.is_chunked = False
        self.is_origin = self.is_absolute = self.is_asterisk = self.is_tunnel = False
        self.has_nul = self.repeats_single = False
        self.has_valid_host = self.has_valid_authority = False
        self.has_valid_length = self.has_valid_coding = False
        self.expects_continue = self.expects_other = False
        self.wants_close = self.wants_keep_alive = self.wants_upgrade = False

    # -- what was sent

    @property
    def method(self) -> str:
        """The method, as sent."""
        return self._method.decode("latin-1")

    @property
    def target(self) -> str:
        """The target, as sent."""
        return self._target.decode("latin-1")

    @property
    def version(self) -> str:
        """The version whose rules hold."""
        return "HTTP/1.1" if self.minor else "HTTP/1.0"

    @property
    def requestline(self) -> str:
        """The request line, as sent, without its end."""
        return self._line.decode("latin-1")

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names as sent, and values, in order."""
        return [
            (self._name(field).decode("latin-1"), self._value(field).decode("latin-1"))
            for field in self._field_list
        ]

    @property
    def raw(self) -> bytes:
        """The lines of the fields, each with its end, without the empty one."""
        end = self.size - (2 if self._octets[-2:-1] == b"\r" else 1)
        return self._octets[self._fields_at : max(end, self._fields_at)]

    def get(self, name: str) -> str | None:
        """Return the first value of a field, its name in any case."""
        if not name.isascii():
            return None
        wanted = name.encode().translate(TO_LOWER)
        for field in self._field_list:
            if self._name(field).translate(TO_LOWER) == wanted:
                return self._value(field).decode("latin-1")
        return None

    @property
    def host(self) -> str | None:
        """The first Host."""
        return self.get("host")

    @property
    def content_length(self) -> str | None:
        """The first Content-Length."""
        return self.get("content-length")

    @property
    def transfer_encoding(self) -> str | None:
        """The first Transfer-Encoding."""
        return self.get("transfer-encoding")

    @property
    def connection(self) -> str | None:
        """All values of Connection."""
        return self._joined(b"connection")

    @property
    def expect(self) -> str | None:
        """All values of Expect."""
        return self._joined(b"expect")

    @property
    def upgrade(self) -> str | None:
        """All values of Upgrade."""
        return self._joined(b"upgrade")

    def _joined(self, name: bytes) -> str | None:
        """Return all values of a field, joined; None if there is none."""
        values = [
            self._value(field)
            for field in self._field_list
            if self._name(field).translate(TO_LOWER) == name
        ]
        return b",".join(values).decode("latin-1") if values else None

    def _name(self, field: Field) -> bytes:
        return self._octets[field.name_at : field.name_end]

    def _value(self, field: Field) -> bytes:
        value = self._octets[field.value_at : field.value_end]
        return unfolded(value) if field.is_folded else value

    # -- for environs

    def fill(self, environ: dict[str, object]) -> None:
        """Add what does not come under HTTP_."""
        environ["REQUEST_METHOD"] = self.method
        environ["PATH_INFO"] = unescaped(self._path).decode("latin-1")
        environ["QUERY_STRING"] = self._query.decode("latin-1")
        if CONTENT_TYPE in self._seen:
            environ["CONTENT_TYPE"] = self.get("content-type")
        if CONTENT_LENGTH in self._seen:
            environ["CONTENT_LENGTH"] = self.get("content-length")
        environ["SERVER_PROTOCOL"] = self.version

    def fill_fields(self, environ: dict[str, object]) -> None:
        """Add the fields under HTTP_, in the order in which they were sent."""
        values: dict[str, list[bytes]] = {}
        for field in self._field_list:
            key, kind, has_underscore = known_name(self._name(field))
            if kind in _NOT_IN_ENVIRON:
                continue
            if has_underscore and not self._keeps_underscores:
                continue
            values.setdefault(key, []).append(self._value(field))
        if self._authority is not None:
            values["HTTP_HOST"] = [self._authority]
        elif "HTTP_HOST" in values:
            del values["HTTP_HOST"][1:]
        for key, parts in values.items():
            joint = b"; " if key == "HTTP_COOKIE" else b","
            environ[key] = joint.join(parts).decode("latin-1")

    # -- while it is parsed

    def _note(self, kind: int, value: bytes) -> None:
        """Take the facts out of the value of a field."""
        if kind in _SINGLES and kind in self._seen:
            self.repeats_single = True
        self._seen.add(kind)
        if kind == HOST:
            self._note_host(value)
        elif kind == CONTENT_LENGTH:
            self.n_content_length += 1
            self.has_valid_length = DIGITS.fullmatch(value) is not None
            self.length = number_of(value) if self.has_valid_length else 0
        elif kind == TRANSFER_ENCODING:
            self._note_coding(value)
        elif kind == CONNECTION:
            self._note_options(value)
        elif kind == EXPECT:
            if value.translate(TO_LOWER) == b"100-continue":
                self.expects_continue = True
            else:
                self.expects_other = True

    def _note_host(self, value: bytes) -> None:
        self.n_host += 1
        if self.n_host == 1:
            self.has_valid_host = host_size(value) >= 0

    def _note_coding(self, value: bytes) -> None:
        """Codings are tokens; chunked can be there once, and last."""
        self.n_transfer_encoding += 1
        codings = [each.translate(TO_LOWER) for each in members_of(value)]
        self.has_valid_coding = b"chunked" not in codings[:-1] and all(
            TOKEN.fullmatch(each) for each in codings
        )
        self.is_chunked = codings == [b"chunked"]

    def _note_options(self, value: bytes) -> None:
        for member in members_of(value):
            option = member.translate(TO_LOWER)
            self.wants_close |= option == b"close"
            self.wants_keep_alive |= option == b"keep-alive"
            self.wants_upgrade |= option == b"upgrade"

    def _note_target(self) -> None:
        """Tell the forms of targets apart, and find the parts."""
        rest = self._target
        scheme = SCHEME.match(rest)
        self.is_origin = rest[:1] == b"/"
        self.is_absolute = scheme is not None
        self.is_asterisk = rest == b"*"
        if scheme is not None:
            rest = self._note_authority(rest[scheme.end() :])
        elif not self.is_origin:
            self.is_tunnel = is_host_and_port(rest)
            self._path = rest
            return
        mark = rest.find(b"?")
        self._path = (rest if mark < 0 else rest[:mark]) or b"/"
        self._query = b"" if mark < 0 else rest[mark + 1 :]
        self.has_nul = b"%00" in self._path

    def _note_authority(self, rest: bytes) -> bytes:
        """Take the authority off what is behind the scheme; return what follows."""
        ends = [at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0]
        end = min(ends, default=len(rest))
        self._authority = rest[:end]
        self.has_valid_authority = host_size(self._authority) > 0
        return rest[end:]


class HeadParser:
    """Parses the heads that come on one connection."""

    __slots__ = (
        "_bare_lf",
        "_head",
        "_last",
        "_line_at",
        "_most_fields",
        "_most_head",
        "_most_line",
        "_n_empty",
        "_obs_fold",
        "_refusal",
        "_searched",
        "_seen_line",
        "_target",
        "_underscores",
        "started",
    )

    def __init__(
        self,
        request_line: int = 8192,
        head: int = 65536,
        fields: int = 100,
        relax: frozenset[str] = frozenset(),
    ) -> None:
        self._most_line = request_line
        self._most_head = head
        self._most_fields = fields
        self._bare_lf = "bare_lf" in relax
        self._obs_fold = "obs_fold" in relax
        self._underscores = "underscores" in relax
        self._target = LOOSE_TARGET if "target_octets" in relax else TARGET
        self.reset()

    def reset(self) -> None:
        """Begin anew, with a head at the beginning of the buffer."""
        self._begin()
        self._last: Head | None = None

    def _begin(self) -> None:
        self._line_at = self._searched = self._n_empty = 0
        self._head: Head | None = None
        self._refusal: tuple[int, str, int] | None = None
        self._seen_line = b""
        self.started = False

    @property
    def requestline(self) -> str:
        """The request line of the last head, or what is known of the refused one."""
        if self._last is not None:
            return self._last.requestline
        return self._seen_line.decode("latin-1")

    def feed(self, buffer: bytearray) -> Head | None:
        """Go on where the last call stopped; return the head once it is whole."""
        if self._refusal is not None:
            raise HeadError(*self._refusal)
        self._last = None
        while self._line_at < len(buffer):
            line = self._next_line(buffer)
            if line is None:
                return None
            head = self._take(buffer, line)
            if head is not None:
                return head
        return None

    def _next_line(self, buffer: bytearray) -> bytes | None:
        """Return the line that begins at the place, if it is whole and not too long."""
        status, most = 431, self._most_head
        if self._head is None:
            if self._line_at + self._most_line <= most:
                status, most = 414, self._line_at + self._most_line
            self._check_first(buffer, most)
        at = buffer.find(b"\n", self._searched, most)
        if at >= 0:
            self._searched = at + 1
            return self._without_end(buffer, at)
        self._searched = min(len(buffer), most)
        if len(buffer) >= most:
            self._refuse(buffer, status, "too long", self._line_at)
        return None

    def _check_first(self, buffer: bytearray, most: int) -> None:
        """See at once whether it is HTTP: the first octet of the line says it.

        What is beyond *most* may be there, but whether it is must not count.
        """
        at = self._line_at
        if buffer[at] in FIRST:
            self.started = True
        elif buffer[at] == CR:
            if min(len(buffer), most) > at + 1 and buffer[at + 1] != LF:
                self._refuse(buffer, 400, "bare CR", at)
        elif buffer[at] != LF:
            self.started = True
            self._refuse(buffer, 400, "no method", at)

    def _without_end(self, buffer: bytearray, at: int) -> bytes:
        if at > self._line_at and buffer[at - 1] == CR:
            return bytes(buffer[self._line_at : at - 1])
        if not self._bare_lf:
            self._refuse(buffer, 400, "bare LF", at)
        return bytes(buffer[self._line_at : at])

    def _take(self, buffer: bytearray, line: bytes) -> Head | None:
        """Judge a whole line; return the head if it was the last one."""
        head = self._head
        if line and head is None:
            self._take_request_line(buffer, line)
        elif line and head is not None:
            self._take_field_line(buffer, head, line)
        elif head is None:
            self._n_empty += 1
            if self._n_empty > MOST_EMPTY_LINES:
                self._refuse(buffer, 400, "too many empty lines", self._line_at)
        else:
            return self._end(buffer, head)
        self._line_at = self._searched
        return None

    def _end(self, buffer: bytearray, head: Head) -> Head:
        head.size = self._searched
        head._octets = bytes(buffer[: head.size])
        self._begin()
        self._last = head
        return head

    def _take_request_line(self, buffer: bytearray, line: bytes) -> None:
        found = METHOD.match(line)
        end = found.end() if found is not None else 0
        if line[end : end + 1] != b" ":
            self._refuse(buffer, 400, "no method", self._line_at + end)
        at = end + 1
        target_end = self._target.match(line, at).end()  # type: ignore[union-attr]
        if target_end == at or line[target_end : target_end + 1] != b" ":
            self._refuse(buffer, 400, "no target", self._line_at + target_end)
        version_at = target_end + 1
        version = line[version_at:]
        if not VERSION.fullmatch(version) or version[5:6] == b"0":
            self._refuse(buffer, 400, "no version of HTTP", self._line_at + version_at)
        if version[5:6] != b"1":
            place = self._line_at + version_at
            self._refuse(buffer, 505, "another version of HTTP", place)
        head = Head()
        head._line = line
        head._method = line[:end]
        head._target = line[at:target_end]
        head._fields_at = self._searched
        head._keeps_underscores = self._underscores
        head.minor = 0 if version[7:] == b"0" else 1
        head.is_connect = head._method == b"CONNECT"
        head.is_head = head._method == b"HEAD"
        head.is_options = head._method == b"OPTIONS"
        head._note_target()
        self._head = head

    def _take_field_line(self, buffer: bytearray, head: Head, line: bytes) -> None:
        if line[0] in BLANKS:
            self._take_fold(buffer, head, line)
            return
        if head.n_fields == self._most_fields:
            self._refuse(buffer, 431, "too many fields", self._line_at)
        found = TOKEN.match(line)
        end = found.end() if found is not None else 0
        if end == 0 or line[end : end + 1] != b":":
            self._refuse(buffer, 400, "no name of a field", self._line_at + end)
        at, value_end = self._value_of(buffer, line, end + 1)
        _, kind, _ = known_name(line[:end])
        head._note(kind, line[at:value_end])
        here = self._line_at
        head._field_list.append(
            Field(kind, here, here + end, here + at, here + value_end)
        )
        head.n_fields += 1

    def _take_fold(self, buffer: bytearray, head: Head, line: bytes) -> None:
        """Let the value of the last field go on, if that is allowed."""
        if not self._obs_fold or head.n_fields == 0:
            self._refuse(buffer, 400, "folded line", self._line_at)
        at, end = self._value_of(buffer, line, 0)
        field = head._field_list[-1]
        if field.kind >= HOST:
            self._refuse(buffer, 400, "folded line", self._line_at)
        if end > at:
            field.value_end = self._line_at + end
            field.is_folded = True

    def _value_of(self, buffer: bytearray, line: bytes, at: int) -> tuple[int, int]:
        """Return the place of a value in its line, without white space around it."""
        end = VALUE.match(line, at).end()  # type: ignore[union-attr]  # matches ""
        if end != len(line):
            self._refuse(buffer, 400, "control character", self._line_at + end)
        at = OWS.match(line, at).end()  # type: ignore[union-attr]  # matches ""
        while end > at and line[end - 1] in BLANKS:
            end -= 1
        return at, end

    def _refuse(
        self, buffer: bytearray, status: int, reason: str, offset: int
    ) -> NoReturn:
        self._refusal = (status, reason, offset)
        if self._head is not None:
            self._seen_line = self._head._line
        else:
            self._seen_line = _line_so_far(buffer, self._line_at, self._most_line)
        raise HeadError(status, reason, offset)


def head_of(
    method: bytes, target: bytes, fields: Iterable[tuple[bytes, bytes]]
) -> Head:
    """Return the head that these parts make, judged as if they had come in 1.1."""
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    for name, value in fields:
        if b":" in name:
            raise HeadError(400, "no name of a field")
        lines.append(b"%b:%b" % (name, value))
    if any(b"\n" in line for line in lines):
        raise HeadError(400, "control character")
    octets = bytearray(b"\r\n".join([*lines, b"", b""]))
    size = len(octets)
    head = HeadParser(size, size, len(lines)).feed(octets)
    assert head is not None, "there is an empty line at the end"
    return head


def _line_so_far(buffer: bytearray, at: int, most: int) -> bytes:
    """Return what is there of a line, without its end."""
    end = min(len(buffer), at + most)
    line_end = buffer.find(b"\n", at, end)
    if line_end >= 0:
        end = line_end
    if end > at and buffer[end - 1] == CR:
        end -= 1
    return bytes(buffer[at:end])
