"""What gunicorn serves."""

import os
import socket
import time

from gevent.event import Event

n_waiting = 0
all_here = Event()


def together():
    """Wait until three requests are here."""
    global n_waiting
    n_waiting += 1
    if n_waiting == 3:
        all_here.set()
    all_here.wait()
    return b"3 were here"


def until_told():
    """Wait until the test says that the arbiter has closed its socket."""
    print("waiting for the end", flush=True)
    while not os.path.exists("told"):
        time.sleep(0.02)
    return b"after the end"


def application(environ, start_response):
    """Answer a request."""
    path = environ["PATH_INFO"]
    if path == "/boom":
        raise RuntimeError("boom")
    body = b"hello"
    if path == "/echo":
        body = environ["wsgi.input"].read()
    elif path == "/pid":
        body = b"%d" % os.getpid()
    elif path == "/patched":
        body = socket.socket.__module__.partition(".")[0].encode()
    elif path == "/together":
        body = together()
    elif path == "/until-told":
        body = until_told()
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/stream":
        return (b"%d\n" % number for number in range(3))
    return [body]
