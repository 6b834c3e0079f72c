"""Servers with WebSockets: how they are made, where they run, how they stop."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path
from struct import pack
from types import ModuleType, SimpleNamespace

import pytest

import gevent
from gevent import socket, ssl
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import Timeouts, WSGIHandler, WSGIServer
from gevent.websocket import WebSocketHandler
from tests.servers.websocket.conftest import CLOSE, TEXT, echo, frame, request

CERTIFICATE = str(Path(__file__).parents[2] / "net" / "tls" / "server.pem")
NAME = "gevent.websocket.WebSocketHandler"


class Hooked(WebSocketHandler):
    """A handler with a hook."""

    def get_environ(self):
        return {**super().get_environ(), "hook": "called"}


def is_echoing(peer):
    peer.send(TEXT, b"echo")
    return peer.read() == (TEXT, b"echo")


# -- handlers ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "handler_class", [WebSocketHandler, NAME, NAME.replace("t.W", "t:W"), Hooked]
)
def test_class_of_handlers_makes_websockets(serve, open_peer, handler_class):
    assert is_echoing(open_peer(serve(echo, handler_class=handler_class)))


def test_class_of_handlers_may_be_the_servers(serve, open_peer):
    class Server(WSGIServer):
        handler_class = WebSocketHandler

    assert is_echoing(open_peer(serve(echo, cls=Server)))


def test_class_of_handlers_may_come_later(serve, open_peer):
    server = serve(echo)
    server.handler_class = WebSocketHandler
    assert is_echoing(open_peer(server))


def test_hooks_are_called(serve, open_peer):
    def tell(environ, start_response):
        environ["wsgi.websocket"].send(environ["hook"])
        return []

    assert open_peer(serve(tell, handler_class=Hooked)).read() == (TEXT, b"called")


def test_handler_of_ones_own_serves_websockets(serve, open_peer):
    class Counted(WSGIHandler):
        n_handled = 0

        def handle(self):
            Counted.n_handled += 1
            super().handle()

    peer = open_peer(serve(echo, handler_class=Counted, websocket=True))
    assert is_echoing(peer)
    peer.send(CLOSE)
    assert peer.closing() == (0, b"")
    assert Counted.n_handled == 1


def test_failing_of_a_handler_of_ones_own_closes(serve, open_peer, errors):
    class Own(WSGIHandler):
        def handle(self):
            super().handle()

    def fail(environ, start_response):
        environ["wsgi.websocket"].close()
        raise RuntimeError("late")

    peer = open_peer(serve(fail, handler_class=Own, websocket=True))
    assert peer.closing() == (1000, b"")


def test_handler_of_what_only_looks_like_a_server_calls_the_application():
    server = SimpleNamespace(
        application=lambda environ, start_response: [
            start_response("200 OK", []) and b"x"
        ],
        get_environ=dict,
        log=StringIO(),
        error_log=StringIO(),
    )
    mine, theirs = socket.socketpair()
    theirs.sendall(request())
    theirs.shutdown(socket.SHUT_WR)
    WSGIHandler(mine, ("127.0.0.1", 1), server).handle()
    assert theirs.recv(1000).startswith(b"HTTP/1.1 200 OK")
    mine.close()
    theirs.close()


@pytest.mark.parametrize("name", ["gevent.websocket.Nosuch", "nosuchmodule.Handler"])
def test_name_of_no_handler_is_an_error(name):
    with pytest.raises((ImportError, AttributeError), match=r"[Nn]osuch"):
        WSGIServer(("127.0.0.1", 0), echo, handler_class=name)


def test_environ_has_its_version(serve, open_peer):
    def tell(environ, start_response):
        environ["wsgi.websocket"].send(environ["wsgi.websocket_version"])
        return []

    assert open_peer(serve(tell, websocket=True)).read() == (TEXT, b"13")


def test_environ_keeps_no_websocket(serve, open_peer):
    environs = []

    def keep(environ, start_response):
        environs.append(environ)
        return echo(environ, start_response)

    server = serve(keep, websocket=True)
    peer = open_peer(server)
    peer.send(CLOSE)
    peer.closing()
    server.stop()
    assert "wsgi.websocket" not in environs[0]


# -- transports --------------------------------------------------------------------


def test_over_tls(serve, open_peer):
    server = serve(echo, websocket=True, keyfile=CERTIFICATE, certfile=CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    peer = open_peer(server, context=context)
    assert is_echoing(peer)
    peer.send(TEXT, b"*" * 300000)
    assert peer.read() == (TEXT, b"*" * 300000)
    peer.send(CLOSE, pack("!H", 1000))
    assert peer.read() == (CLOSE, pack("!H", 1000))


def test_silence_over_tls(serve, open_peer):
    server = serve(
        echo,
        websocket=True,
        keyfile=CERTIFICATE,
        certfile=CERTIFICATE,
        timeouts=Timeouts(websocket_ping=0.05),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    peer = open_peer(server, context=context)
    assert peer.read() == (9, b"")
    assert is_echoing(peer)
    assert peer.read() == (9, b"")
    opcode, payload = peer.read()
    assert (opcode, payload[:2]) == (CLOSE, pack("!H", 1011))


def test_over_a_unix_socket(serve, open_peer, tmp_path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "socket"))
    listener.listen()
    assert is_echoing(open_peer(serve(echo, websocket=True, listener=listener)))


def test_open_one_has_its_place_in_the_pool(serve, open_peer):
    pool = Pool(1)
    server = serve(echo, websocket=True, spawn=pool)
    peer = open_peer(server)
    assert is_echoing(peer)
    assert pool.free_count() == 0
    peer.send(CLOSE)
    peer.closing()
    assert is_echoing(open_peer(server))


# -- stopping ----------------------------------------------------------------------


@pytest.mark.parametrize("end", ["stop", "drain"])
def test_stopping_server_goes_away(serve, open_peer, end):
    server = serve(echo, websocket=True)
    peers = [open_peer(server) for _ in range(3)]
    assert all(is_echoing(peer) for peer in peers)
    stopping = gevent.spawn(getattr(server, end), 5)
    for peer in peers:
        assert peer.read() == (CLOSE, pack("!H", 1001))
        peer.send(CLOSE, pack("!H", 1001))
        assert peer.read_frame() is None
    stopping.get(timeout=1)


def test_server_stops_though_the_client_does_not_close(serve, open_peer):
    server = serve(echo, websocket=True, timeouts=Timeouts(linger=0.02))
    peer = open_peer(server)
    assert is_echoing(peer)
    server.stop(5)
    assert peer.closing() == (1001, b"")


def test_server_stops_though_the_client_goes_on_sending(serve, open_peer):
    def receive(environ, start_response):
        while environ["wsgi.websocket"].receive() is not None:
            pass
        return []

    server = serve(receive, websocket=True, timeouts=Timeouts(linger=0.02))
    peer = open_peer(server)
    # Never is everything received.
    more = frame(TEXT, b"more") * 5000
    ended = []

    def flood():
        try:
            while True:
                peer.octets(more)
        except OSError as error:
            ended.append(error)

    flooding = gevent.spawn(flood)
    with gevent.Timeout(2):
        server.stop(5)
    flooding.join()
    assert ended


def test_server_stops_though_the_application_goes_on(serve, open_peer):
    ended = Event()

    def wait(environ, start_response):
        environ["wsgi.websocket"].accept()
        try:
            Event().wait()
        finally:
            ended.set()

    server = serve(wait, websocket=True)
    peer = open_peer(server)
    server.stop(0.02)
    assert ended.is_set()
    assert peer.closing() == (1001, b"")


def test_handshake_of_a_stopping_server_is_followed_by_going_away(serve, open_peer):
    began, go_on = Event(), Event()

    def late(environ, start_response):
        began.set()
        go_on.wait()
        return echo(environ, start_response)

    server = serve(late, websocket=True)
    opening = gevent.spawn(open_peer, server)
    assert began.wait(timeout=5)
    stopping = gevent.spawn(server.stop, 5)
    gevent.idle()
    go_on.set()
    peer = opening.get(timeout=5)
    assert peer.read() == (CLOSE, pack("!H", 1001))
    peer.send(CLOSE)
    stopping.get(timeout=5)


# -- what is imported --------------------------------------------------------------


def test_wsproto_is_imported_when_a_server_needs_it():
    program = (
        "import sys, gevent.pywsgi, gevent.websocket\n"
        "assert 'wsproto' not in sys.modules\n"
        "gevent.pywsgi.WSGIServer(('127.0.0.1', 0), print)\n"
        "assert 'wsproto' not in sys.modules\n"
        "gevent.pywsgi.WSGIServer(('127.0.0.1', 0), print, websocket=True)\n"
        "assert 'wsproto' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    "options", [{"websocket": True}, {"handler_class": WebSocketHandler}]
)
def test_without_wsproto_the_extra_is_named(monkeypatch, options):
    for name in list(sys.modules):
        if name.startswith("gevent.servers.http.websocket."):
            monkeypatch.delitem(sys.modules, name)
        elif name.partition(".")[0] == "wsproto":
            monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"install gevent\[websocket\]"):
        WSGIServer(("127.0.0.1", 0), echo, **options)


def test_class_of_websockets_is_public():
    from gevent import websocket
    from gevent.servers.http.websocket.socket import WebSocket

    assert websocket.WebSocket is WebSocket


def test_module_has_no_other_names():
    from gevent import websocket

    with pytest.raises(AttributeError, match="nosuch"):
        _ = websocket.nosuch


@pytest.fixture
def ggevent(monkeypatch):
    """What gevent.websocket needs of gunicorn."""
    module = ModuleType("gunicorn.workers.ggevent")
    module.PyWSGIHandler = type("PyWSGIHandler", (WSGIHandler,), {})
    module.GeventPyWSGIWorker = type("GeventPyWSGIWorker", (), {})
    for name in ("gunicorn", "gunicorn.workers"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_worker_of_gunicorn_has_handlers_that_make_websockets(ggevent):
    from gevent import websocket

    worker = websocket.GunicornWorker
    del websocket.GunicornWorker
    assert issubclass(worker, ggevent.GeventPyWSGIWorker)
    assert issubclass(worker.wsgi_handler, ggevent.PyWSGIHandler)
    assert worker.wsgi_handler.makes_websockets
    assert f"{worker.__module__}.{worker.__name__}" == "gevent.websocket.GunicornWorker"


def test_worker_needs_gunicorn(monkeypatch):
    from gevent import websocket

    monkeypatch.setitem(sys.modules, "gunicorn.workers.ggevent", None)
    with pytest.raises(ImportError, match="gunicorn"):
        _ = websocket.GunicornWorker
