"""OldMessage: headers with the methods of long ago."""

from __future__ import annotations

import email.policy
import io
from http.client import parse_headers

import pytest

from gevent.servers.http.headers import OldMessage

pytestmark = pytest.mark.pure


@pytest.fixture
def message() -> OldMessage:
    """Return headers as they are parsed."""
    raw = b"A: b\r\nContent-Type: text/x\r\na: c\r\n\r\n"
    return parse_headers(io.BytesIO(raw), _class=OldMessage)


def test_getheader_returns_the_first_value(message):
    assert (message.getheader("a"), message.getheader("A")) == ("b", "b")
    assert (message.getheader("z"), message.getheader("z", 3)) == (None, 3)


def test_headers_are_lines(message):
    assert list(message.headers) == ["A: b\r\n", "Content-Type: text/x\r\n", "a: c\r\n"]
    assert list(message.headers), "each time anew"


def test_typeheader_is_the_content_type(message):
    assert message.typeheader == "text/x"
    assert OldMessage().typeheader is None


def test_it_is_a_message_of_the_standard_library(message):
    assert message["content-type"] == "text/x"
    assert message.get_all("a") == ["b", "c"]
    assert message.items()[0] == ("A", "b")
    assert str(message) == "A: b\nContent-Type: text/x\na: c\n\n"
    assert message.status == ""


def test_keywords_are_those_of_a_message():
    assert OldMessage(policy=email.policy.compat32).keys() == []
    with pytest.raises(TypeError):
        OldMessage(fp=1)
