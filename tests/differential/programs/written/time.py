"""Programs about ``gevent.time``."""

from __future__ import annotations

from differential import each

import gevent
from gevent import time as gtime

MODULE = "gevent.time"
TWIN = "time"


@each(0, 0.001, -1, "x", None, False, float("nan"), [], -0.0)
def sleep(case, seconds):
    if case.is_stdlib and seconds != seconds:
        return
    case.call(case.module.sleep, seconds)


def sleep_without_arguments(case):
    case.call(case.module.sleep)
    case.call(case.module.sleep, 0, 0, 0)
    case.named_call("seconds=", lambda: case.module.sleep(seconds=0))
    case.named_call("secs=", lambda: case.module.sleep(secs=0))


def others_run(case):
    order = []
    gevent.spawn(order.append, "other")
    gtime.sleep(0)
    order.append("main")
    case.show("order", order)


def names(case):
    import time

    public = [name for name in vars(time) if not name.startswith("_")]
    case.show("missing", sorted(n for n in public if not hasattr(gtime, n)))
    for name in ("time", "monotonic", "struct_time", "localtime", "strftime"):
        case.show(name, getattr(gtime, name) is getattr(time, name))
    case.attributes(gtime, "__implements__", "__name__")
    case.show("sleep", gtime.sleep is gevent.sleep)


@each("time", "gmtime", "strftime", "ctime", "perf_counter", "thread_time")
def odd_arguments(case, name):
    function = getattr(case.module, name)
    case.named_call("one", function, object())
    case.named_call("three", function, 1, 2, 3)
