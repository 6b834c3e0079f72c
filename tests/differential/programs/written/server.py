"""Programs about ``gevent.server`` and ``gevent.baseserver``."""

from __future__ import annotations

import socket as stdlib_socket

from differential import each

import gevent
from gevent import pool, server, socket

MODULE = "gevent.server"


def _echo(sock, address):
    sock.sendall(sock.recv(100).upper())


def _ask(made, data=b"hi"):
    with socket.create_connection(made.address, timeout=0.5) as sock:
        sock.sendall(data)
        return sock.recv(100)


def _make(case, *arguments, **options):
    made = server.StreamServer(("127.0.0.1", 0), *arguments, **options)
    made.start()
    case.hide(made.address[1], "PORT")
    return made


def a_stream_server(case):
    made = _make(case, _echo)
    case.call(_ask, made)
    case.attributes(
        made, "started", "closed", "server_host", "delay", "family", "backlog"
    )
    case.attributes(
        made, "max_accept", "min_delay", "max_delay", "stop_timeout", "ssl_enabled"
    )
    case.attributes(made, "reuse_addr", "fatal_errors", "ssl_args", "pool")
    case.call(made.start)
    case.call(made.stop)
    case.show("stopped", str(made))
    case.attributes(made, "started", "closed", "server_host")
    case.call(made.stop)
    case.call(made.close)
    case.call(_ask, made)


@each(
    "127.0.0.1:0",
    ":0",
    "0",
    0,
    "[::1]:0",
    "*:0",
    ("", 0),
    ("::1", 0),
    ("localhost", 0),
    "x",
    "x:y",
    "::1:80",
    b"x",
    None,
    [1],
    1.5,
    ("127.0.0.1", 70000),
    ("nosuch.invalid", 0),
    ("8.8.8.8", 0),
    ("127.0.0.1",),
    (),
    True,
    ("127.0.0.1", "x"),
)
def a_listener(case, listener):
    made = case.named_call("made", lambda: str(server.StreamServer(listener, _echo)))
    if made is None:
        return
    made = server.StreamServer(listener, _echo)
    case.attributes(made, "family", "address", "server_host", "server_port")
    case.call(made.start)
    case.attributes(made, "started")
    if made.started:
        case.show("host", made.address[0])
    made.stop()


@each(None, 5, "x", _echo, print)
def a_handle(case, handle):
    made = case.named_call(
        "made", lambda: str(server.StreamServer(("127.0.0.1", 0), handle))
    )
    case.show("made", made)


@each(
    "default",
    None,
    1,
    0,
    -1,
    "x",
    2.5,
    gevent.spawn,
    gevent.spawn_raw,
    pool.Pool(1),
    pool.Group,
)
def what_spawns(case, spawn):
    made = case.named_call(
        "made", server.StreamServer, ("127.0.0.1", 0), _echo, spawn=spawn
    )
    if made is None or spawn is pool.Group:
        return
    case.show("pool", type(made.pool).__name__)
    case.show("full", made.full())
    if spawn in ("x", 2.5, 0, None):
        return
    made.start()
    case.call(_ask, made)
    case.call(_ask, made)
    case.call(made.stop)


@each(1, "x", -1, None)
def a_backlog(case, backlog):
    made = case.named_call(
        "made", server.StreamServer, ("127.0.0.1", 0), _echo, backlog
    )
    if made is None:
        return
    case.attributes(made, "backlog")
    case.call(made.start)
    made.stop()
    with stdlib_socket.create_server(("127.0.0.1", 0)) as listener:
        case.call(server.StreamServer, listener, _echo, 1)


@each("gevent", "stdlib", "gevent udp", "not listening", "closed")
def a_ready_socket(case, kind):
    module = stdlib_socket if kind == "stdlib" else socket
    udp = kind == "gevent udp"
    sock = module.socket(type=module.SOCK_DGRAM if udp else module.SOCK_STREAM)
    sock.bind(("127.0.0.1", 0))
    case.hide(sock.getsockname()[1], "PORT")
    if kind not in ("not listening", "gevent udp"):
        sock.listen()
    if kind == "closed":
        sock.close()
    made = case.named_call("made", server.StreamServer, sock, _echo)
    if made is None or kind in ("gevent udp", "not listening"):
        return
    made.start()
    case.call(_ask, made)
    case.show("socket", type(made.socket).__module__)
    made.stop()
    case.show("closed", sock.fileno())


def a_handler_that_fails(case):
    def fail(sock, address):
        sock.sendall(b"before")
        raise ValueError("in the handler")

    made = _make(case, fail)
    case.call(_ask, made)
    case.call(_ask, made)
    case.attributes(made, "started", "delay")
    made.stop()


def a_handler_that_keeps_the_socket(case):
    kept = []
    made = _make(case, lambda sock, address: kept.append(sock))
    case.call(_ask, made)
    case.show("closed", kept[0].closed)
    made.stop()


@each("close", "stop", "kill")
def serve_forever_ends(case, how):
    made = server.StreamServer(("127.0.0.1", 0), _echo)
    runner = gevent.spawn(made.serve_forever)
    gevent.sleep(0.005)
    case.show("started", made.started)
    if how == "kill":
        runner.kill()
    else:
        getattr(made, how)()
    case.call(runner.join, 1)
    case.show("dead", (runner.dead, runner.exception, made.started, made.closed))


def serve_forever_in_use(case):
    with _make(case, _echo) as made:
        case.call(server.StreamServer(made.address, _echo).serve_forever)
    case.show("closed", made.closed)


