"""Programs about ``gevent.os``: descriptors and children."""

from __future__ import annotations

import os
import socket

from differential import each

import gevent
from gevent import os as gos

MODULE = "gevent.os"
TWIN = None


def _pipe(blocking=False):
    ends = os.pipe()
    for fd in ends:
        os.set_blocking(fd, blocking)
    return ends


def _close(*numbers):
    for fd in numbers:
        os.close(fd)


@each("nb_read", "tp_read")
def reading(case, name):
    read = getattr(gos, name)
    r, w = _pipe(blocking=name == "tp_read")
    os.write(w, b"data")
    case.call(read, r, 2)
    case.call(read, r, 100)
    gevent.spawn(os.write, w, b"later")
    case.call(read, r, 100)
    os.close(w)
    case.call(read, r, 100)
    case.call(read, r, 0)
    case.call(read, r, -1)
    os.close(r)
    case.call(read, r, 1)


@each("nb_write", "tp_write")
def writing(case, name):
    write = getattr(gos, name)
    r, w = _pipe(blocking=name == "tp_write")
    for data in (b"a", bytearray(b"b"), memoryview(b"c"), b"", "text", None, 5):
        case.call(write, w, data)
    case.show("read", os.read(r, 100))
    os.close(r)
    case.call(write, w, b"broken")
    os.close(w)
    case.call(write, w, b"closed")


def write_to_a_full_pipe_waits(case):
    r, w = _pipe()
    while True:
        try:
            os.write(w, b"x" * 65536)
        except BlockingIOError:
            break
    seen = []

    def empty():
        seen.append("emptied")
        while True:
            try:
                os.read(r, 1 << 20)
            except BlockingIOError:
                return

    gevent.spawn(empty)
    case.call(gos.nb_write, w, b"more")
    case.show("seen", seen)
    _close(r, w)


@each("nb_read", "nb_write")
def killed_while_waiting(case, name):
    r, w = _pipe()
    if name == "nb_write":
        while True:
            try:
                os.write(w, b"x" * 65536)
            except BlockingIOError:
                break
        waiting = gevent.spawn(gos.nb_write, w, b"x")
    else:
        waiting = gevent.spawn(gos.nb_read, r, 1)
    gevent.sleep(0)
    waiting.kill()
    case.show("value", waiting.value)
    with gevent.Timeout(0.01, False):
        if name == "nb_read":
            gos.nb_read(r, 1)
        else:
            gos.nb_write(w, b"y")
    case.show("timed out", True)
    _close(r, w)


def two_read_one_pipe(case):
    r, w = _pipe()
    found = []
    readers = [gevent.spawn(lambda: found.append(gos.nb_read(r, 1))) for _ in range(2)]
    gevent.sleep(0)
    os.write(w, b"ab")
    gevent.joinall(readers, timeout=2)
    case.show("found", sorted(found))
    _close(r, w)


@each("nb_read", "tp_read", "nb_write", "tp_write")
def odd_arguments(case, name):
    function = getattr(gos, name)
    last = b"" if "write" in name else 1
    for fd in ("x", None, -1, 10**6, object()):
        case.call(function, fd, last)
    case.call(function)
    case.call(function, 0)


def make_nonblocking(case):
    r, w = os.pipe()
    case.call(gos.make_nonblocking, r)
    case.call(gos.make_nonblocking, r)
    case.show("mode", (os.get_blocking(r), os.get_blocking(w)))
    _close(r, w)
    case.call(gos.make_nonblocking, r)
    case.call(gos.make_nonblocking, -1)
    case.call(gos.make_nonblocking, "x")
    case.call(gos.make_nonblocking)


def make_nonblocking_of_a_socket(case):
    a, b = socket.socketpair()
    case.call(gos.make_nonblocking, a)
    case.call(gos.make_nonblocking, b.fileno())
    case.show("timeout", a.gettimeout())
    case.call(gos.nb_write, a.fileno(), b"data")
    case.call(gos.nb_read, b.fileno(), 10)
    a.close()
    case.call(gos.nb_read, b.fileno(), 10)
    b.close()


@each("regular", "/dev/null", "/dev/zero")
def files(case, kind):
    import tempfile

    with tempfile.TemporaryFile() if kind == "regular" else open(kind, "r+b") as file:
        for write, read in ((gos.tp_write, gos.tp_read), (gos.nb_write, gos.nb_read)):
            case.call(write, file.fileno(), b"data")
            if kind == "regular":
                os.lseek(file.fileno(), 0, 0)
            case.call(read, file.fileno(), 10)


# -- children --------------------------------------------------------------------------


def _child(code=3):
    pid = gos.fork()
    if not pid:
        os._exit(code)
    return pid


@each("fork", "fork_gevent", "fork_and_watch")
def forked(case, name):
    pid = getattr(gos, name)()
    if not pid:
        gevent.sleep(0)
        os._exit(gevent.spawn(lambda: 7).get())
    found, status = gos.waitpid(pid, 0)
    case.show("waited", (found == pid, status))
    case.call(lambda: gos.waitpid(pid, 0))
    case.call(lambda: gos.waitpid(pid, os.WNOHANG))


