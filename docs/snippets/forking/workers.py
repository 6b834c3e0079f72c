"""Fork workers that share a listener, and wait for them."""

import os
import signal

import gevent
from gevent import os as gevent_os
from gevent import socket
from gevent.server import StreamServer


def tell(sock, address):
    """Say which process this is."""
    sock.sendall(str(os.getpid()).encode())


server = StreamServer(("127.0.0.1", 0), tell)
server.max_accept = 1  # a busy process leaves connections to the others
server.init_socket()  # binds and listens, before the fork
children = []
for _ in range(2):
    pid = gevent.fork()
    if pid == 0:
        server.serve_forever(stop_timeout=5, handle_signals=True)
        os._exit(0)
    children.append(pid)

answers = set()
for _ in range(5):
    with socket.create_connection(server.address, timeout=5) as sock:
        answers.add(int(sock.recv(20)))
print("answered by children:", answers <= set(children))
server.close()
for pid in children:
    os.kill(pid, signal.SIGTERM)
for pid in children:
    _, status = gevent_os.waitpid(pid, 0)  # of gevent, for a child of gevent.fork
    print("exit status", os.waitstatus_to_exitcode(status))
