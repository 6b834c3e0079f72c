"""Programs that use sockets, TLS, select and selectors after patching."""

from __future__ import annotations

import os
import select
import selectors
import socket
import socketserver
import ssl
import threading
from contextlib import closing

from differential import each

MODULE = "gevent.monkey"
PATCHED = True


def _beside(function, *arguments):
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread


def kinds_of_things(case):
    with socket.socket() as sock:
        case.show("socket", isinstance(sock, socket.socket))
        case.show("type", isinstance(sock, socket.SocketType))
    context = ssl.create_default_context()
    case.show("context", isinstance(context, ssl.SSLContext))
    context = ssl._create_unverified_context()
    with context.wrap_socket(socket.socket()) as sock:
        case.show(
            "tls", (isinstance(sock, ssl.SSLSocket), isinstance(sock, socket.socket))
        )
    for name in ("epoll", "poll", "select", "kqueue"):
        case.show(name, hasattr(select, name))


@each(
    socketserver.ThreadingTCPServer,
    socketserver.TCPServer,
    socketserver.ThreadingUDPServer,
)
def a_socketserver(case, kind):
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            if isinstance(self.request, tuple):
                self.request[1].sendto(self.request[0].upper(), self.client_address)
            else:
                self.request.sendall(self.request.recv(10).upper())

    with kind(("127.0.0.1", 0), Handler) as server:
        runner = _beside(server.serve_forever, 0.01)
        sock = socket.socket(type=server.socket_type)
        sock.settimeout(1)
        sock.connect(server.server_address)
        for _ in range(1):
            sock.sendall(b"hi")
            case.call(sock.recv, 10)
        sock.close()
        server.shutdown()
        runner.join()


def select_among_threads(case):
    pairs = [socket.socketpair() for _ in range(3)]

    def send():
        for _, other in pairs:
            other.sendall(b"x")

    _beside(send).join()
    readable, writable, _ = select.select([p[0] for p in pairs], [pairs[0][1]], [], 1)
    case.show("ready", (len(readable), len(writable)))
    for one, other in pairs:
        one.close()
        other.close()


@each(selectors.DefaultSelector, selectors.SelectSelector, selectors.PollSelector)
def a_selector(case, kind):
    one, other = socket.socketpair()
    with kind() as selector:
        selector.register(one, selectors.EVENT_READ, "one")
        case.call(selector.select, 0)
        sender = _beside(other.sendall, b"x")
        case.named_call("ready", lambda: [(k.data, e) for k, e in selector.select(1)])
        sender.join()
        case.call(one.recv, 5)
        case.named_call("unregister", lambda: selector.unregister(one).data)
    one.close()
    other.close()


def poll_of_a_socket(case):
    one, other = socket.socketpair()
    poll = select.poll()
    poll.register(one, select.POLLIN)
    case.call(poll.poll, 1)
    _beside(other.close).join()
    case.named_call("events", lambda: [e & 1 for _, e in poll.poll(500)])
    one.close()


@each(None, 0.01, 0)
def a_timeout(case, timeout):
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(timeout)
        if timeout is None:
            client = socket.create_connection(listener.getsockname())
            accepted, _ = listener.accept()
            case.call(accepted.gettimeout)
            accepted.close()
            client.close()
        else:
            case.call(listener.accept)


def lines_over_makefile(case):
    one, other = socket.socketpair()

    def write():
        with other.makefile("w") as file:
            for number in range(3):
                print(number, file=file, flush=True)
        other.close()

    writer = _beside(write)
    with one.makefile("r") as file:
        case.show("lines", list(file))
    writer.join()
    one.close()


def an_http_server(case):
    import http.client
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        runner = _beside(server.serve_forever, 0.01)
        connection = http.client.HTTPConnection(*server.server_address, timeout=1)
        connection.request("GET", "/")
        answer = connection.getresponse()
        case.show("answer", (answer.status, answer.read()))
        connection.close()
        server.shutdown()
        runner.join()


def a_pipe_between_threads(case):
    reading, writing = os.pipe()
    _beside(os.write, writing, b"x").join()
    case.call(os.read, reading, 5)
    case.named_call("select", lambda: len(select.select([reading], [], [], 0.001)[0]))
    os.close(reading)
    os.close(writing)


def shared_between_threads(case):
    one, other = socket.socketpair()
    found = []
    reader = _beside(lambda: found.append(one.recv(5)))
    other.sendall(b"abc")
    reader.join()
    case.show("found", found)
    one.close()
    case.call(one.recv, 1)
    case.call(other.recv, 1)
    other.close()


@each("gethostbyname", "getaddrinfo", "getfqdn", "gethostbyaddr", "getnameinfo")
def names(case, name):
    arguments = {
        "getaddrinfo": ("127.0.0.1", 80, 0, socket.SOCK_STREAM),
        "getnameinfo": (
            ("127.0.0.1", 80),
            socket.NI_NUMERICHOST | socket.NI_NUMERICSERV,
        ),
    }
    case.call(getattr(socket, name), *arguments.get(name, ("127.0.0.1",)))
