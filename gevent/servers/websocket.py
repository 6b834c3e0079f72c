"""WebSocket for ``gevent.pywsgi``: the home of ``gevent.websocket``.

``WSGIServer(..., websocket=True)``, or one of the classes here where a program wants to
be given a handler or a worker, puts a ``WebSocket`` at
``environ["wsgi.websocket"]`` of a request that asks for one; of others there is no such
key. What it is made of is in ``gevent.servers.http.websocket``. It needs wsproto: the
extra ``gevent[websocket]``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from gevent._base.publish import publish
from gevent.servers.http.websocket.errors import (
    FrameTooLargeException,
    ProtocolError,
    WebSocketError,
)
from gevent.servers.pywsgi import WSGIHandler

__all__ = (
    "WebSocketHandler",
    "WebSocketError",
    "ProtocolError",
    "FrameTooLargeException",
)


class WebSocketHandler(WSGIHandler):
    """A handler whose requests can become WebSockets.

    ``WSGIServer(..., handler_class=WebSocketHandler)``, or
    ``handler_class="gevent.websocket.WebSocketHandler"``, is the same as
    ``WSGIServer(..., websocket=True)``.
    """

    makes_websockets = True


def __getattr__(name: str) -> Any:
    # Only here: without gunicorn there is nothing that it could be derived from.
    if name == "GunicornWorker":
        return _make_worker()
    if name == "WebSocket":
        return import_module("gevent.servers.http.websocket.socket").WebSocket
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _make_worker() -> Any:
    """Return the class of ``gunicorn -k gevent.websocket.GunicornWorker``."""
    ggevent = import_module("gunicorn.workers.ggevent")
    name = "GunicornWorker"
    own = {"__module__": WebSocketHandler.__module__}
    handler = type(
        "GunicornHandler", (ggevent.PyWSGIHandler,), {**own, "makes_websockets": True}
    )
    worker = type(name, (ggevent.GeventPyWSGIWorker,), {**own, "wsgi_handler": handler})
    globals()[name] = worker
    return worker


publish(__name__, "gevent.websocket")
