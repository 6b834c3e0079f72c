"""Programs about ``gevent.resolver.cares`` and ``gevent.ares``."""

from __future__ import annotations

import copy
import importlib
import pickle
import socket
import warnings

from differential import each

import gevent
from gevent.resolver.cares import Result, ares_host_result, channel

MODULE = "gevent.resolver.cares"


@each(
    (),
    (1,),
    (None, ValueError("x")),
    (1, ValueError("x")),
    (None, None),
    ("text", None),
    ((1, 2),),
)
def result(case, arguments):
    made = Result(*arguments)
    case.show("repr", made)
    case.call(made.get)
    case.call(made.successful)
    case.attributes(made, "value", "exception", "nosuch")


def result_by_name(case):
    case.call(Result, value=3, exception=None)
    case.call(Result, exception=KeyError("k"))
    case.call(Result, 1, 2, 3)


def host_result(case):
    made = ares_host_result(socket.AF_INET, ("name", ["alias"], ["1.2.3.4"]))
    case.show("value", made)
    case.show("family", made.family)
    case.show("equal", made == ("name", ["alias"], ["1.2.3.4"]))
    case.show("kind", isinstance(made, tuple))
    again = pickle.loads(pickle.dumps(made))
    case.show("pickled", (again, again.family))
    again = copy.copy(made)
    case.show("copied", (again, again.family))


def host_result_of_too_little(case):
    case.call(ares_host_result)
    case.call(ares_host_result, 2)
    case.call(ares_host_result, 2, ())
    case.call(ares_host_result, 2, 5)


@each("destroy", "set_servers")
def a_channel_twice(case, name):
    made = channel(gevent.get_hub().loop)
    case.call(getattr(made, name))
    case.call(getattr(made, name))
    case.show("loop", made.loop is gevent.get_hub().loop)


@each(
    "127.0.0.1",
    b"127.0.0.1",
    ["127.0.0.1", "127.0.0.2"],
    "127.0.0.1,127.0.0.2",
    ("::1",),
    "x.example",
    "",
    [],
    None,
    5,
    [5],
)
def set_servers(case, servers):
    made = channel(gevent.get_hub().loop)
    case.call(made.set_servers, servers)
    case.call(made.destroy)


@each(
    ("getaddrinfo", b"localhost", None),
    ("gethostbyname", b"localhost"),
    ("gethostbyaddr", b"127.0.0.1"),
    ("getnameinfo", ("127.0.0.1", 80), 3),
    ("set_servers",),
)
def a_destroyed_channel(case, call):
    made = channel(gevent.get_hub().loop)
    made.destroy()
    name, *arguments = call
    callback = [] if name == "set_servers" else [print]
    case.call(getattr(made, name), *callback, *arguments)


@each(
    ("gethostbyaddr", b"x"),
    ("gethostbyaddr", b""),
    ("gethostbyaddr", None),
    ("gethostbyname", None),
    ("getaddrinfo", None, None),
    ("getnameinfo", None, 0),
    ("getnameinfo", (), 0),
    ("getnameinfo", ("x", 1), 0),
)
def a_query_with_nonsense(case, call):
    made = channel(gevent.get_hub().loop)
    name, *arguments = call
    case.call(getattr(made, name), print, *arguments)
    made.destroy()


@each("getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo")
def a_callback_that_cannot_be_called(case, name):
    made = channel(gevent.get_hub().loop)
    first = {"gethostbyaddr": b"127.0.0.1", "getnameinfo": ("127.0.0.1", 80)}
    more = {"getaddrinfo": (None,), "getnameinfo": (0,)}
    call = getattr(made, name)
    case.call(call, None, first.get(name, b"localhost"), *more.get(name, ()))
    made.destroy()


def a_numeric_host(case):
    made = channel(gevent.get_hub().loop)
    found = []
    made.gethostbyname(found.append, b"127.0.0.1")
    case.show("not at once", found)
    gevent.sleep(0.01)
    case.show("answer", found)
    made.destroy()


def a_numeric_nameinfo(case):
    made = channel(gevent.get_hub().loop)
    found = []
    flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    made.getnameinfo(found.append, (b"127.0.0.1", 80), flags)
    gevent.sleep(0.01)
    case.show("answer", found)
    made.destroy()


def destroyed_while_it_asks(case):
    made = channel(gevent.get_hub().loop, servers=["127.0.0.1"], udp_port=9)
    found = []
    made.gethostbyname(found.append, b"name.example")
    made.destroy()
    gevent.sleep(0.01)
    case.show("answers", [type(each.exception).__name__ for each in found])


def of_gevent_ares(case):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        importlib.reload(importlib.import_module("gevent.ares"))
    case.show("warnings", [str(each.message) for each in caught])
    import gevent.ares

    case.show("same", gevent.ares.channel is channel)
    case.show("all", gevent.ares.__all__)


@each("gevent.resolver_ares", "gevent.resolver_thread", "gevent.ares", "gevent.core")
def imported(case, name):
    import sys

    sys.modules.pop(name, None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        module = importlib.import_module(name)
    case.show("categories", [each.category.__name__ for each in caught])
    case.show("texts", [str(each.message) for each in caught])
    case.show("name", module.__name__)
