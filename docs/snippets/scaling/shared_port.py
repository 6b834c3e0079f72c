"""Several processes listen on one port; the kernel shares connections out."""

import os
import signal
import sys

from gevent import socket, subprocess
from gevent.server import StreamServer


# begin: server
class Server(StreamServer):
    """One of several at the same port."""

    reuse_port = True  # SO_REUSEPORT


def tell(sock, address):
    """Say which process this is."""
    sock.sendall(str(os.getpid()).encode())


def serve(port):
    """Serve until SIGTERM."""
    server = Server(("127.0.0.1", port), tell)
    server.start()
    print("ready", flush=True)
    server.serve_forever(stop_timeout=5, handle_signals=True)


# end: server
def main():
    """Start two of them, and ask."""
    with socket.socket() as reserved:  # holds the port for the children
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        address = reserved.getsockname()
        command = [sys.executable, __file__, str(address[1])]
        children = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
        for child in children:
            child.stdout.readline()
        pids = set()
        while len(pids) < 2:
            with socket.create_connection(address, timeout=5) as sock:
                pids.add(int(sock.recv(20)))
        print("both answer:", pids == {child.pid for child in children})
        for child in children:
            child.send_signal(signal.SIGTERM)
            print("exit status", child.wait())
            child.stdout.close()


if __name__ == "__main__":
    serve(int(sys.argv[1])) if len(sys.argv) > 1 else main()
