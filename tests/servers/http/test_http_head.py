"""Heads of requests: what the grammar takes, and what is found in it; in both forms."""

from __future__ import annotations

import pytest

from tests.servers.http.head_forms import Form, each_form

pytestmark = each_form

TCHARS = frozenset(
    b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
BEFORE = b"GET / HTTP/1.1\r\nHost: a\r\n"


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> None:
    """Nothing here comes near the hub."""


def with_field(line: bytes) -> bytes:
    return BEFORE + line + b"\r\n\r\n"


def takes(form: Form, raw: bytes, relax: tuple[str, ...]) -> bool:
    try:
        return form.parse(raw, relax) is not None
    except form.heads.HeadError as error:
        return error.status != 400


def taken(form: Form, raws: dict[int, bytes], relax: tuple[str, ...] = ()) -> set[int]:
    """Return for which octets the grammar takes the head."""
    return {octet for octet, raw in raws.items() if takes(form, raw, relax)}


# -- lines


def test_a_head_that_is_not_whole_is_none(form: Form) -> None:
    assert form.parse(b"GET / HTTP/1.1\r\nHost: a\r\n") is None


def test_nothing_is_not_the_beginning_of_a_head(form: Form) -> None:
    parser = form.heads.HeadParser()
    assert parser.feed(bytearray()) is None
    assert not parser.started


def test_the_first_octet_begins_a_head(form: Form) -> None:
    parser = form.heads.HeadParser()
    assert parser.feed(bytearray(b"G")) is None
    assert parser.started


def test_empty_lines_are_no_beginning(form: Form) -> None:
    parser = form.heads.HeadParser()
    assert parser.feed(bytearray(b"\r\n\r")) is None
    assert not parser.started


def test_four_empty_lines_are_skipped_and_counted(form: Form) -> None:
    raw = b"\r\n" * 4 + with_field(b"X: y")
    head = form.parse(raw)
    assert head.size == len(raw)
    assert head.requestline == "GET / HTTP/1.1"
    assert head.raw == b"Host: a\r\nX: y\r\n"


def test_five_empty_lines_are_too_many(form: Form) -> None:
    assert form.status(b"\r\n" * 5) == 400


@pytest.mark.parametrize("first", [b"\x16", b" ", b"\t", b"\x00", b"\x80", b":", b"("])
def test_a_wrong_first_octet_is_refused_at_once(form: Form, first: bytes) -> None:
    assert form.status(first) == 400


def test_a_bare_cr_is_refused_once_the_next_octet_is_there(form: Form) -> None:
    parser = form.heads.HeadParser()
    assert parser.feed(bytearray(b"\r")) is None
    with pytest.raises(form.heads.HeadError):
        parser.feed(bytearray(b"\rG"))


def test_a_bare_lf_is_taken_where_it_is_relaxed(form: Form) -> None:
    head = form.parse(b"\nGET / HTTP/1.1\nHost: a\r\nX: y\n\n", ("bare_lf",))
    assert head.fields == [("Host", "a"), ("X", "y")]
    assert head.raw == b"Host: a\r\nX: y\n"


def test_a_second_head_begins_behind_the_first(form: Form) -> None:
    parser = form.heads.HeadParser()
    buffer = bytearray(b"GET /1 HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n")
    head = parser.feed(buffer)
    assert head.target == "/1"
    assert not parser.started
    del buffer[: head.size]
    assert parser.feed(buffer).target == "/2"


def test_a_head_keeps_its_octets(form: Form) -> None:
    buffer = bytearray(with_field(b"X: y"))
    head = form.heads.HeadParser().feed(buffer)
    buffer[:] = b"z" * len(buffer)
    assert head.get("x") == "y"


def test_a_refused_head_stays_refused(form: Form) -> None:
    parser = form.heads.HeadParser()
    with pytest.raises(form.heads.HeadError):
        parser.feed(bytearray(b"G\x00 / HTTP/1.1\r\n"))
    with pytest.raises(form.heads.HeadError) as caught:
        parser.feed(bytearray(b"GET / HTTP/1.1\r\n"))
    assert (caught.value.status, caught.value.offset) == (400, 1)


def test_reset_begins_anew(form: Form) -> None:
    parser = form.heads.HeadParser()
    with pytest.raises(form.heads.HeadError):
        parser.feed(bytearray(b"\x16"))
    parser.reset()
    assert not parser.started
    assert parser.requestline == ""
    assert parser.feed(bytearray(b"GET / HTTP/1.0\r\n\r\n")) is not None


def test_the_request_line_of_the_last_head_is_known(form: Form) -> None:
    parser = form.heads.HeadParser()
    parser.feed(bytearray(b"GET /\x7e HTTP/1.2\r\n\r\n"))
    assert parser.requestline == "GET /~ HTTP/1.2"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\xe9 HTTP/1.1"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET / HTTP/1.1"),
        (b"\r\n\x16\x03", "\x16\x03"),
        (b"GET " + b"a" * 9000, "GET " + "a" * 8188),
    ],
)
def test_what_is_known_of_a_refused_request_line_is_for_the_log(
    form: Form, raw: bytes, line: str
) -> None:
    parser = form.heads.HeadParser()
    with pytest.raises(form.heads.HeadError):
        parser.feed(bytearray(raw))
    assert parser.requestline == line