@each("stop", "close")
def running_handlers_when_it_ends(case, how):
    for spawn in ("default", 3):
        ended = []

        def wait(sock, address, ended=ended):
            try:
                gevent.sleep(5)
            except BaseException as error:
                ended.append(type(error).__name__)
                raise

        made = _make(case, wait, spawn=spawn)
        client = socket.create_connection(made.address)
        gevent.sleep(0.005)
        case.named_call(how, getattr(made, how), *((0.01,) if how == "stop" else ()))
        case.show("ended", ended)
        client.settimeout(0.01)
        case.call(client.recv, 1)
        client.close()


def a_full_pool(case):
    free = gevent.event.Event()

    def wait(sock, address):
        sock.sendall(b"in")
        free.wait()

    made = _make(case, wait, spawn=1)
    first = socket.create_connection(made.address)
    case.call(first.recv, 5)
    second = socket.create_connection(made.address, timeout=0.02)
    case.call(second.recv, 5)
    case.show("full", made.full())
    free.set()
    case.call(second.recv, 5)
    made.stop()


def a_subclass_restarts(case):
    class Mine(server.StreamServer):
        def handle(self, sock, address):
            _echo(sock, address)

    made = Mine(("127.0.0.1", 0))
    made.start()
    case.hide(made.address[1], "PORT")
    case.show("running", str(made))
    case.call(_ask, made)
    made.stop()
    case.call(made.start)
    case.call(_ask, made)
    made.stop()


def start_again_without_a_handler(case):
    made = _make(case, _echo)
    made.stop()
    case.call(made.start)
    case.attributes(made, "started", "closed")


def start_a_datagram_server_again(case):
    made = server.DatagramServer(("127.0.0.1", 0), print)
    made.start()
    made.stop()
    case.call(made.start)
    case.attributes(made, "started", "closed")
    made.stop()


@each("BaseServer", "StreamServer", "DatagramServer")
def before_it_starts(case, kind):
    kind = getattr(server, kind)
    made = kind(("127.0.0.1", 0), print)
    case.attributes(
        made, "started", "closed", "address", "family", "server_port", "pool"
    )
    case.show("handle", made._handle is print)
    case.call(made.full)
    case.call(made.stop_accepting)
    case.call(made.is_fatal_error, OSError(9, "x"))
    case.call(made.is_fatal_error, ValueError())
    case.call(made.close)
    case.attributes(made, "handle")
    case.call(made.stop)


def a_datagram_server(case):
    def answer(data, address):
        made.sendto(data.upper(), address)

    made = server.DatagramServer(("127.0.0.1", 0), answer)
    made.start()
    case.hide(made.address[1], "PORT")
    case.show("server", str(made))
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.settimeout(0.1)
    sock.connect(made.address)
    for data in (b"hi", b"", b"x" * 9000):
        sock.send(data)
        case.named_call("length", lambda: len(sock.recv(10000)))
    case.call(made.sendto, b"x")
    case.call(made.sendto, "x", made.address)
    made.stop()
    case.call(made.sendto, b"x", made.address)


@each({"backlog": 1}, {"ssl_context": None}, {"nosuch": 1}, {"spawn": 1})
def options_of_a_datagram_server(case, options):
    case.named_call(
        "made", lambda: str(server.DatagramServer(("127.0.0.1", 0), print, **options))
    )


@each({"ssl_context": None}, {"nosuch": 1}, {"keyfile": "x"}, {"certfile": "/nosuch"})
def options_of_tls(case, options):
    made = case.named_call(
        "made", server.StreamServer, ("127.0.0.1", 0), _echo, **options
    )
    if made is not None:
        case.attributes(made, "ssl_enabled", "ssl_args")
        made.start()
        case.call(_ask, made)
        made.stop()


def another_handle_later(case):
    made = _make(case, _echo)
    case.call(made.set_handle, lambda sock, address: sock.sendall(b"other"))
    case.call(_ask, made)
    made.handle = _echo
    case.call(_ask, made)
    made.stop()
    made = server.StreamServer(("127.0.0.1", 0), _echo)
    made.handle = lambda sock, address: sock.sendall(b"other")
    made.start()
    case.call(_ask, made)
    made.stop()


def stopped_by_its_handler(case):
    def stop(sock, address):
        sock.sendall(b"bye")
        made.stop()

    made = _make(case, stop)
    case.call(_ask, made)
    case.attributes(made, "started", "closed")


def the_listener_is_closed_below(case):
    made = _make(case, _echo)
    made.socket.close()
    case.attributes(made, "started")
    case.call(made.stop)


def a_context_manager(case):
    with server.StreamServer(("127.0.0.1", 0), _echo) as made:
        case.show("started", made.started)
        made.start()
        case.call(_ask, made)
    case.show("closed", made.closed)


def a_unix_socket(case):
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        made = server.StreamServer(listener, _echo)
        made.start()
        case.show("host", (made.server_host, made.server_port, made.address == path))
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        client.sendall(b"hi")
        case.call(client.recv, 5)
        made.stop()


def it_goes_on_after_an_error_of_accepting(case):
    class Mine(server.StreamServer):
        n = 0

        def do_read(self):
            Mine.n += 1
            if Mine.n == 1:
                raise OSError(24, "too many")
            return server.StreamServer.do_read(self)

    made = Mine(("127.0.0.1", 0), _echo)
    made.start()
    case.hide(made.address[1], "PORT")
    case.call(_ask, made)
    case.attributes(made, "started", "delay")
    made.stop()


@each(9, 22, 88, 24)
def an_error_of_accepting(case, number):
    class Mine(server.StreamServer):
        def do_read(self):
            raise OSError(number, "of accepting")

    made = Mine(("127.0.0.1", 0), _echo)
    made.start()
    case.hide(made.address[1], "PORT")
    with socket.create_connection(made.address):
        gevent.sleep(0.002)
    case.attributes(made, "started", "closed")
    made.stop()
