"""Restarts of a server under load: what clients lose of their requests.

A new process begins to serve; then the old one is told to end by SIGTERM. They have the
same listener (``"fd:3"``), or each its own at one port (SO_REUSEPORT).
"""

from __future__ import annotations

import signal
import socket as stdlib
import sys
from dataclasses import dataclass, field

import gevent
from gevent import socket, subprocess

SERVER = """
import sys
import gevent
from gevent.pywsgi import WSGIServer

class Server(WSGIServer):
    reuse_port = True

def application(environ, start_response):
    gevent.sleep(0.001)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]

server = Server(sys.argv[1], application, log=None)
server.start()
print("ready", flush=True)
server.serve_forever(handle_signals=True)
"""


@dataclass
class Outcome:
    """What clients have seen.

    Attributes:
        served: Requests that were answered.
        lost: What was wrong with the others.
        retried: Requests that found a connection closed that had served before: there
            any client has to try again (RFC 9112, 9.5).
        statuses: How the processes have ended.
    """

    served: int = 0
    lost: list[str] = field(default_factory=list)
    retried: int = 0
    statuses: list[int] = field(default_factory=list)


class Rolling:
    """Some processes, one after the other, that serve at one address.

    Args:
        shares_port: Whether each has a listener of its own.
    """

    def __init__(self, *, shares_port: bool):
        self.shares_port = shares_port
        self.outcome = Outcome()
        self.socket = stdlib.socket()
        if shares_port:
            # It only keeps the port.
            self.socket.setsockopt(stdlib.SOL_SOCKET, stdlib.SO_REUSEPORT, 1)
        self.socket.bind(("127.0.0.1", 0))
        if not shares_port:
            self.socket.listen(1024)
        self.address = self.socket.getsockname()
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        number = self.socket.fileno()
        listener = (
            f"127.0.0.1:{self.address[1]}" if self.shares_port else f"fd:{number}"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, listener],
            stdout=subprocess.PIPE,
            pass_fds=() if self.shares_port else (number,),
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    def restart(self) -> None:
        """Start a process, and end the one before."""
        old, self.process = self.process, self._start()
        self._end(old)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGTERM)
        self.outcome.statuses.append(process.wait(30))
        assert process.stdout is not None
        process.stdout.close()

    def close(self) -> None:
        """End the last one."""
        self._end(self.process)
        self.socket.close()

    def run(self, n_requests: int, n_restarts: int, n_clients: int) -> Outcome:
        """Send requests, restart meanwhile, and return what became of them."""
        left = iter(range(n_requests))
        clients = [gevent.spawn(self._client, left) for _ in range(n_clients)]
        for n in range(n_restarts):
            while self.outcome.served < n_requests * (n + 1) // (n_restarts + 1):
                gevent.sleep(0.001)
                if all(client.ready() for client in clients):
                    break
            self.restart()
        gevent.joinall(clients, raise_error=True)
        self.close()
        return self.outcome

    def _client(self, left) -> None:
        """Send requests, some of them over a connection that was used already."""
        sock = None
        for n in left:
            path = b"/%d" % n
            if sock is not None:
                is_answered = self._ask(sock, path, may_be_over=True)
                if is_answered is None:
                    self.outcome.retried += 1
                    sock = self._connect(path)
            else:
                sock = self._connect(path)
            if sock is not None and n % 7 == 0:
                sock.close()
                sock = None
        if sock is not None:
            sock.close()

    def _connect(self, path: bytes) -> socket.socket | None:
        """Connect and ask; return the socket if it goes on."""
        try:
            sock = socket.create_connection(self.address, timeout=30)
        except OSError as error:
            self.outcome.lost.append(f"connect: {error!r}")
            return None
        if self._ask(sock, path, may_be_over=False):
            return sock
        sock.close()
        return None

    def _ask(self, sock: socket.socket, path: bytes, *, may_be_over: bool):
        """Send a request; return whether it was answered, None: nothing at all came."""
        got = b""
        error = None
        try:
            sock.sendall(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path)
            while not got.endswith(b"\r\n\r\n" + path):
                data = sock.recv(65536)
                if not data:
                    break
                got += data
        except OSError as broken:
            error = broken
        if got.startswith(b"HTTP/1.1 200 OK\r\n") and got.endswith(path):
            self.outcome.served += 1
            return True
        if may_be_over and not got:
            sock.close()
            return None
        self.outcome.lost.append(f"{path!r}: {got!r} {error!r}")
        return False