def test_an_error_says_status_reason_and_octet(form: Form) -> None:
    with pytest.raises(form.heads.HeadError) as caught:
        form.parse(with_field(b"X: a\x00"))
    error = caught.value
    assert (error.status, error.reason, error.offset) == (
        400,
        "control character",
        len(BEFORE) + 4,
    )


def test_a_buffer_must_be_a_bytearray(form: Form) -> None:
    with pytest.raises(TypeError):
        form.heads.HeadParser().feed(None)


# -- limits


def test_a_request_line_has_a_limit_with_its_end(form: Form) -> None:
    line = b"GET /" + b"a" * 100 + b" HTTP/1.0\r\n"
    assert form.parse(line + b"\r\n", request_line=len(line)) is not None
    with pytest.raises(form.heads.HeadError) as caught:
        form.parse(line + b"\r\n", request_line=len(line) - 1)
    assert caught.value.status == 414


def test_a_request_line_without_an_end_is_refused_at_the_limit(form: Form) -> None:
    assert form.parse(b"G" * 8191) is None
    with pytest.raises(form.heads.HeadError) as caught:
        form.parse(b"G" * 8192)
    assert caught.value.status == 414


def test_a_head_has_a_limit_with_its_end(form: Form) -> None:
    raw = b"\r\n" + with_field(b"X: y")
    assert form.parse(raw, head=len(raw)) is not None
    with pytest.raises(form.heads.HeadError) as caught:
        form.parse(raw, head=len(raw) - 1)
    assert caught.value.status == 431


def test_a_field_without_an_end_is_refused_at_the_limit(form: Form) -> None:
    raw = BEFORE + b"X: "
    assert form.parse(raw + b"a" * (65535 - len(raw))) is None
    with pytest.raises(form.heads.HeadError) as caught:
        form.parse(raw + b"a" * (65536 - len(raw)))
    assert caught.value.status == 431


def test_a_head_has_a_limit_of_fields(form: Form) -> None:
    raw = b"GET / HTTP/1.0\r\n" + b"X: y\r\n" * 100
    assert form.parse(raw + b"\r\n").n_fields == 100
    with pytest.raises(form.heads.HeadError) as caught:
        form.parse(raw + b"X: y\r\n")
    assert caught.value.status == 431


# -- request lines


def test_a_method_is_tchars(form: Form) -> None:
    raws = {n: b"A%c / HTTP/1.0\r\n\r\n" % n for n in range(256) if n not in b"\n "}
    assert taken(form, raws) == TCHARS


def test_a_method_is_passed_as_sent(form: Form) -> None:
    assert form.parse(b"gEt / HTTP/1.0\r\n\r\n").method == "gEt"


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "CONNECT", "X"])
def test_methods_are_found(form: Form, method: str) -> None:
    head = form.parse(b"%b * HTTP/1.0\r\n\r\n" % method.encode())
    assert head.method == method
    assert head.is_connect == (method == "CONNECT")
    assert head.is_options == (method == "OPTIONS")


def test_a_method_has_at_most_32_octets(form: Form) -> None:
    assert form.parse(b"M" * 32 + b" / HTTP/1.0\r\n\r\n") is not None
    assert form.status(b"M" * 33 + b" / HTTP/1.0\r\n\r\n") == 400


def test_a_target_is_visible_octets_without_a_number_sign(form: Form) -> None:
    raws = {n: b"A /%c HTTP/1.0\r\n\r\n" % n for n in range(256) if n != 10}
    assert taken(form, raws) == set(range(0x21, 0x7F)) - {ord("#")}


