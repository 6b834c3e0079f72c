"""Programs about gevent's exceptions."""

from __future__ import annotations

import copy
import os
import pickle

from differential import each, limit

import gevent
from gevent import exceptions, hub, queue, timeout

MODULE = "gevent.exceptions"

NAMES = (
    "LoopExit", "BlockingSwitchOutError", "InvalidSwitchError",
    "ConcurrentObjectUseError", "InvalidThreadUseError", "HubDestroyed", "GreenletExit",
)  # fmt: skip


def public(kind):
    return [each.__name__ for each in kind.__mro__]


@each(*NAMES)
def made(case, name):
    kind = getattr(exceptions, name)
    case.show("bases", public(kind))
    case.show("qualified", f"{kind.__module__}.{kind.__qualname__}")
    case.call(kind)
    case.call(kind, "text", 1)
    error = case.call(kind, "text")
    case.attributes(error, "args", "__cause__", "__dict__")
    case.show("text", str(error))
    case.show("as text", repr(error))
    case.show("documented", bool(kind.__doc__))


@each(*NAMES)
def copied(case, name):
    kind = getattr(exceptions, name)
    for error in (kind(), kind("text"), kind("text", 2)):
        again = case.named_call("pickle", lambda e=error: pickle.loads(pickle.dumps(e)))
        case.show("args", getattr(again, "args", None))
        case.named_call("copy", copy.copy, error)
    case.named_call("the class", lambda: pickle.loads(pickle.dumps(kind)) is kind)


def the_same_elsewhere(case):
    case.show("LoopExit", hub.LoopExit is exceptions.LoopExit)
    case.show("GreenletExit", gevent.GreenletExit is exceptions.GreenletExit)
    case.show("Timeout", gevent.Timeout is timeout.Timeout)
    case.show("all", "LoopExit" in exceptions.__all__)


def relations(case):
    for name in NAMES:
        kind = getattr(exceptions, name)
        parents = (Exception, AssertionError, RuntimeError, TypeError, ValueError)
        case.show(name, [issubclass(kind, parent) for parent in parents])
    case.show("Timeout", public(gevent.Timeout))
    case.show("Full", public(queue.Full))
    case.show("ShutDown", public(queue.ShutDown))


def a_subclass(case):
    class Own(exceptions.LoopExit):
        pass

    case.call(Own, 1)
    case.show("bases", public(Own))


def a_destroyed_hub(case):
    error = case.call(exceptions.HubDestroyed, "x")
    case.attributes(error, "destroy_loop", "args")
    error = exceptions.HubDestroyed(True)
    case.attributes(error, "destroy_loop", "args")


def a_loop_exit(case):
    try:
        hub.get_hub().switch()
    except exceptions.LoopExit as error:
        case.show("args", len(error.args))
        case.show("first", str(error.args[0]))
        case.show("hub", error.args[1] is hub.get_hub())
        case.show("handles", type(error.args[2]))
        case.show("lines", str(error).split("\n")[0])


def a_blocking_switch(case):
    def body():
        case.call(gevent.sleep, 0.1)
        case.call(gevent.sleep)

    hub.get_hub().loop.run_callback(body)
    gevent.sleep(0.01)


@limit(1)
def concurrent_use(case):
    reader, _ = os.pipe()
    watcher = hub.get_hub().loop.io(reader, 1)
    first = gevent.spawn(hub.get_hub().wait, watcher)
    gevent.sleep(0)
    case.named_call("wait", lambda: hub.get_hub().wait(watcher))
    first.kill()


def another_thread(case):
    pool = gevent.get_hub().threadpool
    greenlet = gevent.Greenlet(len, "")

    def use():
        greenlet.start()

    try:
        pool.apply(use)
    except BaseException as error:
        case.show("start", type(error))
