"""A program: compare a resolver with the C library, over very many arguments.

    python -m tests.support.libc_lookups ares "files dns"

Runs inside of a namespace (see ``namespace``), where both see the same hosts file and
the same name server. Prints how many lookups were compared, then each difference.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import product
from typing import TypeAlias

from tests.support.nameserver import Zone, serving
from tests.support.namespace import settle
from tests.support.zone import HOSTS, RESOLV_CONF, ZONE

Call: TypeAlias = tuple[str, tuple[object, ...]]

_INET, _INET6 = socket.AF_INET, socket.AF_INET6

NAMES: list[object] = [
    *(name for name in ZONE if not name.endswith(".arpa") and name != "silent.example"),
    *("nowhere.example", "host", "short", "a.b", "bad", "void", "nope", "host."),
    *("filed", "f", "several", "fouronly.example", "FOURONLY.example", "other"),
    *("dots.example", "dots.example.", "sixonly.example", "linked.example"),
    *("mapped-file.example", "commented.example", "wrong.example"),
    *("localhost", "LOCALHOST", "foo.localhost", "ip6-localhost"),
    *("V4.Example", "v4.example.", "-dash.example", "a b.example", "b*d.example"),
    *("", ".", "a..b", "x" * 64 + ".example", "under_score", "_srv.example"),
    *("v4.example\0x", "localhost\0x", "127.0.0.1\0x", "\0", b"v4.example\0x"),
    *(bytearray(b"v4.example"), bytearray(b"localhost"), bytearray(b"127.0.0.1")),
    *(memoryview(b"v4.example"), 5, 5.0, [], ("v4.example",)),
    *("bücher.example", "BÜCHER.example", "①.com", "\ud800"),
    *(b"v4.example", b"a..b", b".", b".a", b"x" * 64 + b".a", b"y" * 250 + b".z"),
    *("1.2.3.4.5", "1.2.3", "0x7f.1", "127.0.0.1", "::1", "fe80::1%lo", b"::1"),
    *("fe80::1%nosuch", "1.2.3.4%lo", "::ffff:192.0.2.1", "12", "256.1.1.1"),
]
ADDRESSES = [
    *(f"192.0.2.{last}" for last in (*range(1, 15), 101, 102, 103, 104, 109, 200)),
    *("127.0.0.1", "127.0.0.2", "0.0.0.0", "255.255.255.255"),
    *("2001:db8::1", "2001:db8::102", "2001:db8::77", "::1", "::"),
    *("fe80::1%lo", "fe80::9", "::ffff:192.0.2.1"),
]
FLAGS = [
    0,
    socket.AI_PASSIVE,
    socket.AI_CANONNAME,
    socket.AI_NUMERICHOST,
    socket.AI_V4MAPPED,
    socket.AI_V4MAPPED | socket.AI_ALL,
    socket.AI_ADDRCONFIG,
    socket.AI_NUMERICSERV,
    socket.AI_CANONNAME | socket.AI_ADDRCONFIG,
    1 << 14,
]
KINDS = [(0, 0), (socket.SOCK_STREAM, 0), (socket.SOCK_DGRAM, socket.IPPROTO_UDP)]
# Port, family, type, protocol and flags of which some are wrong.
ODD_ARGUMENTS: list[tuple[object, ...]] = [
    (None,),
    ("80",),
    ("http",),
    ("http", 0, socket.SOCK_STREAM),
    (b"domain", 0, socket.SOCK_DGRAM),
    ("",),
    ("no-such-service",),
    ("-1",),
    (" 80",),
    (-1,),
    (99999,),
    (2**70,),
    (5.0,),
    ([],),
    (80, 99),
    (80, 0, 99),
    (80, 0, socket.SOCK_STREAM, socket.IPPROTO_UDP),
    (80, 0, socket.SOCK_RAW, 1),
    (80, "inet"),
    (80, 2.0),
    (80, 0, 1.0),
    (80, 0, 0, 6.0),
    (80, 0, 0, 0, 1.0),
    (80, 0, 0, 0, None),
    (80, []),
    (80, 2**70),
    (b"80",),
    (bytearray(b"80"),),
    ("80\0",),
    (2**31,),
    (-(2**63),),
    (80, 0, 0, 0, "flags"),
    ("http", 0, 0, 0, socket.AI_NUMERICSERV),
    (None, 0, 0, 0, socket.AI_CANONNAME),
]

ODD_SOCKADDRS: list[object] = [
    *((), ("127.0.0.1",), ("127.0.0.1", 80, 0), ["127.0.0.1", 80], "ab", None),
    *(("v4.example", 80), ("filed", 80), ("1", 80), ("", 80), (None, 80), (5, 80)),
    *((b"127.0.0.1", 80), ("127.0.0.1", "80"), ("127.0.0.1", 80.0)),
    *(("127.0.0.1", -1), ("127.0.0.1", 65536), ("127.0.0.1", 2**70)),
    *(("::1", 80, 2**20, 0), ("::1", 80, -1, 0), ("::1", 80, 0, 99), ("::1", 80, 0.0)),
]

# (resolver, name) that may differ from glibc, and why.
WANTED = {
    # glibc leaves IPv4-mapped IPv6 addresses out when AI_V4MAPPED is given.
    ("ares", "mapped.example"),
    ("dnspython", "mapped.example"),
    # The server says NXDOMAIN for one type only. It means all, and dnspython's cache
    # says so from then on.
    ("dnspython", "nx4.example"),
    ("dnspython", "nx4-bad6.example"),
    ("dnspython", "bad4-nx6.example"),
}


def calls() -> Iterator[Call]:
    """Yield what to look up: method and arguments."""
    families = (socket.AF_UNSPEC, _INET, _INET6)
    for name, family, kind, flags in product(NAMES, families, KINDS, FLAGS):
        yield "getaddrinfo", (name, 80, family, *kind, flags)
    for name in ("v4.example", "nowhere.example", "filed", "127.0.0.1", None):
        for odd in ODD_ARGUMENTS:
            yield "getaddrinfo", (name, *odd)
    for name in (None, *NAMES, *ADDRESSES):
        yield "gethostbyname", (name,)
        yield "gethostbyname_ex", (name,)
        yield "gethostbyaddr", (name,)
    for address, flags in product(ADDRESSES, (*range(32), 64, 1 << 11, -1)):
        tail = (0, 0) if ":" in address else ()
        yield "getnameinfo", ((address, 80, *tail), flags)
    for wrong, odd_flags in product(ODD_SOCKADDRS, (0, 2.0, None, "0", 2**31, 2**70)):
        yield "getnameinfo", (wrong, odd_flags)


@contextmanager
def serving_elsewhere(zone: Zone = ZONE) -> Iterator[None]:
    """Serve names in a process of its own: ``getnameinfo`` of 3.11.2 keeps the GIL."""
    hears, tells = os.pipe()
    pid = os.fork()
    if pid == 0:
        with serving(zone, ("127.0.0.1", 53)):
            os.write(tells, b"x")
            signal.pause()
    os.close(tells)
    assert os.read(hears, 1), "the name server could not start"
    os.close(hears)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)


def outcome(function: object, args: tuple[object, ...]) -> object:
    """Return the value, or the class, number and text of the error."""
    try:
        value: object = function(*args)  # type: ignore[operator]  # it is one
    except Exception as error:
        if isinstance(error, OSError):
            return type(error), error.args
        return type(error), str(error)
    return value


def main(name: str, sources: str) -> None:
    """Compare a resolver, where names come from *sources*."""
    settle(
        {
            "hosts": HOSTS,
            "resolv.conf": RESOLV_CONF,
            "nsswitch.conf": f"hosts: {sources}\nservices: files\n",
        }
    )
    n_compared = 0
    differences = []
    with serving_elsewhere():
        resolver = import_module(f"gevent.resolver.{name}").Resolver()
        for method, args in calls():
            if any(name == kind and args[0] == other for kind, other in WANTED):
                continue
            n_compared += 1
            want = outcome(getattr(socket, method), args)
            got = outcome(getattr(resolver, method), args)
            if got != want:
                differences.append(f"{method}{args}: want {want}, got {got}")
        resolver.close()
    print(n_compared, *differences, sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