def test_a_target_may_have_any_high_octet_where_it_is_relaxed(form: Form) -> None:
    raws = {n: b"A /%c HTTP/1.0\r\n\r\n" % n for n in range(256) if n != 10}
    relaxed = taken(form, raws, ("target_octets",))
    assert relaxed - taken(form, raws) == set(range(0x80, 0x100))


@pytest.mark.parametrize(
    ("version", "minor"), [(b"1.0", 0), (b"1.1", 1), (b"1.2", 1), (b"1.9", 1)]
)
def test_minor_versions_have_the_rules_of_0_or_1(
    form: Form, version: bytes, minor: int
) -> None:
    head = form.parse(b"GET / HTTP/%b\r\n\r\n" % version)
    assert head.minor == minor
    assert head.version == f"HTTP/1.{minor}"
    assert head.requestline == f"GET / HTTP/{version.decode()}"


@pytest.mark.parametrize(
    ("version", "status"),
    [
        (b"HTTP/2.0", 505),
        (b"HTTP/9.9", 505),
        (b"HTTP/0.9", 400),
        (b"HTTP/11.", 400),
        (b"HTTP/1:1", 400),
        (b"HTTP/1.a", 400),
        (b"HTTP/1.\xb2", 400),
        (b"", 400),
        (b"HTTP/1.1\t", 400),
        (b"HTTP/1.1\r", 400),
    ],
)
def test_other_versions_are_refused(form: Form, version: bytes, status: int) -> None:
    assert form.status(b"GET / %b\r\nHost: a\r\n\r\n" % version) == status


# -- fields


def test_a_name_is_tchars(form: Form) -> None:
    raws = {n: with_field(b"X%c: y" % n) for n in range(256) if n not in b"\n:"}
    assert taken(form, raws) == TCHARS


def test_a_name_that_is_known_needs_its_colon(form: Form) -> None:
    assert form.status(BEFORE + b"Host\r\nX: y\r\n\r\n") == 400


def test_a_name_cannot_be_empty(form: Form) -> None:
    assert form.status(with_field(b": y")) == 400


@pytest.mark.parametrize("padding", [b"", b"a" * 5, b"a" * 8, b"a" * 30])
def test_a_value_is_visible_octets_and_blanks(form: Form, padding: bytes) -> None:
    raws = {
        n: with_field(b"X: %b%c%b" % (padding, n, padding))
        for n in range(256)
        if n != 10
    }
    wanted = {9, *range(0x20, 0x7F), *range(0x80, 0x100)}
    assert taken(form, raws) == wanted


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"X:y", "y"),
        (b"X: \t y\t \t", "y"),
        (b"X:", ""),
        (b"X: \t ", ""),
        (b"X: a  b\tc", "a  b\tc"),
        (b"X: \xa0\x85", "\xa0\x85"),
        (b"X: :", ":"),
    ],
)
def test_white_space_around_a_value_is_none_of_it(
    form: Form, line: bytes, value: str
) -> None:
    assert form.parse(with_field(line)).get("X") == value


@pytest.mark.parametrize("n", [0, 1, 11, 12, 13, 25, 99])
def test_all_fields_are_kept_in_order(form: Form, n: int) -> None:
    lines = b"".join(b"N-%d: v%d\r\n" % (i, i) for i in range(n))
    head = form.parse(b"GET / HTTP/1.0\r\n" + lines + b"\r\n")
    assert head.fields == [(f"N-{i}", f"v{i}") for i in range(n)]
    assert head.n_fields == n
    assert head.raw == lines


def test_a_value_is_got_by_its_name_in_any_case(form: Form) -> None:
    head = form.parse(with_field(b"x-A: 1\r\nX-a: 2"))
    assert head.get("X-A") == "1"
    assert head.get("X-B") is None
    assert head.get("\u212ax-a") is None


def test_a_folded_value_is_joined_by_a_space_where_it_is_relaxed(form: Form) -> None:
    raw = with_field(b"X: a \t\r\n\t b\r\n  \r\n c\t\r\nY: z")
    head = form.parse(raw, ("obs_fold",))
    assert head.fields[1:] == [("X", "a b c"), ("Y", "z")]
    assert form.environ(raw, ("obs_fold",))["HTTP_X"] == "a b c"


