"""The server's answers to the raw requests of :mod:`.raw_cases`, on both paths."""

from __future__ import annotations

import json
import re

import pytest

from gevent import socket
from gevent.pywsgi import WSGIHandler
from tests.servers.http.raw_cases import CASES, UNREAD, RawCase


class HookedHandler(WSGIHandler):
    """Any hook makes a handler serve step by step."""

    def log_request(self):
        super().log_request()


def application(environ, start_response):
    path = environ["PATH_INFO"]
    body = b"" if path in UNREAD else environ["wsgi.input"].read()
    answer = {
        "app": path,
        "method": environ["REQUEST_METHOD"],
        "body": len(body),
        "host": environ.get("HTTP_HOST"),
        "has_proxy": "HTTP_PROXY" in environ,
    }
    data = json.dumps(answer).encode()
    start_response(
        "200 OK",
        [("Content-Type", "application/json"), ("Content-Length", str(len(data)))],
    )
    return [data]


@pytest.mark.parametrize("handler_class", [WSGIHandler, HookedHandler])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_raw_case(serve, case: RawCase, handler_class):
    server = serve(application, handler_class=handler_class)
    with socket.create_connection(server.address, timeout=3) as client:
        try:
            client.sendall(case.raw)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before it was all sent
        received = b"".join(iter(lambda: client.recv(65536), b""))
    statuses = [int(each) for each in re.findall(rb"HTTP/1\.[01] (\d\d\d)", received)]
    assert tuple(each for each in statuses if each != 100) == case.statuses
    seen = [json.loads(each) for each in re.findall(rb'\{"app".*?\}', received)]
    assert seen == [vars(answer) for answer in case.answers]
