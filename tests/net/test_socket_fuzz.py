"""Random closing and reopening: nobody ever gets what was meant for another socket.

Every connection has a tag, and its bytes are the tag over and over. Descriptors are
closed and numbers used again under greenlets that wait, in every order that comes up.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random

import pytest

import gevent
from gevent import select, socket

pytestmark = pytest.mark.pure

# Connections at a time: few, so that numbers are used again at once.
N_PLACES = 8
# Of each of the five runs.
N_STEPS = 20_000
ENDS = {errno.EBADF, errno.ECONNRESET, errno.EPIPE}


class Connection:
    """Two sockets that know each other, and who reads from the first."""

    def __init__(self, serial):
        self.tag = serial.to_bytes(4, "big")
        self.here, self.there = socket.socketpair()
        self.reader = None

    def read(self, here):
        """Read until the end; whatever comes is ours."""
        data = b""
        try:
            while part := here.recv(64):
                data += part
        except OSError as error:
            if error.errno not in ENDS:
                raise
        assert data == self.tag * (len(data) // 4)

    def watch(self):
        """Wait for the first socket together with others."""
        number = self.here.fileno()
        if number >= 0:
            ready, _, _ = select.select([number], [], [], 10)
            assert ready == [number]


class Fuzz:
    """Takes random steps with a few connections."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.n_made = 0
        self.places = [self.make() for _ in range(N_PLACES)]
        self.greenlets = []

    def make(self):
        self.n_made += 1
        return Connection(self.n_made)

    def step(self):
        at = self.random.randrange(N_PLACES)
        step = self.random.choice(
            (self.read, self.read, self.send, self.send, self.send, self.watch)
            + (
                self.close,
                self.reopen,
                self.reopen,
                self.hand_over,
                self.end,
                self.kill,
            )
            + (self.let_run, self.let_run)
        )
        step(at)

    def spawn(self, function, *args):
        greenlet = gevent.spawn(function, *args)
        self.greenlets.append(greenlet)
        return greenlet

    def read(self, at):
        place = self.places[at]
        if place.reader is None or place.reader.dead:
            place.reader = self.spawn(place.read, place.here)

    def watch(self, at):
        self.spawn(self.places[at].watch)

    def send(self, at):
        place = self.places[at]
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            if place.there.fileno() >= 0:
                place.there.send(place.tag)

    def close(self, at):
        self.places[at].here.close()

    def reopen(self, at):
        place = self.places[at]
        for each in (place.here, place.there):
            each.close()
        self.places[at] = self.make()

    def hand_over(self, at):
        """Give the descriptor to another object, and use that from now on."""
        place = self.places[at]
        number = place.here.detach()
        if number >= 0:
            place.here = socket.socket(fileno=os.dup(number))
            os.close(number)
            place.reader = None

    def end(self, at):
        place = self.places[at]
        if place.here.fileno() >= 0:
            place.here.shutdown(self.random.choice((0, 2)))

    def kill(self, at):
        place = self.places[at]
        if place.reader is not None:
            place.reader.kill(block=self.random.random() < 0.5)

    def let_run(self, _):
        gevent.sleep(0)

    def finish(self):
        """Close everything; nobody must be left waiting."""
        for place in self.places:
            place.here.close()
            place.there.close()
        gevent.joinall(self.greenlets, timeout=30, raise_error=True)
        assert all(each.dead for each in self.greenlets)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_closing_and_reopening_in_any_order(seed):
    fuzz = Fuzz(seed)
    for _ in range(N_STEPS):
        fuzz.step()
        if len(fuzz.greenlets) > 1000:
            fuzz.greenlets = [each for each in fuzz.greenlets if not each.successful()]
    fuzz.finish()