def test_a_folded_value_may_begin_in_its_second_line(form: Form) -> None:
    assert form.parse(with_field(b"X:\r\n y"), ("obs_fold",)).get("X") == "y"


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
        with_field(b"Transfer-Encoding:\r\n chunked"),
        with_field(b"Content-Length: 1\r\n 2"),
        with_field(b"Connection: x\r\n close"),
        with_field(b"X: a\r\n b\x00"),
    ],
)
def test_what_counts_is_never_folded(form: Form, raw: bytes) -> None:
    assert form.status(raw, ("obs_fold",)) == 400


# -- environs


def test_the_keys_are_in_order(form: Form) -> None:
    raw = (
        b"POST /p?q HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Accept: b\r\nContent-Type: c/d\r\n\r\n"
    )
    assert list(form.environ(raw).items()) == [
        ("REQUEST_METHOD", "POST"),
        ("PATH_INFO", "/p"),
        ("QUERY_STRING", "q"),
        ("CONTENT_TYPE", "c/d"),
        ("CONTENT_LENGTH", "5"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("HTTP_HOST", "a"),
        ("HTTP_ACCEPT", "b"),
    ]


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", "/", ""),
        (b"/a?b?c", "/a", "b?c"),
        (b"/?", "/", ""),
        (b"/%41%2f%e2%82%AC?%41", "/A/\xe2\x82\xac", "%41"),
        (b"/%", "/%", ""),
        (b"/%4", "/%4", ""),
        (b"/%4g%zz%%41", "/%4g%zz%A", ""),
        (b"/%2541", "/%41", ""),
        (b"//evil/..;/x", "//evil/..;/x", ""),
        (b"/%2e%2e/", "/../", ""),
        (b"http://h", "/", ""),
        (b"HTTPS://h:1?q", "/", "q"),
        (b"http://h/%20?q", "/ ", "q"),
        (b"*", "*", ""),
        (b"h:443", "h:443", ""),
    ],
)
def test_a_path_is_decoded_once_and_a_query_never(
    form: Form, target: bytes, path: str, query: str
) -> None:
    environ = form.environ(b"GET %b HTTP/1.0\r\n\r\n" % target)
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == (path, query)


def test_repeated_fields_are_joined_where_the_first_stands(form: Form) -> None:
    environ = form.environ(
        with_field(b"X-A: 1\r\nCookie: a=b\r\nx-a: 2\r\ncookie: c=d\r\nX-a:")
    )
    assert list(environ.items())[-3:] == [
        ("HTTP_HOST", "a"),
        ("HTTP_X_A", "1,2,"),
        ("HTTP_COOKIE", "a=b; c=d"),
    ]


def test_names_with_underscores_are_dropped(form: Form) -> None:
    raw = with_field(b"X_Forwarded_For: evil\r\nX-Forwarded-For: good")
    assert form.environ(raw)["HTTP_X_FORWARDED_FOR"] == "good"
    joined = form.environ(raw, ("underscores",))["HTTP_X_FORWARDED_FOR"]
    assert joined == "evil,good"


@pytest.mark.parametrize("name", [b"Proxy", b"pROXY"])
def test_proxy_never_gets_into_an_environ(form: Form, name: bytes) -> None:
    raw = with_field(name + b": http://evil")
    assert "HTTP_PROXY" not in form.environ(raw, ("underscores",))


def test_the_authority_of_a_target_stands_where_host_does(form: Form) -> None:
    raw = b"GET http://b:1/ HTTP/1.1\r\nX: y\r\nHost: a\r\nY: z\r\n\r\n"
    assert list(form.environ(raw).items())[-3:] == [
        ("HTTP_X", "y"),
        ("HTTP_HOST", "b:1"),
        ("HTTP_Y", "z"),
    ]


def test_the_authority_of_a_target_is_the_host_where_none_is_sent(form: Form) -> None:
    assert form.environ(b"GET http://b/ HTTP/1.0\r\n\r\n")["HTTP_HOST"] == "b"


def test_of_two_hosts_the_first_counts(form: Form) -> None:
    assert form.environ(with_field(b"Host: b"))["HTTP_HOST"] == "a"


@pytest.mark.parametrize("size", [63, 64, 65, 300])
def test_long_names_have_keys_too(form: Form, size: int) -> None:
    environ = form.environ(with_field(b"n" * size + b": y"))
    assert environ["HTTP_" + "N" * size] == "y"


def test_more_names_than_are_remembered_have_keys_too(form: Form) -> None:
    for n in range(1000):
        raw = with_field(b"many-%d: 1\r\nMANY-%d: 2\r\nX: y" % (n, n))
        assert form.environ(raw)[f"HTTP_MANY_{n}"] == "1,2"


