"""``gevent.run`` at random moments of a busy service: nothing is lost.

``GEVENT_STORM=1000`` says how many moments; ``GEVENT_STORM_SEED`` which.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess as stdlib_subprocess
import sys
from pathlib import Path

import pytest

import gevent
from gevent import socket, subprocess

SERVICE = Path(__file__).with_name("storm_service.py")
N_MOMENTS = int(os.environ.get("GEVENT_STORM", "20"))
SEED = int(os.environ.get("GEVENT_STORM_SEED", "1"))
LOST = "lost"


def ask(port, request):
    """Ask once: the answer, None if nobody listens, or what was lost."""
    try:
        sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    except OSError:
        return None
    with sock:
        gevent.getcurrent().is_connected = True
        try:
            sock.sendall(request)
            answer = b"".join(iter(lambda: sock.recv(1000), b""))
        except OSError as error:
            return f"{LOST}: {error!r}"
    return answer or f"{LOST}: closed"


def ask_until_refused(port, request, expected, lost):
    while (answer := ask(port, request)) is not None:
        gevent.getcurrent().is_connected = False
        if not isinstance(answer, bytes) or expected not in answer:
            lost.append((request, answer))


def clients_of(ports, lost):
    http = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    chunked = (
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )
    kinds = [
        (ports["http"], http, b"part two\r\n0\r\n\r\n"),
        (ports["http"], chunked, b"part two\r\n0\r\n\r\n"),
        (ports["pooled"], b"pooled", b"answer to pooled"),
        (ports["free"], b"free", b"answer to free"),
    ]
    return [
        gevent.spawn(ask_until_refused, *kind, lost) for kind in kinds for _ in range(3)
    ]


def run_once(signals, wait, gap):
    """Run the service, send signals; return (status, what was lost, report, errors)."""
    process = subprocess.Popen(
        [sys.executable, str(SERVICE)],
        stdout=stdlib_subprocess.PIPE,
        stderr=stdlib_subprocess.PIPE,
        cwd=SERVICE.parents[2],
        env={**os.environ, "PYTHONPATH": str(SERVICE.parents[2])},
    )
    with process, gevent.Timeout(60):
        lost = []
        clients = clients_of(json.loads(process.stdout.readline()), lost)
        gevent.sleep(wait)
        for number in signals:
            process.send_signal(number)
            gevent.sleep(gap)
        out, err = process.communicate()
        # Others are kept out: they try again in a second, and find nobody.
        for each in clients:
            if not getattr(each, "is_connected", False):
                each.kill()
        gevent.joinall(clients, raise_error=True)
    lines = out.splitlines()
    return process.returncode, lost, json.loads(lines[-1]) if lines else None, err


@pytest.mark.parametrize("chunk", range(max(1, N_MOMENTS // 10)))
def test_at_sigterm_no_request_is_lost_and_every_finally_runs(chunk):
    chance = random.Random(f"term {SEED} {chunk}")
    for _ in range(10):
        wait = chance.random() * 0.1
        status, lost, report, err = run_once([signal.SIGTERM], wait, 0)
        assert (status, lost, err) == (0, [], b""), (wait, report)
        assert report["left"] == {}, wait
        assert report["begun"]["main"] == 1


@pytest.mark.parametrize("chunk", range(max(1, N_MOMENTS // 10)))
def test_at_two_sigints_every_finally_runs(chunk):
    chance = random.Random(f"int {SEED} {chunk}")
    for _ in range(10):
        wait, gap = chance.random() * 0.1, chance.random() * 0.03
        status, _, report, err = run_once([signal.SIGINT] * 2, wait, gap)
        assert status == -signal.SIGINT, (wait, gap, err)
        assert report is not None, (wait, gap, err)
        assert report["left"] == {}, (wait, gap, err)
        assert err.count(b"KeyboardInterrupt") == 1, err
        assert err.count(b"Traceback") == 1, err
