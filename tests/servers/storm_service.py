"""A busy service, run by ``tests/servers/test_storm.py``; says whether all ended."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter

import gevent
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer

counts = Counter()


def say(**what):
    os.write(1, json.dumps(what).encode() + b"\n")


class noted:
    """Counts who begins, and who has cleaned up, which takes a moment."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        counts[self.name, "begun"] += 1

    def __exit__(self, *_):
        try:
            # A cancel that comes just now cuts this short, not what it cuts short.
            gevent.sleep(0.001)
        finally:
            counts[self.name, "ended"] += 1


def application(environ, start_response):
    with noted("request"):
        gevent.sleep(0.005)
        helper = gevent.spawn(work, "helper", 0.002)
        start_response("200 OK", [("Content-Type", "text/plain")])
        helper.join()
        yield b"part one, "
        gevent.sleep(0.003)
        yield b"part two"


def handle(sock, address):
    with noted("handler"):
        request = sock.recv(100)
        gevent.sleep(0.005)
        sock.sendall(b"answer to " + request)


def work(name, seconds):
    with noted(name):
        gevent.sleep(seconds)


def tick(name):
    with noted(name):
        while True:
            gevent.spawn(work, "short", 0.01)
            gevent.sleep(0.002)


def main():
    with noted("main"):
        http = WSGIServer(("127.0.0.1", 0), application, log=None, spawn=Pool(3))
        pooled = StreamServer(("127.0.0.1", 0), handle, spawn=2)
        free = StreamServer(("127.0.0.1", 0), handle)
        for server in (http, pooled, free):
            server.start()
        for _ in range(3):
            gevent.spawn(tick, "bare")
            gevent.spawn_raw(tick, "raw")
        with gevent.TaskGroup() as group:
            for _ in range(3):
                group.spawn(tick, "member")
            group.spawn_service(tick, "service")
            gevent.sleep(0.01)
            say(
                http=http.server_port,
                pooled=pooled.server_port,
                free=free.server_port,
            )
            gevent.sleep(60)


try:
    gevent.run(main)
finally:
    begun = {name: n for (name, what), n in counts.items() if what == "begun"}
    left = {
        name: n - counts[name, "ended"]
        for name, n in begun.items()
        if n != counts[name, "ended"]
    }
    say(begun=begun, left=left)
    sys.stdout.flush()