def test_a_class_of_environs_sets_its_keys_itself(form: Form) -> None:
    class Noting(dict):
        def __setitem__(self, key: str, value: object) -> None:
            keys.append(key)
            super().__setitem__(key, value)

    keys: list[str] = []
    environ = Noting()
    head = form.parse(with_field(b"X: y"))
    head.fill(environ)
    head.fill_fields(environ)
    assert keys == list(environ)


# -- facts


GOOD_HOSTS = (
    b"a",
    b"a.b-c_d~!$&'()*+;=",
    b"%41",
    b"a:",
    b"a:0123456789",
    b"[::1]",
    b"[::ffff:1.2.3.4]:80",
    b"[1:2:3:4:5:6:7:8]:",
    b"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]",
)
BAD_HOSTS = (
    b"%4",
    b"%4g",
    b"a:8a",
    b"a:80:80",
    b"a:-1",
    b"a,b",
    b"a@b",
    b"a/b",
    b"a?b",
    b"a#b",
    b"a\\b",
    b"a\xe9",
    b"[0000:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]",
    b"[::1",
    b"[]",
    b"[",
    b"[::1]x",
    b"[::1%25eth0]",
    b"[1.2.3.4]",
    b"[v1.a]",
    b"[::g]",
    b"::1",
)


@pytest.mark.parametrize("host", [*GOOD_HOSTS, b"", b":80"])
def test_a_host_is_a_name_or_an_address_and_a_port(form: Form, host: bytes) -> None:
    assert form.parse(b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % host).has_valid_host


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_a_host_is_nothing_else(form: Form, host: bytes) -> None:
    head = form.parse(b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % host)
    assert not head.has_valid_host


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_an_authority_is_a_host(form: Form, host: bytes) -> None:
    head = form.parse(b"GET http://%b/ HTTP/1.0\r\n\r\n" % host)
    assert head.has_valid_authority


@pytest.mark.parametrize("host", [b"", b":80", b"a@b", b"u:p@b", b"a:b", b"[::1"])
def test_an_authority_has_a_host_and_no_user(form: Form, host: bytes) -> None:
    head = form.parse(b"GET http://%b/ HTTP/1.0\r\n\r\n" % host)
    assert head.is_absolute
    assert not head.has_valid_authority


@pytest.mark.parametrize(
    ("target", "form_of_it"),
    [
        (b"/", "is_origin"),
        (b"//a", "is_origin"),
        (b"http://a", "is_absolute"),
        (b"hTTps://a/", "is_absolute"),
        (b"*", "is_asterisk"),
        (b"a:1", "is_tunnel"),
        (b"[::1]:1", "is_tunnel"),
        (b"a:", ""),
        (b"a", ""),
        (b":1", ""),
        (b"**", ""),
        (b"ftp://a/", ""),
        (b"http:/a", ""),
        (b"http:", ""),
    ],
)
def test_targets_have_one_form(form: Form, target: bytes, form_of_it: str) -> None:
    head = form.parse(b"GET %b HTTP/1.0\r\n\r\n" % target)
    forms = ("is_origin", "is_absolute", "is_asterisk", "is_tunnel")
    assert [name for name in forms if getattr(head, name)] == [form_of_it] * bool(
        form_of_it
    )


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (b"0", 0),
        (b"007", 7),
        (b"9" * 19, 10**19 - 1),
        (b"1" * 20, None),
        (b"", None),
        (b"+1", None),
        (b"1 1", None),
        (b"1a", None),
        (b"\xb2", None),
    ],
)
def test_a_length_is_1_to_19_digits(
    form: Form, value: bytes, number: int | None
) -> None:
    head = form.parse(with_field(b"Content-Length: " + value))
    assert head.has_valid_length == (number is not None)
    assert head.length == (number or 0)


