"""A client and a server over a slow network in memory, which is cut."""

import gevent
from gevent import socket
from gevent.server import StreamServer
from gevent.virtual import Network, virtual_time


def echo(sock, address):
    try:
        while data := sock.recv(4096):
            sock.sendall(data)
    except ConnectionResetError:
        return


network = Network(latency=0.25, fragment=True)
with virtual_time(seed=7, network=network) as clock:
    StreamServer(("echo.example", 7), echo).start()
    with socket.create_connection(("echo.example", 7)) as client:
        client.sendall(b"hello")
        pieces = []
        while sum(map(len, pieces)) < 5:
            pieces.append(client.recv(4096))
        print(b"".join(pieces), "after", clock.elapsed, "seconds")
        gevent.spawn_later(10, network.cut, ("echo.example", 7))
        try:
            client.recv(1)
        except ConnectionResetError:
            print("cut after", clock.elapsed, "seconds")
