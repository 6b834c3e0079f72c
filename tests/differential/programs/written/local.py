"""Programs about ``gevent.local``, ``gevent.util`` and ``gevent.time``."""

from __future__ import annotations

import io
import time

from differential import each

import gevent
import gevent.time
from gevent.local import local
from gevent.util import format_run_info, print_run_info, wrap_errors

MODULE = "gevent.local"


class Named(local):
    common = "class"

    def __init__(self, *arguments, **names):
        self.arguments = arguments
        self.names = names


def each_greenlet_has_its_own(case):
    store = local()
    store.value = 1
    log = []

    def other():
        log.append(hasattr(store, "value"))
        store.value = 2
        log.append(store.value)

    gevent.spawn(other).join()
    case.show("log", log)
    case.show("mine", store.value)


def initialised_in_each_greenlet(case):
    store = Named(1, two=2)
    store.arguments = "changed"
    case.call(gevent.spawn(lambda: (store.arguments, store.names)).get)
    case.attributes(store, "arguments", "names", "common")


@each("nosuch", "__dict__", "__class__")
def attribute(case, name):
    store = local()
    case.call(getattr, store, name)
    case.call(setattr, store, name, 1)
    case.call(delattr, store, name)


def arguments_without_init(case):
    case.call(local, 1)
    case.call(local, x=1)
    case.call(local)


def deleted(case):
    store = local()
    store.x = 1
    case.call(delattr, store, "x")
    case.call(delattr, store, "x")
    case.show("dict", store.__dict__)


def a_property_and_a_method(case):
    class Rich(local):
        @property
        def twice(self):
            return self.x * 2

        def method(self):
            return self.x

    rich = Rich()
    rich.x = 4
    case.show("found", (rich.twice, rich.method()))
    case.call(setattr, rich, "twice", 1)
    case.call(gevent.spawn(lambda: hasattr(rich, "twice")).get)


def errors_are_returned(case):
    wrapped = wrap_errors((ValueError,), int)
    case.show("good", wrapped("3"))
    case.show("bad", type(wrapped("x")))
    case.call(wrapped, [])


def run_info(case):
    case.show("type", type(format_run_info()))
    stream = io.StringIO()
    case.call(print_run_info, file=stream)
    case.show("written", bool(stream.getvalue()))


def time_is_that_of_the_standard_library(case):
    case.show("same", gevent.time.time is time.time)
    case.show("sleep", gevent.time.sleep is gevent.sleep)
    case.call(gevent.time.sleep, 0)
    case.call(gevent.time.sleep, -1)
