"""Raw HTTP/1 requests and what the server makes of each: RFC 9110, 9112, advisories.

A table for the tests of the parser, of bodies and of the server. A path ``/EVIL`` marks
a request that must never reach the application. The application that the answers are
about reads its whole body, unless its path is in ``UNREAD``, and says what it saw:
:class:`Answer`. Where an RFC leaves the choice, ``statuses`` is the project's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ("CASES", "UNREAD", "Answer", "RawCase")

# What any server must do: refuse with 400..431, 501 or 505, and close, the application
# not called; answer one request; answer two of them; or more than one thing is right.
Expected: TypeAlias = Literal["4xx", "ok", "ok2", "either"]

# Paths whose body the application does not read.
UNREAD = ("/noread", "/ws")


@dataclass(frozen=True)
class Answer:
    """What the application saw of one request.

    Attributes:
        app: PATH_INFO.
        body: How many octets its body had; 0 where it did not read it.
        host: HTTP_HOST.
        has_proxy: Whether there was an HTTP_PROXY.
    """

    app: str = "/"
    method: str = "GET"
    body: int = 0
    host: str | None = "a"
    has_proxy: bool = False


@dataclass(frozen=True)
class RawCase:
    """One connection: what is sent, and what comes of it.

    Attributes:
        expected: What every server must do.
        statuses: Of the responses that this project gives, in order, without any 100.
        answers: What the application saw, for each of its calls.
        refused_by: The part of the first request that says so: its ``"head"``, its
            ``"body"``; ``""`` if that request is answered by the application.
    """

    id: str
    raw: bytes
    expected: Expected
    statuses: tuple[int, ...]
    answers: tuple[Answer, ...]
    refused_by: Literal["head", "body", ""]
    note: str

    def __str__(self) -> str:
        """Return the name for reports of tests."""
        return self.id


EVIL = b"GET /EVIL HTTP/1.1\r\nHost: a\r\n\r\n"  # 31 octets
SECOND = b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
HELLO = b"5\r\nhello\r\n"
END = b"0\r\n\r\n"

POSTED = Answer("/p", "POST", 5)
ANSWER_2 = Answer("/2")


def _request(line: bytes, *fields: bytes, host: bytes = b"Host: a\r\n") -> bytes:
    return line + b"\r\n" + host + b"".join(each + b"\r\n" for each in fields) + b"\r\n"


def _get(*fields: bytes, path: bytes = b"/") -> bytes:
    return _request(b"GET " + path + b" HTTP/1.1", *fields)


def _post(*fields: bytes, path: bytes = b"/p", method: bytes = b"POST") -> bytes:
    return _request(method + b" " + path + b" HTTP/1.1", *fields)


def _length(value: bytes) -> bytes:
    return _post(b"Content-Length: " + value) + b"hello"


def _coded(value: bytes) -> bytes:
    return _post(b"Transfer-Encoding: " + value) + HELLO + END


def _chunked(body: bytes, path: bytes = b"/p") -> bytes:
    return _post(CHUNKED, path=path) + body


def _size(line: bytes) -> bytes:
    return _chunked(line + b"\r\nhello\r\n" + END)


def _bad_head(id: str, status: int, raw: bytes, note: str) -> RawCase:
    return RawCase(id, raw, "4xx", (status,), (), "head", note)


def _bad_body(id: str, status: int, raw: bytes, note: str) -> RawCase:
    return RawCase(id, raw, "4xx", (status,), (), "body", note)


def _choice(
    id: str,
    status: int,
    raw: bytes,
    note: str,
    refused_by: Literal["head", "body"] = "head",
) -> RawCase:
    return RawCase(id, raw, "either", (status,), (), refused_by, note)


def _ok(id: str, raw: bytes, note: str, answer: Answer | None = None) -> RawCase:
    return RawCase(id, raw, "ok", (200,), (answer or Answer(),), "", note)


def _two(id: str, raw: bytes, note: str, *answers: Answer) -> RawCase:
    return RawCase(id, raw, "ok2", (200, 200), answers, "", note)


REQUEST_LINES = (
    _bad_head("R01", 400, _request(b"GET HTTP/1.1"), "no target"),
    _bad_head("R02", 400, _request(b"GET  / HTTP/1.1"), "two spaces before the target"),
    _bad_head("R03", 400, _request(b"GET\t/\tHTTP/1.1"), "tabs between the words"),
    _bad_head("R05", 400, _request(b"GET / HTTP/1.1 "), "a space at the end"),
    _bad_head("R06", 400, _request(b"GET / HTTP/1.1 x"), "a fourth word"),
    _bad_head("R07", 400, _request(b"GET / FTP/1.1"), "another protocol"),
    _bad_head("R09", 400, _request(b"GET / HTTP/1.10"), "a minor of two digits"),
    _bad_head("R10", 400, _request(b"GET / HTTP/1"), "no minor version"),
    _bad_head("R11", 400, _request(b"GET / http/1.1"), "the protocol in small letters"),
    _bad_head("R13", 400, _request(b"GET /\rX HTTP/1.1"), "a bare CR"),
    _bad_head("R14", 400, _request(b"G\x00T / HTTP/1.1"), "NUL in the method"),
    _bad_head("R15", 400, _request(b"G(T / HTTP/1.1"), "a method that is no token"),
    _bad_head("R17", 400, _request(b"GET * HTTP/1.1"), "* is for OPTIONS only"),
    _ok(
        "R18",
        _request(b"OPTIONS * HTTP/1.1"),
        "the asterisk-form",
        Answer("*", "OPTIONS"),
    ),
    _bad_head("R19", 400, _request(b"GET a:80 HTTP/1.1"), "a:80 is for CONNECT only"),
    _bad_head("R21", 400, _get(path=b"/\xff"), "a bare octet above 0x7f in the target"),
    _bad_head("R22", 400, _get(path=b"/x#f"), "a fragment in the target"),
    _bad_head("R23", 414, _get(path=b"/" + b"a" * 70000), "a target of 70 kB"),
    _bad_head("R25", 400, b"GET /\r\n", "a simple request of HTTP/0.9"),
    _ok("R26", b"\r\n" + _get(), "one empty line before a request is ignored"),
    _bad_head(
        "R27",
        400,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"A" * 60 + b"\r\n\r\n",
        "the hello of TLS on a plain port",
    ),
    _ok(
        "R29",
        _request(b"GET http://b/x HTTP/1.1"),
        "the authority of an absolute-form wins over Host",
        Answer("/x", host="b"),
    ),
    _bad_head("R30", 400, _request(b"GET / HTTP/1.-1"), "a version with a sign"),
    _bad_head("R31", 400, _request(b"GET / HTTP/0.9"), "0.9 by name"),
    _bad_head(
        "R34", 400, _request(b"GET / HTTP/1.1\x0c"), "a form feed, which strip() takes"
    ),
    _bad_head("R37", 400, b"\r\n" * 100000 + _get(), "200 kB of empty lines"),
    _choice("R38", 400, b"\n" + _get(), "an empty line that is a bare LF"),
    _choice(
        "R40",
        501,
        _request(b"CONNECT a:80 HTTP/1.1", host=b"Host: a:80\r\n") + EVIL,
        "what follows CONNECT is for the tunnel, never a request",
    ),
    _ok(
        "R43",
        _request(b"GET http://b HTTP/1.1", host=b"Host: b\r\n"),
        "an absolute-form without a path",
        Answer(host="b"),
    ),
    _ok(
        "R46",
        _get(path=b"/x?q=a|b^c{d}\\e`f"),
        "what browsers leave as it is in a query",
        Answer("/x"),
    ),
    _ok(
        "R48",
        _get(path=b"/" + b"a" * 7900),
        "a line of 8,000 octets, which all should take (RFC 9112 3)",
        Answer("/" + "a" * 7900),
    ),
    _bad_head(
        "R52",
        400,
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + _get(),
        "a PROXY line from whom none is expected",
    ),
)

HOSTS = (
    _bad_head("H01", 400, _request(b"GET / HTTP/1.1", host=b""), "1.1 without Host"),
    _bad_head("H02", 400, _get(b"Host: b"), "two hosts"),
    _bad_head(
        "H03",
        400,
        _request(b"GET / HTTP/1.1", host=b"Host: a/EVIL\r\n"),
        "a slash in Host",
    ),
    _ok(
        "H05",
        _request(b"GET / HTTP/1.0", host=b""),
        "1.0 needs no Host",
        Answer(host=None),
    ),
    _bad_head(
        "H06",
        400,
        _request(b"GET / HTTP/1.1", host=b"Host: a b\r\n"),
        "a space in Host",
    ),
    _ok(
        "H07",
        _request(b"GET / HTTP/1.1", host=b"Host:\r\n"),
        "an empty Host is one by the grammar",
        Answer(host=""),
    ),
    _bad_head("H08", 400, _get(b"hOST: a"), "the same host twice"),
    _bad_head(
        "H10",
        400,
        _request(b"GET / HTTP/1.1", host=b"Host: a:8_0\r\n"),
        "a port that is no number",
    ),
    _ok(
        "H11",
        _request(b"GET / HTTP/1.1", host=b"Host: [::1]:8080\r\n"),
        "an IPv6 address and a port",
        Answer(host="[::1]:8080"),
    ),
    _bad_head(
        "H14",
        400,
        _request(b"GET http://a/ HTTP/1.1", host=b""),
        "no Host, though the target names one",
    ),
)

FIELDS = (
    _choice("F02", 400, _get(b"X: y", b" z"), "a folded line"),
    _bad_head("F03", 400, b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "a fold of nothing"),
    _bad_head("F04", 400, _get(b"NoColonHere"), "no colon"),
    _bad_head("F06", 400, _get(b"X\x00Y: y"), "NUL in a name"),
    _bad_head("F07", 400, _get(b"X: a\x00b"), "NUL in a value"),
    _bad_head("F08", 400, _get(b"X: a\rEvil: b"), "a bare CR in a value"),
    _bad_head("F10", 400, _get(b"X(Y: y"), "a name that is no token"),
    _ok("F11", _get(b"X: \xe9"), "octets above 0x7f pass in values"),
    _bad_head("F12", 400, _get(b"X\xc3\xbf: y"), "a name that is not ASCII"),
    _bad_head("F14", 431, _get(b"X: " + b"a" * 100000), "a field of 100 kB"),
    _bad_head("F15", 431, _get(*(b"X%d: y" % n for n in range(2000))), "2,000 fields"),
    _choice("F16", 400, b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "one bare LF"),
    _ok("F18", _get(b"Proxy: http://evil"), "must not become HTTP_PROXY (httpoxy)"),
    _choice(
        "F19",
        400,
        _get(b"Content-Type: a/b", b"Content-Type: c/d"),
        "two of which there can be one",
    ),
    _bad_head("F20", 400, _get(b"X\x85: y"), "NEL in a name, which strip() takes"),
    _bad_head(
        "F21",
        400,
        _get(b"X: a\x0bTransfer-Encoding: chunked"),
        "a vertical tab, where splitlines() cuts (CVE-2026-44546)",
    ),
    _ok("F22", _get(b"X: a\x85Transfer-Encoding: chunked"), "NEL ends no line"),
    _bad_head(
        "F23",
        400,
        b"GET / HTTP/1.1\r\nHost: a\r\n\n" + EVIL,
        "a head that ends with a bare LF, and a request behind it",
    ),
    _ok("F26", _get(*(b"X-%d: y" % n for n in range(90))), "91 fields"),
    _ok("F27", _get(b"Cookie: " + b"a" * 16000), "16 kB, as tickets of Kerberos are"),
)

LENGTHS = (
    _bad_head("L02", 400, _length(b"+5"), "a sign"),
    _bad_head("L03", 400, _length(b"5_0"), "an underscore, which int() takes"),
    _bad_head("L04", 400, _length(b"0x5"), "hexadecimal"),
    _bad_head("L06", 400, _length(b"5, 5"), "a list of equal ones"),
    _bad_head("L07", 400, _length(b"5,6"), "a list"),
    _bad_head("L08", 400, _length(b""), "nothing"),
    _bad_head("L10", 400, _length(b"5;"), "a parameter"),
    _bad_head("L11", 400, _length(b"\xb2"), "a digit to isdigit()"),
    _bad_head("L12", 400, _length(b"1e3"), "an exponent"),
    _bad_head("L14", 400, _length(b"5.0"), "a fraction"),
    _bad_head("L15", 400, _length(b"\x0b5"), "a vertical tab, which int() takes"),
    _bad_head(
        "L16",
        400,
        _post(b"Content-Length: 5", b"Content-Length: 5") + b"hello",
        "the same length twice",
    ),
    _ok("L18", _length(b"00005"), "zeros in front make nothing octal", POSTED),
    _ok(
        "L19",
        _get(b"Content-Length: 31", path=b"/noread") + EVIL,
        "an unread body is never a request",
        Answer("/noread"),
    ),
    _ok(
        "L20",
        _request(b"POST /p HTTP/1.0", b"Content-Length: 5") + b"hello",
        "a body in 1.0",
        POSTED,
    ),
    _ok(
        "L22",
        _post(b"Content-Length:\t5 \t") + b"hello",
        "white space around a length",
        POSTED,
    ),
    _bad_head("L23", 400, _length(b"18446744073709551621"), "2**64 + 5"),
    _bad_head("L24", 413, _length(b"1099511627781"), "a TiB, known in time"),
    _two(
        "L30",
        _post(b"Content-Length: 5") + b"hello\r\n" + SECOND,
        "a CRLF too many behind a body, as old clients send it",
        POSTED,
        ANSWER_2,
    ),
)

CODINGS = (
    _bad_head(
        "T02",
        400,
        _post(CHUNKED, b"Content-Length: 36") + END + EVIL,
        "two framings",
    ),
    _bad_head("T03", 400, _post(CHUNKED, CHUNKED) + HELLO + END, "chunked, two fields"),
    _bad_head("T04", 400, _coded(b"chunked, chunked"), "chunked twice"),
    _bad_head("T06", 501, _coded(b"gzip, chunked"), "a coding that we do not have"),
    _bad_head(
        "T07",
        400,
        _post(b"Transfer-Encoding: identity", b"Content-Length: 5") + b"hello",
        "identity, of old, and a length",
    ),
    _bad_head("T08", 501, _coded(b"xchunked"), "a coding that nobody has"),
    _bad_head("T10", 400, _coded(b"\x0bchunked"), "a vertical tab"),
    _ok("T11", _coded(b"CHUNKED"), "codings in capitals", POSTED),
    _bad_head(
        "T12",
        400,
        _request(b"POST /p HTTP/1.0", CHUNKED) + HELLO + END,
        "1.0 has no codings",
    ),
    _bad_head("T14", 400, _coded(b'"chunked"'), "a quoted coding"),
    _bad_head("T15", 400, _coded(b"\r\n chunked"), "a folded coding"),
    _bad_head("T16", 400, _coded(b""), "an empty coding"),
    _ok(
        "T18",
        _post(b"Transfer_Encoding: chunked", b"Content-Length: 5") + b"hello",
        "another field, with an underscore",
        POSTED,
    ),
    _bad_head("T19", 400, _coded(b"chunked\x00"), "NUL behind the coding"),
    _bad_head(
        "T20",
        400,
        _post(b"Content-Length: 5", b"Transfer-Encoding : chunked") + END + EVIL,
        "a space before the colon (CVE-2026-134820)",
    ),
    _bad_head(
        "T22",
        400,
        _coded(b"chun\xe2\x84\xaaed"),
        "KELVIN SIGN, of which lower() makes k (CVE-2025-69224)",
    ),
    _ok(
        "T28",
        _chunked(b"1F\r\n" + EVIL + b"\r\n" + END, b"/noread"),
        "an unread chunked body is never a request",
        Answer("/noread", "POST"),
    ),
)

CHUNKS = (
    _bad_body("C01", 400, _size(b"0x5"), "a prefix"),
    _bad_body("C03", 400, _size(b"-5"), "a sign"),
    _bad_body("C04", 400, _size(b"5_"), "an underscore"),
    _bad_body("C05", 400, _size(b""), "no size"),
    _bad_body("C07", 400, _size(b"5 "), "a space behind the size"),
    _bad_body("C08", 400, _size(b"G"), "no digit"),
    _bad_body("C09", 400, _size(b"F" * 20), "more than 64 bits"),
    _bad_body("C11", 400, _size(b"\xd9\xa5"), "an Arabic digit, which int() takes"),
    _bad_body("C12", 400, _size(b"0_5"), "an underscore between digits"),
    _bad_body("C13", 400, _chunked(b"5\nhello\r\n" + END), "a bare LF behind the size"),
    _bad_body("C15", 400, _chunked(b"5\r\nhelloXX" + END), "no CRLF behind the data"),
    _bad_body(
        "C16", 400, _chunked(b"5\r\nhello!\r\n" + END), "more data than the size says"
    ),
    _bad_body("C17", 400, _size(b"0" * 200000 + b"5"), "200,000 zeros"),
    _bad_body(
        "C19",
        400,
        _chunked(HELLO + b"0\r\n" + EVIL),
        "a request as trailers (CVE-2023-41419)",
    ),
    _choice(
        "C20",
        400,
        _chunked(HELLO + b"0\r\nContent-Length: 9\r\n\r\n"),
        "a trailer that would frame",
        "body",
    ),
    _bad_body(
        "C21",
        400,
        _chunked(HELLO + b"0\r\nX: " + b"a" * 200000 + b"\r\n\r\n"),
        "a trailer of 200 kB",
    ),
    _ok("C23", _size(b"5;a=b"), "an extension", POSTED),
    _ok(
        "C24",
        _chunked(b"A\r\n0123456789\r\n000\r\n\r\n"),
        "a digit in capitals, and zeros in front of the last size",
        Answer("/p", "POST", 10),
    ),
    _ok(
        "C25",
        _chunked(HELLO + b"0\r\nX-T: y\r\n\r\n"),
        "a trailer, which the application does not see",
        POSTED,
    ),
    _bad_body(
        "C27",
        400,
        _chunked(HELLO + b"0\r\nX : y\r\n\r\n"),
        "a space before the colon of a trailer",
    ),
    _bad_body(
        "C28",
        400,
        _chunked(b"0\r\nXX" + EVIL),
        "two other octets where the last CRLF should be",
    ),
    RawCase(
        "C29",
        _chunked(b"ZZ\r\n" + EVIL, b"/noread"),
        "either",
        (200,),
        (Answer("/noread", "POST"),),
        "",
        "a bad chunk that nobody reads: an answer, and the end",
    ),
    _bad_body("C31", 400, _size(b"5;"), "a semicolon, and no extension"),
    _choice("C33", 400, _size(b"5 ; a = b"), "spaces in an extension", "body"),
    _bad_body("C37", 400, _chunked(b"5\r\nhello\n" + END), "a bare LF behind the data"),
    _bad_body(
        "C39",
        400,
        _chunked(HELLO + b"0\r\n\n" + EVIL),
        "a body that ends with a bare LF",
    ),
    _bad_body(
        "C44",
        400,
        _chunked(HELLO + b"0\r\n" + b"X: y\r\n" * 5000 + b"\r\n"),
        "5,000 trailers (CVE-2026-22815)",
    ),
    _bad_body(
        "C47", 413, _size(b"7FFFFFFFFFFFFFFF"), "a size above the limit of bodies"
    ),
    _bad_body(
        "C52",
        400,
        _chunked((b"1;" + b"a" * 100 + b"\r\nx\r\n") * 5000 + END),
        "500 kB of extensions around 5 kB of data (CVE-2023-39326)",
    ),
)

EXPECTATIONS = (
    _ok(
        "E01",
        _post(b"Expect: 100-continue", b"Content-Length: 31", path=b"/noread") + EVIL,
        "a body that is expected, and nobody reads",
        Answer("/noread", "POST"),
    ),
    _ok(
        "E02",
        _request(b"POST /p HTTP/1.0", b"Expect: 100-continue", b"Content-Length: 5")
        + b"hello",
        "no 100 to a client of 1.0",
        POSTED,
    ),
    _choice("E03", 417, _get(b"Expect: bananas"), "an unknown expectation"),
    _ok(
        "E06",
        _post(b"Expect: 100-continue", CHUNKED, path=b"/noread")
        + b"1F\r\n"
        + EVIL
        + b"\r\n"
        + END,
        "the same with chunks (with a length: CVE-2025-55702)",
        Answer("/noread", "POST"),
    ),
    _two(
        "E09",
        _post(b"Expect: 100-continue", b"Content-Length: 5") + b"hello" + SECOND,
        "the body and the next request, sent without waiting",
        POSTED,
        ANSWER_2,
    ),
)

CONNECTIONS = (
    _two(
        "U01",
        _post(
            b"Connection: Upgrade, HTTP2-Settings",
            b"Upgrade: h2c",
            b"HTTP2-Settings: AA",
            b"Content-Length: 5",
        )
        + b"hello"
        + SECOND,
        "an upgrade that is ignored changes no framing",
        POSTED,
        ANSWER_2,
    ),
    _ok("U02", _get(b"Connection: close") + EVIL, "nothing is read behind close"),
    _two(
        "U03",
        _get(path=b"/1") + SECOND,
        "two at once",
        Answer("/1"),
        ANSWER_2,
    ),
    _two(
        "U05",
        _chunked(HELLO + END) + SECOND,
        "a request behind a chunked one",
        POSTED,
        ANSWER_2,
    ),
    _ok(
        "U06",
        _get(
            b"Connection: Upgrade",
            b"Upgrade: websocket",
            b"Content-Length: 31",
            path=b"/ws",
        )
        + EVIL,
        "an upgrade that is refused: its body stays a body",
        Answer("/ws"),
    ),
    _ok("U07", _get(b"Connection: x, CLOSE") + EVIL, "close in a list, in capitals"),
    _ok(
        "U13",
        _post(
            b"Connection: Upgrade",
            b"Upgrade: websocket",
            CHUNKED,
            path=b"/ws",
            method=b"GET",
        )
        + b"1F\r\n"
        + EVIL
        + b"\r\n"
        + END,
        "the same with chunks (CVE-2026-69243, CVE-2026-58055)",
        Answer("/ws"),
    ),
    RawCase(
        "U14",
        _get(path=b"/1") + _request(b"GET /EVIL HTTP/1.1", host=b""),
        "either",
        (200, 400),
        (Answer("/1"),),
        "",
        "the second one has no Host: each is checked, not the first only",
    ),
)

CASES: tuple[RawCase, ...] = (
    *REQUEST_LINES,
    *HOSTS,
    *FIELDS,
    *LENGTHS,
    *CODINGS,
    *CHUNKS,
    *EXPECTATIONS,
    *CONNECTIONS,
)
