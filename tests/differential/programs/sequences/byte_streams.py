"""Random operations on socket pairs, pipes behind FileObjects, and their ends."""

from __future__ import annotations

import os
import socket as standard

from differential import sequence

import gevent
from gevent.fileobject import FileObjectPosix
from gevent.socket import socketpair

MODULE = "gevent.socket"

LONG = 3.0


class PlayPair:
    """Operations on the two ends of a socket pair."""

    def __init__(self, case):
        self.case = case
        self.ends = socketpair()
        self.greenlets = []
        for end in self.ends:
            end.settimeout(0.001)

    def _start(self, what, function, *arguments):
        number = len(self.greenlets)

        def body():
            self.case.named_call(f"{number} {what}", function, *arguments)

        self.greenlets.append(gevent.spawn(body))

    def send(self, end, data):
        return self.ends[end].send(data.encode())

    def sendall(self, end, n):
        return self.ends[end].sendall(b"x" * n)

    def recv(self, end, n):
        return self.ends[end].recv(n)

    def peek(self, end):
        return self.ends[end].recv(5, standard.MSG_PEEK)

    def recv_into(self, end):
        buffer = bytearray(4)
        return self.ends[end].recv_into(buffer), buffer

    def receiver(self, end):
        self._start("receives", self.ends[end].recv, 3)

    def shutdown(self, end, how):
        self.ends[end].shutdown(how)

    def settimeout(self, end, timeout):
        self.ends[end].settimeout(timeout)
        return self.ends[end].gettimeout(), self.ends[end].getblocking()

    def close(self, end):
        self.ends[end].close()

    def looks(self, end):
        return self.ends[end].fileno() >= 0

    def kill(self, number):
        if number < len(self.greenlets):
            self.greenlets[number].kill(block=False)

    def run(self):
        gevent.sleep(0)

    def pause(self):
        gevent.sleep(0.005)


ENDS = [0, 1]


@sequence(
    send=[ENDS, ["a", "bc", ""]],
    sendall=[ENDS, [0, 10, 400_000]],
    recv=[ENDS, [0, 1, 3, 100]],
    peek=[ENDS],
    recv_into=[ENDS],
    receiver=[ENDS],
    shutdown=[ENDS, [0, 1, 2]],
    settimeout=[ENDS, [0, 0.001]],
    close=[ENDS],
    looks=[ENDS],
    kill=[[0, 1]],
    run=[],
    pause=[],
)
def socket_pair(case, operations):
    play = PlayPair(case)
    for operation in operations:
        name, *arguments = operation
        case.named_call(str(operation), getattr(play, name), *arguments)
    gevent.sleep(0)
    gevent.killall(play.greenlets)
    for end in play.ends:
        end.close()


class PlayFile:
    """Operations on a pipe whose reading end is a file object."""

    def __init__(self, case, mode):
        self.case = case
        number, self.writer = os.pipe()
        self.file = FileObjectPosix(number, mode)
        self.is_open = True

    def feed(self, data):
        if self.is_open:
            os.write(self.writer, data.encode())

    def end(self):
        if self.is_open:
            self.is_open = False
            os.close(self.writer)

    def _bounded(self, function, *arguments):
        with gevent.Timeout(0.002, False):
            return function(*arguments)
        return "waits"

    def read(self, n):
        return self._bounded(self.file.read, n)

    def readline(self):
        return self._bounded(self.file.readline)

    def readlines(self):
        return self._bounded(self.file.readlines)

    def iterate(self):
        return self._bounded(next, iter(self.file))

    def close(self):
        self.file.close()

    def looks(self):
        file = self.file
        return file.closed, file.readable(), file.writable(), file.seekable()


@sequence(
    feed=[["abc", "line\n", "two\nlines\n"]],
    end=[],
    read=[[0, 1, 4]],
    readline=[],
    readlines=[],
    iterate=[],
    close=[],
    looks=[],
)
def file_of_bytes(case, operations):
    _play_file(case, "rb", operations)


@sequence(
    feed=[["abc", "line\n", "two\r\nlines\n"]],
    end=[],
    read=[[0, 1, 4]],
    readline=[],
    iterate=[],
    close=[],
    looks=[],
)
def file_of_text(case, operations):
    _play_file(case, "r", operations)


def _play_file(case, mode, operations):
    play = PlayFile(case, mode)
    for operation in operations:
        name, *arguments = operation
        case.named_call(str(operation), getattr(play, name), *arguments)
    play.end()
    play.file.close()
