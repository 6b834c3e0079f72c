"""Sockets of zmq.green."""

import zmq.green as zmq

import gevent

context = zmq.Context()


def serve(sock, n):
    """Answer questions."""
    for _ in range(n):
        sock.send(b"re:" + sock.recv())


answering = context.socket(zmq.REP)
port = answering.bind_to_random_port("tcp://127.0.0.1")
server = gevent.spawn(serve, answering, 100)
asking = context.socket(zmq.REQ)
asking.connect(f"tcp://127.0.0.1:{port}")
n_answered = 0
for number in range(100):
    asking.send(b"%d" % number)
    n_answered += asking.recv() == b"re:%d" % number
server.get()
print("answered:", n_answered)

pull = context.socket(zmq.PULL)
pull.bind("inproc://work")


def push(number):
    """Send a hundred messages."""
    sock = context.socket(zmq.PUSH)
    sock.connect("inproc://work")
    for part in range(100):
        sock.send_json([number, part])
    return sock


pushing = [gevent.spawn(push, number) for number in range(5)]
got = [pull.recv_json() for _ in range(500)]
order = [[part for who, part in got if who == number] for number in range(5)]
print("in order:", order == [list(range(100))] * 5)
with gevent.Timeout(0.1, False):
    pull.recv()
    raise SystemExit("it came from nowhere")
print("timed out")
poller = zmq.Poller()
poller.register(pull, zmq.POLLIN)
gevent.spawn(pushing[0].get().send, b"late")
print("polled:", dict(poller.poll(50_000))[pull])
for each in pushing:
    each.get().close()
context.destroy(linger=0)
