"""Programs about ``gevent.timeout``."""

from __future__ import annotations

from differential import each

import gevent
from gevent import Timeout, with_timeout
from gevent.event import Event

MODULE = "gevent.timeout"

LOOKS = ("seconds", "exception", "pending", "args")


@each(None, 0, 1, 1.5, -1, True)
def a_new_one(case, seconds):
    for exception in (None, False, "text", KeyError, KeyError("k")):
        timeout = Timeout(seconds, exception)
        case.attributes(timeout, *LOOKS)
        case.show("str", str(timeout))
        case.show("repr", repr(timeout))
        case.call(timeout.start)
        case.show("pending", timeout.pending)
        case.show("repr", repr(timeout))
        case.call(timeout.cancel)
        case.show("pending", timeout.pending)
        timeout.close()


@each(None, False, "text", KeyError, KeyError("k"), Timeout(3))
def it_fires_in_a_block(case, exception):
    def block():
        with Timeout(0.001, exception) as timeout:
            Event().wait(1)
        return timeout.pending

    case.call(block)


@each(None, False, "text", KeyError, KeyError("k"))
def it_fires_after_start(case, exception):
    timeout = Timeout.start_new(0.001, exception)
    case.call(gevent.sleep, 1)
    case.show("pending", timeout.pending)
    timeout.close()


def start_twice(case):
    timeout = Timeout(1)
    timeout.start()
    case.call(timeout.start)
    timeout.cancel()
    case.call(timeout.start)
    timeout.close()
    case.call(timeout.start)


def one_that_has_fired_starts_again(case):
    timeout = Timeout(0.001)
    for _ in range(2):
        timeout.start()
        case.call(gevent.sleep, 1)
        case.show("pending", timeout.pending)


def a_block_twice(case):
    timeout = Timeout(0.001, False)
    with timeout:
        gevent.sleep(1)
    case.show("pending", timeout.pending)

    def again():
        with timeout:
            gevent.sleep(0.01)

    case.call(again)


@each("inner", "outer")
def nested(case, first):
    times = (1, 0.001) if first == "inner" else (0.001, 1)

    def block():
        with Timeout(times[0], False):
            with Timeout(times[1], False):
                gevent.sleep(2)
            return "inner ended"
        return "outer ended"

    case.call(block)


def the_instance_is_told_by_identity(case):
    outer = Timeout(0.001)
    inner = Timeout(1)
    try:
        with outer, inner:
            gevent.sleep(2)
    except Timeout as error:
        case.show("outer", error is outer)
        case.show("inner", error is inner)


@each(None, 0.001, -1, 0, "x")
def with_timeout_of(case, seconds):
    case.call(with_timeout, seconds, len, "abc")
    case.call(with_timeout, seconds, gevent.sleep, 0.003)
    case.call(with_timeout, seconds, gevent.sleep, 0.003, timeout_value="late")


def with_timeout_and_another_error(case):
    def fail():
        raise KeyError("k")

    case.call(with_timeout, 1, fail)
    case.call(with_timeout, 1, fail, timeout_value=3)
    case.call(with_timeout, 1)


def with_timeout_passes_others_on(case):
    def inner():
        return with_timeout(1, gevent.sleep, 2, timeout_value="inner")

    case.call(with_timeout, 0.001, inner, timeout_value="outer")


@each(None, 0.001, 5)
def start_new_of(case, seconds):
    timeout = Timeout.start_new(seconds)
    case.show("pending", timeout.pending)
    case.show("the same", Timeout.start_new(timeout) is timeout)
    timeout.close()
    case.show("pending", timeout.pending)


def start_new_of_an_idle_one(case):
    timeout = Timeout(5)
    case.show("the same", Timeout.start_new(timeout) is timeout)
    case.show("pending", timeout.pending)
    timeout.close()


class Own(Timeout):
    """A subclass."""


class Mixed(Timeout, OSError):
    """One of another kind, too."""


@each(Own, Mixed)
def a_subclass(case, kind):
    timeout = kind(0.001)
    timeout.start()
    try:
        gevent.sleep(1)
    except kind as error:
        case.show("caught", error is timeout)
        case.show("itself", error)
    case.show("is an error", issubclass(kind, Exception))


def compared(case):
    case.show("less", sorted([Timeout(3), Timeout(1), Timeout(2)])[0].seconds)
    case.named_call("a number", lambda: Timeout(1) < 2)
    case.named_call("none", lambda: Timeout(None) < Timeout(1))
    case.named_call("equal", lambda: Timeout(1) == Timeout(1))


def texts(case):
    for seconds in (0, 1, 2, 1.0, 0.5, -1, None):
        for exception in (None, False, "", "text", KeyError("k")):
            case.show(f"{seconds} {exception!r}", str(Timeout(seconds, exception)))


@each(ValueError, "x", False, None)
def exception_is_assigned(case, exception):
    timeout = Timeout(0.001)
    timeout.exception = exception
    timeout.start()
    case.call(gevent.sleep, 1)
    case.show("str", str(timeout))


def it_fires_in_the_greenlet_that_started_it(case):
    timeout = Timeout(0.001)

    def starts():
        timeout.start()
        case.call(gevent.sleep, 1)

    other = gevent.spawn(starts)
    case.call(gevent.sleep, 0.003)
    other.join()


def its_greenlet_is_dead(case):
    timeout = Timeout(0.001)
    gevent.spawn(timeout.start).join()
    case.call(gevent.sleep, 0.005)
    case.show("pending", timeout.pending)


def two_at_the_same_time(case):
    first, second = Timeout(0.001), Timeout(0.001)
    first.start()
    second.start()
    for _ in range(2):
        try:
            gevent.sleep(0.01)
        except Timeout as error:
            case.show("which", [first, second].index(error))


def caught_as_an_exception(case):
    def block():
        with Timeout(0.001):
            try:
                gevent.sleep(1)
            except Exception:
                return "too wide"

    case.call(block)


def a_timer_that_is_not_referenced(case):
    timeout = Timeout(0.001, ref=False)
    timeout.start()
    case.call(Event().wait)
    timeout.close()


def closed_in_the_block(case):
    with Timeout(0.001) as timeout:
        timeout.close()
        case.call(gevent.sleep, 0.003)


@each(Event, list, object)
def things_that_are_no_seconds(case, kind):
    case.call(Timeout, kind())
