"""Programs about ``gevent.select``."""

from __future__ import annotations

import os

from differential import each

MODULE = "gevent.select"
TWIN = "select"


class _Thing:
    def __init__(self, number):
        self.number = number

    def fileno(self):
        return self.number

    def __repr__(self):
        return "thing"


def _pipe(case):
    reading, writing = os.pipe()
    case.hide(reading, "READING")
    case.hide(writing, "WRITING")
    return reading, writing


@each(None, 0, 0.001, -1, "x", float("nan"), 1e20, [], True)
def nothing_or_something_to_read(case, timeout):
    reading, writing = _pipe(case)
    if timeout is None or timeout == 1e20:
        os.write(writing, b"x")
    case.call(case.module.select, [reading], [], [], timeout)
    os.write(writing, b"x")
    case.call(case.module.select, [reading], [writing], [reading], timeout)


@each(
    ([-1], [], []),
    (["x"], [], []),
    ([None], [], []),
    ([1.5], [], []),
    ([2**40], [], []),
    ([9999], [], []),
    ([], [9999], []),
    ([], [], [9999]),
    (5, [], []),
    (None, [], []),
    ([], None, []),
    ((), (), ()),
    ({}, set(), iter([])),
    ("", [], []),
    ([[]], [], []),
)
def descriptors(case, lists):
    case.call(case.module.select, *lists, 0)


def objects_come_back(case):
    reading, writing = os.pipe()
    one, other = _Thing(reading), _Thing(writing)
    os.write(writing, b"x")
    found = case.module.select([one, one], [other], [], 1)
    case.show("found", found)
    case.show("same", found[0][0] is one)
    case.call(case.module.select, [_Thing("x")], [], [], 0)
    case.call(case.module.select, [_Thing(-5)], [], [], 0)


def the_end_of_a_pipe(case):
    reading, writing = _pipe(case)
    os.close(writing)
    case.call(case.module.select, [reading], [], [], 0)
    os.close(reading)
    case.call(case.module.select, [reading], [], [], 0)


def nobody_reads_a_pipe(case):
    reading, writing = _pipe(case)
    os.close(reading)
    case.call(case.module.select, [], [writing], [], 0)


def something_comes_later(case):
    reading, writing = _pipe(case)
    case.spawn(lambda: (case.sleep(0.01), os.write(writing, b"x")))
    case.call(case.module.select, [reading], [], [], 2)


def out_of_band_data(case):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    client.send(b"x", socket.MSG_OOB)
    found = case.module.select([], [], [server], 0.5)
    case.show("found", len(found[2]))
    poll = case.module.poll()
    poll.register(server, case.module.POLLPRI | case.module.POLLIN)
    case.named_call("poll", lambda: [events for _, events in poll.poll(100)])


@each((), (1,), (1, 2, 3, 4, 5))
def arguments(case, given):
    case.call(case.module.select, *given)


def a_poll(case):
    reading, writing = _pipe(case)
    names = case.module
    poll = names.poll()
    case.call(poll.register, reading, names.POLLIN)
    case.call(poll.register, writing)
    case.call(poll.poll, 0)
    os.write(writing, b"x")
    case.named_call("ready", lambda: sorted(poll.poll()))
    case.call(poll.modify, writing, 0)
    case.call(poll.poll, 10)
    case.call(poll.unregister, reading)
    case.call(poll.unregister, reading)
    case.call(poll.poll, 1)
    os.close(writing)
    case.call(poll.poll, 10)
    case.call(poll.unregister, writing)


@each("hangup", "error", "closed", "file")
def a_poll_of_what_ended(case, what):
    reading, writing = _pipe(case)
    poll = case.module.poll()
    if what == "hangup":
        os.close(writing)
        poll.register(reading, case.module.POLLIN)
    elif what == "error":
        os.close(reading)
        poll.register(writing, case.module.POLLOUT)
    elif what == "closed":
        os.close(reading)
        poll.register(reading)
    else:
        number = os.open("/etc/hostname", os.O_RDONLY)
        case.hide(number, "FILE")
        poll.register(number)
    case.call(poll.poll, 20)


@each(0, 1, -1, None, 1.5, "x", -5, 2**40, float("nan"))
def a_timeout_of_poll(case, timeout):
    reading, writing = _pipe(case)
    poll = case.module.poll()
    poll.register(reading, case.module.POLLIN)
    if timeout in (None, -1, -5, 2**40):
        os.write(writing, b"x")
    case.call(poll.poll, timeout)


@each(-1, "x", None, 1.5, 2**40, 9999, [])
def registered(case, what):
    poll = case.module.poll()
    case.call(poll.register, what)
    case.call(poll.unregister, what)
    case.call(poll.poll, 0)


@each(0, -1, 1.5, "x", None, 2**16, 1, 4, 0xFFFF)
def a_mask(case, mask):
    reading, writing = _pipe(case)
    poll = case.module.poll()
    case.call(poll.register, reading, mask)
    os.write(writing, b"x")
    case.call(poll.poll, 0)


def modify_of_the_unknown(case):
    reading, _writing = _pipe(case)
    poll = case.module.poll()
    case.call(poll.modify, reading, 1)
    case.call(poll.unregister, reading)
