"""Programs about ``gevent.selectors``."""

from __future__ import annotations

import os

from differential import each

MODULE = "gevent.selectors"
TWIN = "selectors"


def _pipe(case):
    reading, writing = os.pipe()
    case.hide(reading, "READING")
    case.hide(writing, "WRITING")
    return reading, writing


def _ready(found):
    return sorted((key.data, events) for key, events in found)


@each(0, -1, 0.001, None, 5)
def something_to_read(case, timeout):
    reading, writing = _pipe(case)
    selector = case.module.DefaultSelector()
    case.call(selector.register, reading, case.module.EVENT_READ, "r")
    case.call(selector.register, writing, case.module.EVENT_WRITE, "w")
    os.write(writing, b"x")
    for _ in range(2):
        case.named_call("select", lambda: _ready(selector.select(timeout)))
    os.read(reading, 1)
    case.named_call("select", lambda: _ready(selector.select(timeout)))
    case.call(selector.close)


@each(0, -1, 0.001)
def nothing_to_read(case, timeout):
    reading, _writing = _pipe(case)
    selector = case.module.DefaultSelector()
    selector.register(reading, case.module.EVENT_READ)
    case.call(selector.select, timeout)
    selector.close()


@each(0, 4, -1, "x", None, 3, 1.0)
def events(case, wanted):
    reading, _writing = _pipe(case)
    selector = case.module.DefaultSelector()
    case.call(selector.register, reading, wanted)
    case.call(selector.get_key, reading)
    selector.close()


@each(-1, "x", None, 1.5, 9999, 2**40, [])
def what_is_no_descriptor(case, thing):
    selector = case.module.DefaultSelector()
    case.call(selector.register, thing, 1)
    case.call(selector.unregister, thing)
    case.call(selector.modify, thing, 1)
    case.call(selector.get_key, thing)
    case.named_call("map", lambda: len(selector.get_map()))
    selector.close()


def registered_twice(case):
    reading, _writing = _pipe(case)
    selector = case.module.DefaultSelector()
    selector.register(reading, 1, "data")
    case.call(selector.register, reading, 1)
    case.call(selector.modify, reading, 3, "other")
    case.call(selector.get_key, reading)
    case.call(selector.unregister, reading)
    case.call(selector.unregister, reading)
    case.call(selector.modify, reading, 1)
    selector.close()


def the_map(case):
    reading, writing = _pipe(case)
    selector = case.module.DefaultSelector()
    found = selector.get_map()
    selector.register(reading, 1)
    selector.register(writing, 2)
    case.show("keys", sorted(found) == sorted((reading, writing)))
    case.call(found.__getitem__, reading)
    case.call(found.__getitem__, 77)
    case.show("in", (reading in found, 77 in found, "x" in found))
    selector.close()
    case.call(selector.get_map)


@each(
    "select",
    "register",
    "unregister",
    "modify",
    "get_key",
    "get_map",
    "close",
    "__enter__",
)
def after_close(case, name):
    reading, _writing = _pipe(case)
    selector = case.module.DefaultSelector()
    selector.register(reading, 1)
    selector.close()
    arguments = {
        "select": (0,),
        "register": (reading, 1),
        "unregister": (reading,),
        "modify": (reading, 2),
        "get_key": (reading,),
    }.get(name, ())
    case.named_call(name, lambda: getattr(selector, name)(*arguments) and None)


@each("closed", "hangup", "error", "file", "replaced")
def what_ended(case, what):
    reading, writing = _pipe(case)
    selector = case.module.DefaultSelector()
    if what == "error":
        selector.register(writing, 2, "w")
        os.close(reading)
    elif what == "file":
        number = os.open("/etc/hostname", os.O_RDONLY)
        case.hide(number, "FILE")
        case.named_call("register", lambda: selector.register(number, 1, "f") and None)
    else:
        selector.register(reading, 1, "r")
        os.close(reading if what != "hangup" else writing)
    case.named_call("select", lambda: _ready(selector.select(0.01)))
    case.named_call("unregister", lambda: selector.unregister(reading).data)
    selector.close()


def something_comes_later(case):
    reading, writing = _pipe(case)
    with case.module.DefaultSelector() as selector:
        selector.register(reading, 1, "r")
        case.spawn(lambda: (case.sleep(0.01), os.write(writing, b"x")))
        case.named_call("select", lambda: _ready(selector.select(2)))


def nothing_registered(case):
    with case.module.DefaultSelector() as selector:
        case.call(selector.select, 0)
        case.call(selector.select, 0.001)


def modified_and_changed(case):
    reading, writing = _pipe(case)
    os.write(writing, b"x")
    with case.module.DefaultSelector() as selector:
        selector.register(reading, 2, "r")
        case.named_call("select", lambda: _ready(selector.select(0.001)))
        selector.modify(reading, 1, "r")
        case.named_call("select", lambda: _ready(selector.select(0.001)))
        key = selector.register(writing, 3, "w")
        case.show("key", (key.events, key.data, key.fileobj == writing))
        case.named_call("select", lambda: _ready(selector.select(0.001)))


def an_object_with_fileno(case):
    class Thing:
        def fileno(self):
            return reading

    reading, writing = _pipe(case)
    os.write(writing, b"x")
    thing = Thing()
    with case.module.DefaultSelector() as selector:
        key = selector.register(thing, 1)
        case.show("key", key.fileobj is thing and key.fd == reading)
        case.named_call("by number", lambda: selector.get_key(reading) is key)
        case.named_call("select", lambda: selector.select(1)[0][0].fileobj is thing)
        case.named_call("unregister", lambda: selector.unregister(thing) is key)


@each("x", [], float("nan"))
def a_timeout(case, timeout):
    with case.module.DefaultSelector() as selector:
        case.call(selector.select, timeout)
