"""Programs about ``gevent.event``."""

from __future__ import annotations

from differential import each

import gevent
from gevent.event import AsyncResult, Event

MODULE = "gevent.event"


def wait_when_set(case):
    event = Event()
    case.show("new", event)
    event.set()
    case.call(event.wait)
    case.call(event.wait, timeout=0)


@each(0, 0.001, -1, "x", None)
def wait_with_a_timeout(case, timeout):
    event = Event()
    gevent.spawn_later(0.01, event.set)
    case.call(event.wait, timeout)


@each("is_set", "isSet", "ready", "clear", "set", "wait", "rawlink", "unlink")
def a_method_with_too_many_arguments(case, name):
    case.call(getattr(Event(), name), 1, 2, 3, 4)


def result_set_twice(case):
    result = AsyncResult()
    result.set(1)
    case.show("once", result)
    result.set(2)
    case.call(result.get)
    case.attributes(result, "value", "exception", "exc_info", "successful", "nosuch")
