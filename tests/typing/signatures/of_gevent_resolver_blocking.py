"""Every signature of ``gevent.resolver.blocking``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import assert_type

from gevent.hub import Hub
from gevent.resolver import _Address, _Entry, _Host, _HostEntry, _Port
from gevent.resolver.blocking import Resolver


def resolver_made(hub: Hub | None) -> None:
    assert_type(Resolver(hub), Resolver)


def resolver_close(it: Resolver) -> None:
    assert_type(it.close(), None)


def resolver_getaddrinfo(
    it: type[Resolver],
    host: _Host,
    port: _Port,
    family: int,
    type: int,
    proto: int,
    flags: int,
) -> None:
    assert_type(it.getaddrinfo(host, port, family, type, proto, flags), list[_Entry])


def resolver_gethostbyname(it: type[Resolver], hostname: str | bytes) -> None:
    assert_type(it.gethostbyname(hostname), str)


def resolver_gethostbyname_ex(it: type[Resolver], hostname: str | bytes) -> None:
    assert_type(it.gethostbyname_ex(hostname), _HostEntry)


def resolver_gethostbyaddr(it: type[Resolver], ip_address: str | bytes) -> None:
    assert_type(it.gethostbyaddr(ip_address), _HostEntry)


def resolver_getnameinfo(it: type[Resolver], sockaddr: _Address, flags: int) -> None:
    assert_type(it.getnameinfo(sockaddr, flags), tuple[str, str])
