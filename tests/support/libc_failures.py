"""A program: compare a resolver with the C library when name servers misbehave.

    python -m tests.support.libc_failures ares "files dns" "search.example ."

Each name is asked for as it is and below two search domains, and each of these
questions fails in a way of its own. As ``libc_lookups``, inside of a namespace.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import product

from gevent import config
from gevent.pool import Pool
from tests.support.form import sample_step
from tests.support.libc_lookups import Call, outcome, serving_elsewhere
from tests.support.nameserver import Zone
from tests.support.namespace import settle
from tests.support.zone import HOSTS

# How a question fails: no such name, no such record, then errors.
WAYS: dict[str, dict[str, list[str]] | None] = {
    "nx": None,
    "no": {"TXT": ["nothing"]},
    "servfail": {"RCODE": ["SERVFAIL"]},
    "refused": {"RCODE": ["REFUSED"]},
    "notimp": {"RCODE": ["NOTIMP"]},
    "formerr": {"RCODE": ["FORMERR"]},
    "silent": {"SILENT": []},
}
# Not more of these: the C library waits a second for each silence.
SLOW_WAYS = [
    ("silent", "nx", "nx"),
    ("nx", "silent", "no"),
    ("nx", "nx", "silent"),
    ("notimp", "notimp", "notimp"),
]
DOMAINS = ("search.example", "other.example")

_N_AT_ONCE = 64


def make_zone() -> Zone:
    """Return the zone: names of three ways, as they are, then below each domain."""
    zone: Zone = {}
    for name, ways in names():
        fulls = (name, *(f"{name}.{domain}" for domain in DOMAINS))
        for full, way in zip(fulls, ways, strict=True):
            records = WAYS[way]
            if records is not None:
                zone[full] = records
    for last, records in enumerate(WAYS.values(), 20):
        if records is not None:
            zone[f"{last}.2.0.192.in-addr.arpa"] = records
    return zone


def names() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield names without and with a dot."""
    answered = [way for way in WAYS if way not in ("silent", "notimp")]
    for ways in (*product(answered, repeat=3), *SLOW_WAYS):
        name = "-".join(ways)
        yield name, ways
        yield f"{name}.top", ways


def calls() -> Iterator[Call]:
    """Yield what to look up: method and arguments."""
    for name, ways in names():
        yield "gethostbyname", (name,)
        yield "getaddrinfo", (name, 80, 0, socket.SOCK_STREAM)
        if "silent" not in ways:
            yield "gethostbyname_ex", (name,)
            yield "gethostbyaddr", (name,)
            canonical = (socket.SOCK_STREAM, 0, socket.AI_CANONNAME)
            for family in (socket.AF_INET, socket.AF_INET6):
                yield "getaddrinfo", (name, 80, family, socket.SOCK_STREAM)
                yield "getaddrinfo", (name, 80, family, *canonical)
    for last in range(20, 20 + len(WAYS)):
        address = f"192.0.2.{last}"
        yield "gethostbyaddr", (address,)
        yield "getnameinfo", ((address, 80), 0)
        yield "getnameinfo", ((address, 80), socket.NI_NAMEREQD)


def main(name: str, sources: str, domains: str) -> None:
    """Compare a resolver, where names come from *sources*."""
    settle(
        {
            "hosts": HOSTS,
            "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
            + (f"search {domains}\n" if domains else ""),
            "nsswitch.conf": f"hosts: {sources}\nservices: files\n",
        }
    )
    config.resolver_timeout = 1.0  # as it is in that file: dnspython waits for five
    all_calls = list(calls())[:: sample_step()]
    with serving_elsewhere(make_zone()):
        with ThreadPoolExecutor(_N_AT_ONCE) as threads:
            wanted = threads.map(lambda call: _outcome(socket, call), all_calls)
        resolver = import_module(f"gevent.resolver.{name}").Resolver()
        got = Pool(_N_AT_ONCE).map(lambda call: _outcome(resolver, call), all_calls)
        resolver.close()
    print(len(all_calls))
    for call, want, have in zip(all_calls, wanted, got, strict=True):
        if want != have:
            print(f"{call}: want {want}, got {have}")


def _outcome(where: object, call: Call) -> object:
    method, args = call
    return outcome(getattr(where, method), args)


if __name__ == "__main__":
    main(*sys.argv[1:])
