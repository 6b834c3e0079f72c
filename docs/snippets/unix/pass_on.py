"""Hand an open connection to another process over a unix socket."""

import os

from gevent import os as gevent_os
from gevent import socket

ours, theirs = socket.socketpair(socket.AF_UNIX)
pid = gevent_os.fork()
if pid == 0:
    ours.close()
    _, (fd,), _, _ = socket.recv_fds(theirs, 100, 1)
    with socket.socket(fileno=fd) as connection:
        connection.sendall(b"hello from another process")
    os._exit(0)
theirs.close()
left, right = socket.socketpair()
socket.send_fds(ours, [b"a connection"], [right.fileno()])
right.close()
print(left.recv(100))
gevent_os.waitpid(pid, 0)
left.close()
ours.close()
