"""A server for datagrams, and a client that asks again."""

from gevent import socket
from gevent.server import DatagramServer


# begin: server
class Shouter(DatagramServer):
    """Sends every datagram back in capitals, but loses each second one."""

    n_received = 0

    def handle(self, data, address):
        """Answer one datagram."""
        self.n_received += 1
        if self.n_received % 2 == 0:
            self.socket.sendto(data.upper(), address)


server = Shouter(("127.0.0.1", 0))
server.start()
# end: server


# begin: client
def ask(address, question, n_attempts=3, seconds=0.2):
    """Send a question until there is an answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(address)  # so that only this peer's datagrams come in
        sock.settimeout(seconds)
        for attempt in range(1, n_attempts + 1):
            sock.send(question)
            try:
                return attempt, sock.recv(65535)
            except TimeoutError:
                continue
    raise TimeoutError(f"no answer from {address} in {n_attempts} attempts")


attempt, answer = ask(("127.0.0.1", server.server_port), b"hello")
print(f"{answer} at attempt {attempt}")
# end: client

address = ("127.0.0.1", server.server_port)
server.stop()
try:
    ask(address, b"hello")
except ConnectionRefusedError:
    print("nobody is there")