@pytest.mark.parametrize(
    ("value", "is_valid", "is_chunked"),
    [
        (b"chunked", True, True),
        (b"cHUNKED", True, True),
        (b"gzip", True, False),
        (b"gzip ,\tchunked", True, False),
        (b"chunked, gzip", False, False),
        (b"chunked,chunked", False, False),
        (b"chunked,", False, False),
        (b",chunked", False, False),
        (b"", False, False),
        (b"chunked;q=1", False, False),
        (b'"chunked"', False, False),
        (b"chun ked", False, False),
        (b"\xe9", False, False),
    ],
)
def test_codings_are_tokens_with_chunked_last(
    form: Form, value: bytes, is_valid: bool, is_chunked: bool
) -> None:
    head = form.parse(with_field(b"Transfer-Encoding: " + value))
    assert (head.has_valid_coding, head.is_chunked) == (is_valid, is_chunked)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (b"Connection: close", {"close"}),
        (b"Connection: Keep-Alive", {"keep_alive"}),
        (b"Connection: x ,\tUPGRADE\t, close", {"upgrade", "close"}),
        (b"Connection: keep-alive\r\nconnection: close", {"keep_alive", "close"}),
        (b"Connection: ,,close,", {"close"}),
        (b"Connection: closed, close;x, clo se", set()),
        (b"Connection: \xe9close", set()),
        (b"Connection:", set()),
        (b"Proxy-Connection: close", set()),
    ],
)
def test_options_are_the_members_of_all_connection_fields(
    form: Form, lines: bytes, wanted: set[str]
) -> None:
    head = form.parse(with_field(lines))
    options = ("close", "keep_alive", "upgrade")
    assert {name for name in options if getattr(head, f"wants_{name}")} == wanted


def test_the_values_that_count_can_be_read(form: Form) -> None:
    head = form.parse(
        with_field(
            b"Content-Length: 1\r\nTransfer-Encoding: b\r\nConnection: c\r\n"
            b"Expect: d\r\nUpgrade: e\r\nConnection: f\r\nUpgrade: g"
        )
    )
    assert head.host == "a"
    assert head.content_length == "1"
    assert head.transfer_encoding == "b"
    assert head.connection == "c,f"
    assert head.expect == "d"
    assert head.upgrade == "e,g"


def test_values_that_were_not_sent_are_none(form: Form) -> None:
    head = form.parse(b"GET / HTTP/1.0\r\n\r\n")
    assert head.host is head.content_length is head.connection is head.upgrade is None


# -- heads from elsewhere


def test_parts_make_the_head_that_their_lines_make(form: Form) -> None:
    made = form.heads.head_of(b"GET", b"/a?b", [(b"host", b"c"), (b"x", b" y: z")])
    assert made.method == "GET"
    assert made.target == "/a?b"
    assert made.minor == 1
    assert made.fields == [("host", "c"), ("x", "y: z")]


@pytest.mark.parametrize(
    ("method", "target", "fields"),
    [
        (b"", b"/", []),
        (b"GET /", b"x", []),
        (b"GET", b"", []),
        (b"GET", b"/ x", []),
        (b"GET", b"/\r\nX: y", []),
        (b"GET", b"/", [(b"", b"y")]),
        (b"GET", b"/", [(b"a:b", b"y")]),
        (b"GET", b"/", [(b":path", b"/")]),
        (b"GET", b"/", [(b"a b", b"y")]),
        (b"GET", b"/", [(b" a", b"y")]),
        (b"GET", b"/", [(b"a", b"y\r\nb: c")]),
        (b"GET", b"/", [(b"a", b"y\n")]),
        (b"GET", b"/", [(b"a", b"y\r")]),
        (b"GET", b"/", [(b"a", b"\x00")]),
        (b"GET", b"/", [(b"a\r\nb", b"")]),
    ],
)
def test_parts_are_held_against_the_same_grammar(
    form: Form, method: bytes, target: bytes, fields: list[tuple[bytes, bytes]]
) -> None:
    with pytest.raises(form.heads.HeadError) as caught:
        form.heads.head_of(method, target, fields)
    assert caught.value.status == 400


def test_parts_have_no_limit(form: Form) -> None:
    fields = [(b"x", b"y" * 1000)] * 500
    assert form.heads.head_of(b"GET", b"/" * 10000, fields).n_fields == 500


@pytest.mark.parametrize("limits", [{"head": 1}, {"request_line": 1}, {"head": 3}])
@pytest.mark.parametrize("octets", [b"\rR", b"\r\n\rR"])
def test_carriage_return_at_a_limit_is_the_same_in_pieces(form, octets, limits):
    """The fuzzer found it: what stands beyond a limit was looked at if it was there."""

    def refused(*pieces):
        parser = form.heads.HeadParser(**limits)
        buffer = bytearray()
        try:
            for piece in pieces:
                buffer += piece
                parser.feed(buffer)
        except form.heads.HeadError as error:
            return error.status, error.reason, error.offset
        pytest.fail("it must be refused")

    assert refused(octets) == refused(*(bytes((octet,)) for octet in octets))
