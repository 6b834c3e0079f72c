"""The WSGI server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

from gevent.pywsgi import Limits, Timeouts, WSGIHandler, WSGIServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Serve a request."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


class Handler(WSGIHandler):
    """A handler with a hook."""

    def log_request(self) -> None:
        """Log nothing."""
        assert_type(self.status, bytes | str | None)
        assert_type(self.response_length, int)
        assert_type(self.format_request(), str)


def serving() -> None:
    """Servers."""
    server = WSGIServer(
        ("127.0.0.1", 0),
        application,
        spawn=10,
        log=None,
        handler_class=Handler,
        limits=Limits(body=None),
        timeouts=Timeouts(idle=5),
        relax=["underscores"],
        proxy_protocol=["127.0.0.1", "unix"],
    )
    WSGIServer("127.0.0.1:0", application, http2=True)
    assert_type(server.stats(), dict[str, object])
    assert_type(server.get_environ(), dict[str, Any])
    assert_type(server.serve_forever(handle_signals=True), None)
    assert_type(server.stop(timeout=1), None)
    assert_type(Limits().head, int)
    assert_type(Limits().streams, int)
    assert_type(Timeouts().idle, float | None)
