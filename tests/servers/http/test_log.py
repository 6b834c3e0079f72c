"""What servers log: access lines, adapters."""

from __future__ import annotations

import copy
import logging
import pickle
import time

import pytest

from gevent.servers.http import log
from gevent.servers.http.log import LoggingLogAdapter, _NoopLog, access_line

pytestmark = pytest.mark.pure

CLIENT = ("127.0.0.1", 1234)


@pytest.fixture(autouse=True)
def _time(monkeypatch):
    monkeypatch.setattr(log, "time_text", lambda: "TIME")


def test_access_line():
    assert access_line(CLIENT, "GET / HTTP/1.1", "200 OK", 106, 0.0000891) == (
        '127.0.0.1 - - [TIME] "GET / HTTP/1.1" 200 106 0.000089'
    )


def test_unknown_parts_are_dashes():
    assert access_line(None, None, None, None, None) == '- - - [TIME] "" - - -'


@pytest.mark.parametrize("address", ["", b"", None, ()])
def test_unknown_address_is_a_dash(address):
    assert access_line(address, "", "200", 1, 0).startswith("- - - ")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (("::1", 2, 0, 0), "::1"),
        ("/tmp/x", "/tmp/x"),
        ("a\nb", "a\\x0ab"),
        (b"\0x\xff", "\\x00x\\xff"),
        (12, "12"),
    ],
)
def test_address(address, shown):
    assert access_line(address, "", "200", 1, 0).startswith(f"{shown} - - [")


@pytest.mark.parametrize("status", ["404 Not Found", b"404 Not Found", "404", 404])
def test_status_is_its_code(status):
    assert access_line("", "", status, None, None).endswith('"" 404 - -')


@pytest.mark.parametrize("status", ["", b"", None])
def test_no_status_is_a_dash(status):
    assert access_line("", "", status, None, None).endswith('"" - - -')


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('GET /" HTTP/1.1', "GET /\\x22 HTTP/1.1"),
        ("\\x41", "\\x5cx41"),
        ("\x1b[0m", "\\x1b[0m"),
        ("a\r\nb\t\0", "a\\x0d\\x0ab\\x09\\x00"),
        ("\x7f\x85\xa0\xff", "\\x7f\\x85\\xa0\\xff"),
        ("\u2028", "\\u2028"),
        ("\U0001f600", "\\U0001f600"),
        ("\ud800", "\\ud800"),
        (b"\x80", "\\x80"),
        (" ~!", " ~!"),
    ],
)
def test_what_could_forge_a_line_is_escaped(line, shown):
    assert access_line("", line, "200", 1, 0) == (
        f'- - - [TIME] "{shown}" 200 1 0.000000'
    )


@pytest.mark.parametrize("filler", ["a", "\n", "\u2028", "\\", "\U0001f600"])
@pytest.mark.parametrize("shift", range(0, 10, 3))
def test_long_line_is_cut(filler, shift):
    line = access_line(CLIENT, "x" * shift + filler * 10000, "200", 1, 0)
    assert 8175 < len(line) <= 8192
    assert line.endswith('..." 200 1 0.000000')
    request = line.partition('"')[2].partition("...")[0]
    assert request[shift:].replace(log.escape(filler), "") == ""


def test_all_parts_are_bounded():
    assert len(access_line("\n" * 9000, "\n" * 9000, "\n" * 9000, 1, 0)) <= 8192


def test_time_text_is_the_local_time(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.9)
    text = log.time_text()
    assert text == time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(1e9))
    assert log.time_text() is text
    monkeypatch.setattr(time, "time", lambda: 1_000_000_001.0)
    assert log.time_text() != text


class Logger:
    """A logger that keeps what it gets."""

    name = "n"

    def __init__(self):
        self.seen = []

    def log(self, level, message):
        self.seen.append((level, message))


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("hello\n", "hello"),
        ("hello", "hello"),
        ("a\n\n", "a\n"),
        ("%s\n", "%s"),
        (" a \r\n", " a \r"),
        ("\n", ""),
        ("", ""),
    ],
)
def test_adapter_logs_without_the_end_of_the_line(text, logged):
    logger = Logger()
    LoggingLogAdapter(logger).write(text)
    assert logger.seen == [(20, logged)]


def test_adapter_logs_at_its_level():
    logger = Logger()
    adapter = LoggingLogAdapter(logger, level=40)
    adapter.writelines(["a\n", "b"])
    adapter.flush()
    assert logger.seen == [(40, "a"), (40, "b")]


def test_percent_signs_reach_a_real_logger_as_they_are(caplog):
    LoggingLogAdapter(logging.getLogger("gevent.test"), 30).write("%s %d\n")
    assert [each.getMessage() for each in caplog.records] == ["%s %d"]


def test_other_attributes_are_the_loggers():
    logger = Logger()
    adapter = LoggingLogAdapter(logger)
    adapter.name = "other"
    assert (adapter.name, logger.name, adapter.seen) == ("other", "other", [])
    del adapter.name
    assert adapter.name == "n"
    with pytest.raises(AttributeError, match="nope"):
        adapter.nope  # noqa: B018
    with pytest.raises(AttributeError, match="nope"):
        del adapter.nope


def test_own_fields_of_the_adapter_may_be_set():
    first, second = Logger(), Logger()
    adapter = LoggingLogAdapter(first)
    adapter._logger, adapter._level = second, 5
    adapter.write("x")
    assert (first.seen, second.seen) == ([], [(5, "x")])


def test_adapter_can_be_copied_and_pickled():
    adapter = LoggingLogAdapter(logging.getLogger("gevent.test"), 30)
    for made in (copy.copy(adapter), pickle.loads(pickle.dumps(adapter))):
        assert (made._level, made._logger) == (30, adapter._logger)


def test_adapter_of_nothing_fails_when_it_is_used():
    with pytest.raises(TypeError):
        LoggingLogAdapter()
    with pytest.raises(AttributeError):
        LoggingLogAdapter(None).write("x")


def test_log_of_nobody_swallows_all():
    nowhere = _NoopLog()
    assert [nowhere.write("x"), nowhere.flush(), nowhere.writelines(["x"])] == [
        None
    ] * 3