@each("forkpty", "forkpty_gevent", "forkpty_and_watch")
def forked_with_a_terminal(case, name):
    pid, fd = getattr(gos, name)()
    if not pid:
        os.write(1, b"shown")
        os.read(0, 1)
        os._exit(4)
    case.show("read", os.read(fd, 5))
    os.write(fd, b"\n")
    case.show("waited", gos.waitpid(pid, 0) == (pid, 4 << 8))
    os.close(fd)


@each(0, os.WNOHANG, os.WUNTRACED, os.WUNTRACED | os.WNOHANG, os.WCONTINUED)
def options(case, value):
    r, w = os.pipe()
    pid = gos.fork()
    if not pid:
        os.close(w)
        os.read(r, 1)
        os._exit(5)
    os.close(r)
    if value & os.WNOHANG:
        case.call(gos.waitpid, pid, value)
    os.close(w)
    while True:
        found, status = gos.waitpid(pid, value)
        if found:
            break
        gevent.sleep(0.001)
    case.show("waited", (found == pid, status))


@each(-1, 0)
def any_child(case, pid):
    child = _child()
    case.show("waited", gos.waitpid(pid, 0) == (child, 3 << 8))
    case.call(gos.waitpid, pid, 0)


def no_children(case):
    for pid in (-1, 0, 1, os.getpid(), 2**22 + 1):
        case.call(gos.waitpid, pid, 0)
        case.call(gos.waitpid, pid, os.WNOHANG)


@each("x", None, 1.5, 2**70, -(2**40))
def odd_process(case, pid):
    case.call(gos.waitpid, pid, 0)
    case.call(gos.waitpid, -1, pid)


def killed_child(case):
    pid = gos.fork()
    if not pid:
        while True:
            gevent.sleep(1)
    os.kill(pid, 9)
    case.show("waited", gos.waitpid(pid, 0) == (pid, 9))


def stopped_child(case):
    pid = gos.fork()
    if not pid:
        while True:
            gevent.sleep(1)
    os.kill(pid, 19)
    found, status = gos.waitpid(pid, os.WUNTRACED)
    case.show("stopped", (found == pid, os.WIFSTOPPED(status)))
    os.kill(pid, 9)
    case.show("waited", gos.waitpid(pid, 0) == (pid, 9))


def others_run_while_one_waits(case):
    r, w = os.pipe()
    pid = gos.fork()
    if not pid:
        os.close(w)
        os.read(r, 1)
        os._exit(5)
    os.close(r)
    seen = []
    gevent.spawn(lambda: (seen.append("ran"), os.close(w)))
    case.show("waited", gos.waitpid(pid, 0) == (pid, 5 << 8))
    case.show("seen", seen)


def watched_with_a_callback(case):
    from gevent.event import AsyncResult

    told = AsyncResult()
    pid = gos.fork_and_watch(told.set)
    if not pid:
        os._exit(6)
    watcher = told.get(timeout=3)
    case.show("same", watcher.pid == pid == watcher.rpid)
    case.show("status", watcher.rstatus)


@each("ref", "loop", "fork")
def watched_with(case, name):
    values = {"ref": True, "loop": gevent.get_hub().loop, "fork": gos.fork_gevent}
    pid = gos.fork_and_watch(**{name: values[name]})
    if not pid:
        os._exit(6)
    case.show("waited", gos.waitpid(pid, 0) == (pid, 6 << 8))


def odd_forks(case):
    case.call(gos.fork_and_watch, missing=1)
    case.call(gos.fork_and_watch, fork=5)
    case.call(gos.fork_gevent, 1)


def greenlets_go_on_in_the_child(case):
    seen = []
    gevent.spawn(seen.append, "ran")
    pid = gos.fork()
    if not pid:
        gevent.sleep(0)
        gevent.sleep(0)
        os._exit(len(seen))
    case.show("waited", gos.waitpid(pid, 0)[1] >> 8)


def timeout_while_waiting(case):
    r, w = os.pipe()
    pid = gos.fork()
    if not pid:
        os.close(w)
        os.read(r, 1)
        os._exit(5)
    os.close(r)
    with gevent.Timeout(0.01, False):
        gos.waitpid(pid, 0)
    os.close(w)
    case.show("waited", gos.waitpid(pid, 0) == (pid, 5 << 8))


def killed_while_waiting_for_a_child(case):
    r, w = os.pipe()
    pid = gos.fork()
    if not pid:
        os.close(w)
        os.read(r, 1)
        os._exit(5)
    os.close(r)
    waiting = gevent.spawn(gos.waitpid, pid, 0)
    gevent.sleep(0)
    waiting.kill()
    os.close(w)
    case.show("waited", gos.waitpid(pid, 0) == (pid, 5 << 8))


@each("__all__", "__extensions__", "__implements__")
def declared(case, name):
    ours = getattr(gos, name, ())
    known = (
        *("fork", "forkpty", "waitpid", "fork_and_watch", "fork_gevent"),
        *("forkpty_and_watch", "forkpty_gevent", "make_nonblocking"),
        *("nb_read", "nb_write", "tp_read", "tp_write"),
    )
    case.show(name, [each_one for each_one in known if each_one in ours])
