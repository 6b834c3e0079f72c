"""Programs about ``gevent.resolver`` and the resolvers, which are as ``socket`` is.

No name server is asked: what is looked up is an address, or in the hosts file.
"""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import socket
import threading

from differential import each

import gevent
from gevent.resolver import AbstractResolver
from gevent.resolver.ares import Resolver as Ares
from gevent.resolver.blocking import Resolver as Blocking
from gevent.resolver.dnspython import Resolver as Dnspython
from gevent.resolver.thread import Resolver as Threaded

MODULE = "gevent.resolver"

KINDS = {
    "ares": Ares,
    "blocking": Blocking,
    "dnspython": Dnspython,
    "thread": Threaded,
}
METHODS = (
    "getaddrinfo",
    "gethostbyname",
    "gethostbyname_ex",
    "gethostbyaddr",
    "getnameinfo",
)


def _all(case, name, *args):
    """Call a method of each; not of the one that prints, too, what it raises."""
    for kind, made in KINDS.items():
        resolver = made()
        if kind == "thread" and name.startswith("wrong "):
            continue
        method = getattr(resolver, name.removeprefix("wrong "))
        case.named_call(kind, method, *args)
        resolver.close()


@each(
    ("127.0.0.1", 80),
    ("127.0.0.1", "http"),
    ("127.0.0.1", b"http"),
    ("127.0.0.1", "80"),
    ("127.0.0.1", None),
    ("127.0.0.1", "nosuchservice"),
    ("127.0.0.1", 65536),
    ("127.0.0.1", -1),
    ("127.0.0.1", ""),
    ("::1", 80),
    ("::1", 80, socket.AF_INET),
    ("127.0.0.1", 80, socket.AF_INET6),
    ("127.0.0.1", 80, 0, socket.SOCK_STREAM),
    ("127.0.0.1", 80, 0, socket.SOCK_DGRAM),
    ("127.0.0.1", 80, 0, 0, socket.IPPROTO_TCP),
    ("127.0.0.1", 80, 0, 99),
    ("127.0.0.1", 80, 99),
    ("127.0.0.1", 80, 0, 0, 0, socket.AI_CANONNAME),
    ("127.0.0.1", 80, 0, 0, 0, socket.AI_NUMERICHOST),
    ("x.example", 80, 0, 0, 0, socket.AI_NUMERICHOST),
    ("127.0.0.1", "http", 0, 0, 0, socket.AI_NUMERICSERV),
    (None, 80, 0, socket.SOCK_STREAM),
    (None, 80, 0, socket.SOCK_STREAM, 0, socket.AI_PASSIVE),
    (None, None),
    (b"127.0.0.1", 80),
    ("localhost", 80, socket.AF_INET),
    ("localhost", 80, socket.AF_INET, socket.SOCK_STREAM),
    (b"localhost", 80, socket.AF_INET, socket.SOCK_STREAM),
    ("fe80::1%lo", 80),
    ("fe80::1%1", 80),
    ("1.2.3.4.5", 80, 0, 0, 0, socket.AI_NUMERICHOST),
)
def getaddrinfo(case, arguments):
    _all(case, "getaddrinfo", *arguments)


@each(
    "127.0.0.1",
    b"127.0.0.1",
    bytearray(b"127.0.0.1"),
    "localhost",
    "<broadcast>",
    "",
    "0.0.0.0",
    "255.255.255.255",
    "::1",
)
def gethostbyname(case, name):
    _all(case, "gethostbyname", name)


@each("127.0.0.1", b"127.0.0.1", "localhost", "<broadcast>")
def gethostbyname_ex(case, name):
    _all(case, "gethostbyname_ex", name)


@each("127.0.0.1", b"127.0.0.1", "localhost")
def gethostbyaddr(case, name):
    _all(case, "gethostbyaddr", name)


