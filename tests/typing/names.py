"""Resolvers and what they answer."""

from __future__ import annotations

from socket import AddressFamily, SocketKind
from typing import TypeAlias, assert_type

from gevent.resolver import AbstractResolver
from gevent.resolver.ares import Resolver as AresResolver
from gevent.resolver.blocking import Resolver as BlockingResolver
from gevent.resolver.cares import Result, ares_host_result, channel
from gevent.resolver.dnspython import Resolver as DnspythonResolver
from gevent.resolver.thread import Resolver as ThreadResolver

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
Entry: TypeAlias = tuple[AddressFamily | int, SocketKind | int, int, str, Address]


def resolvers(thread: ThreadResolver, blocking: BlockingResolver) -> None:
    """What answers by the system's functions."""
    assert_type(thread.gethostbyname("a"), str)
    assert_type(thread.gethostbyname_ex("a"), tuple[str, list[str], list[str]])
    assert_type(thread.gethostbyaddr("::1"), tuple[str, list[str], list[str]])
    assert_type(thread.getnameinfo(("::1", 80), 0), tuple[str, str])
    assert_type(
        thread.getaddrinfo("a", 80),
        list[Entry],
    )
    assert_type(blocking.gethostbyname("a"), str)


def asking(ares: AresResolver, python: DnspythonResolver) -> None:
    """What asks DNS."""
    for resolver in (ares, python):
        checked: AbstractResolver = resolver
        assert_type(checked.gethostbyname(b"a", 10), str)
        assert_type(checked.gethostbyname_ex("a"), tuple[str, list[str], list[str]])
        assert_type(checked.getnameinfo(("127.0.0.1", 80), 0), tuple[str, str])
        checked.gethostbyname(5)  # type: ignore[arg-type]  # no name
    AresResolver(servers=["127.0.0.1"], timeout=1.5).close()


def callbacks(cares: channel) -> None:
    """The channel calls back with results."""

    def answered(result: Result) -> None:
        assert_type(result.get(), object)
        assert_type(result.exception, Exception | None)

    cares.gethostbyname(answered, "a", 2)
    cares.getaddrinfo(answered, b"a", None)
    cares.gethostbyname(print, 5)  # type: ignore[arg-type]  # no name
    assert_type(ares_host_result(2, ("a", [], [])).family, int)
