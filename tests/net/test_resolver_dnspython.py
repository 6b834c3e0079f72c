"""dnspython, used as it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

import gevent
from gevent.resolver.dnspython import Resolver as DnspythonResolver
from tests.support.nameserver import serving


def test_dnspython_that_is_imported_before_is_left_as_it_is() -> None:
    """Issues #1661 and #1526: it is used as it is, and left as it is."""
    program = (
        "import socket, time, dns.resolver, dns.query\n"
        "before = dns.query.socket, dns.resolver.socket, dns.resolver.time\n"
        "from gevent.resolver.dnspython import Resolver\n"
        "assert isinstance(Resolver().resolver, dns.resolver.Resolver)\n"
        "assert before == (socket, socket, time)\n"
        "assert dns.query.socket.socket.__module__ == 'socket'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_others_run_while_dnspython_waits() -> None:
    """Issue #1661."""
    zone = {"v4.example": {"A": ["192.0.2.1"]}, "silent.example": {"SILENT": []}}
    with serving(zone) as server:
        resolver = DnspythonResolver()
        resolver.resolver.port = server.port
        resolver.resolver.nameservers = [server.address]
        ran: list[bool] = []
        gevent.spawn(ran.append, True)
        answer = resolver.resolver.resolve("v4.example.")
        assert [record.to_text() for record in answer] == ["192.0.2.1"]
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.01):
            resolver.resolver.resolve("silent.example.")
        assert ran