@each(
    (("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV),
    (("127.0.0.1", 80), socket.NI_NUMERICHOST),
    (("127.0.0.1", 80), 0),
    (("127.0.0.1", 80), socket.NI_NUMERICSERV),
    (("127.0.0.1", 69), socket.NI_DGRAM | socket.NI_NUMERICHOST),
    (("localhost", 80), socket.NI_NUMERICHOST),
    (("::1", 80), socket.NI_NUMERICHOST),
    (("::1", 80, 0, 0), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV),
    (("127.0.0.1", 65536), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV),
)
def getnameinfo(case, arguments):
    _all(case, "getnameinfo", *arguments)


def _as_system(case, name, *args):
    _all(case, name, *args)
    case.named_call("socket", getattr(socket, name), *args)


@each(
    ("127.1", 80),
    ("0x7f.1", 80),
    ("2130706433", 80),
    ("::ffff:127.0.0.1", 80),
    ("LOCALHOST", 80, socket.AF_INET, socket.SOCK_STREAM),
)
def getaddrinfo_of_what_libc_takes(case, arguments):
    _as_system(case, "getaddrinfo", *arguments)


@each("127.1", "LocalHost")
def gethostbyname_of_what_libc_takes(case, name):
    _as_system(case, "gethostbyname", name)
    _as_system(case, "gethostbyname_ex", name)


WRONG_NAMES = (None, 1, "..", "x" * 64, 1.5, [], object)


@each(
    (1, 80),
    ("127.0.0.1", 1.5),
    ("127.0.0.1", 80, "x"),
    ("x" * 64 + ".example", 80),
    (".", 80, 0, 0, 0, socket.AI_NUMERICHOST),
)
def getaddrinfo_of_nonsense(case, arguments):
    _all(case, "wrong getaddrinfo", *arguments)


@each("gethostbyname", "gethostbyname_ex", "gethostbyaddr")
def names_that_are_none(case, name):
    for wrong in WRONG_NAMES:
        _all(case, f"wrong {name}", wrong)


@each("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")
def a_name_with_a_zero(case, name):
    _all(case, f"wrong {name}", "a\0b", *[80] * (name == "getaddrinfo"))


@each(
    (("::1", 80, 1048576, 0), socket.NI_NUMERICHOST),
    (("::1", 80, -1, 0), socket.NI_NUMERICHOST),
    (("127.0.0.1",), 0),
    (("127.0.0.1", "x"), 0),
    (("127.0.0.1", 1, 2, 3, 4), 0),
    ("127.0.0.1", 0),
    (["127.0.0.1", 80], 0),
    (None, 0),
    (("127.0.0.1", 80), "x"),
    (("127.0.0.1", 80), None),
    ((1, 80), 0),
)
def getnameinfo_of_nonsense(case, arguments):
    _all(case, "wrong getnameinfo", *arguments)


@each(
    ("getaddrinfo", 1, 80),
    ("getaddrinfo", "127.0.0.1", 1.5),
    ("gethostbyname", None),
    ("gethostbyname", ".."),
    ("gethostbyaddr", 1),
    ("getnameinfo", None, 0),
    ("getnameinfo", ("127.0.0.1",), 0),
)
def nonsense_in_a_thread(case, call):
    name, *arguments = call
    case.call(getattr(Threaded(), name), *arguments)


@each(*KINDS)
def closed_twice(case, kind):
    resolver = KINDS[kind]()
    case.call(resolver.close)
    case.call(resolver.close)
    case.show("afterwards", resolver)


@each(*KINDS)
def after_close_an_address_is_still_an_address(case, kind):
    resolver = KINDS[kind]()
    resolver.close()
    case.call(resolver.gethostbyname, "127.0.0.1")
    case.call(resolver.getaddrinfo, "127.0.0.1", 80, 0, socket.SOCK_STREAM)


@each(*KINDS)
def made_with_too_much(case, kind):
    case.call(KINDS[kind], None, True, 3)
    case.call(KINDS[kind], nosuch=1)
    gevent.sleep(0)


@each(*KINDS)
def made_for_a_hub(case, kind):
    resolver = KINDS[kind](gevent.get_hub())
    case.show("repr", resolver)
    resolver = KINDS[kind](hub=gevent.get_hub())
    case.show("str", str(resolver))


@each(*KINDS)
def what_kind_it_is(case, kind):
    made = KINDS[kind]
    case.show("abstract", issubclass(made, AbstractResolver))
    case.show("instance dictionary", hasattr(made(), "__dict__"))
    case.show("names", [hasattr(made, name) for name in METHODS])
    case.show("name", (made.__name__, made.__qualname__, made.__module__))


@each(*KINDS)
def used_in_a_greenlet_that_is_killed(case, kind):
    resolver = KINDS[kind]()
    greenlet = gevent.spawn(resolver.gethostbyname, "127.0.0.1")
    greenlet.kill()
    case.show("value", greenlet.value)
    case.call(resolver.gethostbyname, "127.0.0.1")


@each(*KINDS)
def used_under_a_timeout(case, kind):
    resolver = KINDS[kind]()
    with gevent.Timeout(5):
        case.call(resolver.gethostbyname, "localhost")


@each("thread", "ares", "dnspython", "block", "nosuch", "a.b", "", None, 1)
def named_in_the_configuration(case, name):
    case.call(setattr, gevent.config, "resolver", name)
    case.call(getattr, gevent.config, "resolver")
    case.named_call("hub", lambda: gevent.get_hub().resolver)


@each("thread", "ares", "dnspython", "block")
def of_the_hub(case, name):
    gevent.config.resolver = name
    hub = gevent.get_hub()
    case.show("class", type(hub.resolver).__module__)
    case.show("same", hub.resolver is hub.resolver)
    case.show("repr", hub.resolver)
    case.show("addresses", gevent.socket.gethostbyname("localhost"))
    old = hub.resolver
    del hub.resolver
    case.show("another", hub.resolver is not old)


def of_a_class_of_ones_own(case):
    class Mine:
        def __init__(self, hub=None):
            case.show("hub", hub is gevent.get_hub())

        def gethostbyname(self, *args):
            return ("mine", args)

        def getaddrinfo(self, *args):
            return [(2, 1, 6, "", ("1.2.3.4", 5))]

        def close(self):
            case.show("closed", True)

    gevent.config.resolver = Mine
    case.call(gevent.socket.gethostbyname, "x")
    case.call(gevent.socket.getaddrinfo, "x", 1)
    case.call(gevent.socket.gethostbyaddr, "x")
    gevent.get_hub().destroy()


def assigned_to_the_hub(case):
    class Mine:
        def gethostbyname(self, name):
            return name * 2

    gevent.get_hub().resolver = Mine()
    case.call(gevent.socket.gethostbyname, "ab")


def in_another_thread(case):
    def run():
        case.call(gevent.socket.gethostbyname, "localhost")
        case.show("own", gevent.get_hub().resolver is not mine)
        gevent.get_hub().destroy(destroy_loop=True)

    mine = gevent.get_hub().resolver
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def the_base_does_what_needs_no_question(case):
    resolver = AbstractResolver()
    case.call(resolver.gethostbyname, "127.0.0.1")
    case.call(resolver.gethostbyname_ex, "127.0.0.1")
    case.call(resolver.getaddrinfo, "127.0.0.1", 80, 0, socket.SOCK_STREAM)
    case.call(resolver.getnameinfo, ("127.0.0.1", 80), 3)
    case.call(resolver.close)
    case.attributes(resolver, "EAI_NONAME_MSG", "EAI_FAMILY_MSG", "HOSTNAME_ENCODING")


def a_subclass_of_the_base(case):
    class Mine(AbstractResolver):
        def _getaddrinfo(self, host, port, family, socktype, proto, flags):
            case.show("asked for", host)
            return [(2, 1, 6, "", ("1.2.3.4", 5))]

    case.call(Mine().gethostbyname, "name.example")
    case.call(Mine().getaddrinfo, "name.example", 5)
    case.call(Mine().gethostbyname, "b\xfccher.example")


@each(
    socket.gaierror(socket.EAI_NONAME),
    socket.gaierror(socket.EAI_FAMILY),
    socket.gaierror(socket.EAI_AGAIN),
    socket.gaierror(socket.EAI_NONAME, "text"),
    socket.gaierror(),
    ValueError("x"),
)
def fixup_gaierror(case, error):
    @AbstractResolver.fixup_gaierror
    def fail(self, a, b=2):
        """Documented."""
        raise error

    case.call(fail, AbstractResolver(), 1)
    case.attributes(fail, "__name__", "__doc__")


@each(*METHODS)
def signature(case, name):
    for kind, made in {**KINDS, "base": AbstractResolver}.items():
        if kind not in ("thread", "blocking"):
            found = inspect.signature(getattr(made, name)).parameters.values()
            case.show(
                kind, [(each.name, each.default, int(each.kind)) for each in found]
            )


@each(*KINDS)
def copied(case, kind):
    resolver = KINDS[kind]()
    try:
        pickle.dumps(resolver)
    except (TypeError, pickle.PicklingError):
        case.show("pickle", "fails")
    else:
        case.show("pickle", "works")
    case.named_call("copy", lambda: type(copy.copy(resolver)))


def dnspython_has_its_resolver(case):
    resolver = Dnspython().resolver
    case.show("servers", bool(resolver.nameservers))
    case.show("lifetime", resolver.lifetime)
    case.show("cache", resolver.cache is not None)


def dnspython_takes_settings(case):
    gevent.config.resolver_nameservers = "127.0.0.9,127.0.0.8"
    gevent.config.resolver_timeout = 3
    resolver = Dnspython().resolver
    case.show("servers", resolver.nameservers)
    case.show("lifetime", resolver.lifetime)


@each(
    {"timeout": 1},
    {"timeout": "1"},
    {"tries": 2},
    {"servers": "127.0.0.9"},
    {"servers": ["127.0.0.9", "127.0.0.8"]},
    {"servers": "127.0.0.9,127.0.0.8"},
    {"servers": b"127.0.0.9"},
    {"servers": "x.example"},
    {"servers": []},
    {"flags": 1},
    {"ndots": 2, "udp_port": 5353, "tcp_port": 5353},
    {"use_environ": False},
    {"nosuch": 1},
    {"timeout": "x"},
    {"tries": object},
)
def ares_with(case, options):
    resolver = case.named_call("made", Ares, **options)
    if resolver is not None:
        case.call(resolver.close)


@each("ares_timeout", "ares_tries", "ares_ndots", "ares_servers", "ares_flags")
def ares_of_a_setting(case, name):
    setattr(gevent.config, name, "127.0.0.9" if name == "ares_servers" else "1")
    case.show("params", Ares().params)
    case.show("none", Ares(use_environ=False).params)


def ares_not_closed(case):
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        resolver = Ares()
        del resolver
        gevent.sleep(0)
        gc.collect()
    for warning in caught:
        case.show(warning.category.__name__, str(warning.message)[:20])


def ares_has_a_class_for_its_channel(case):
    case.show("class", Ares.cares_class)
    resolver = Ares()
    case.show("loop", resolver.cares.loop is gevent.get_hub().loop)
    resolver.close()
