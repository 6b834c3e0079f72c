"""Every signature of ``gevent.resolver.cares``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import assert_type

from typing_extensions import TypeVar

from gevent.core import loop as Loop
from gevent.resolver import _Address, _Entry
from gevent.resolver.cares import Result, _Text, ares_host_result, channel

_T_co = TypeVar("_T_co", covariant=True, default=object)


def result_value(it: Result[_T_co]) -> None:
    assert_type(it.value, _T_co)


def result_exception(it: Result[_T_co]) -> None:
    assert_type(it.exception, Exception | None)


def result_successful(it: Result[_T_co]) -> None:
    assert_type(it.successful(), bool)


def result_get(it: Result[_T_co]) -> None:
    assert_type(it.get(), _T_co)


def ares_host_result_family(it: ares_host_result) -> None:
    assert_type(it.family, int)


def channel_made(
    loop: Loop,
    flags: int | None,
    timeout: float | None,
    tries: int | None,
    ndots: int | None,
    udp_port: int | None,
    tcp_port: int | None,
    servers: _Text | Iterable[_Text] | None,
) -> None:
    assert_type(
        channel(loop, flags, timeout, tries, ndots, udp_port, tcp_port, servers),
        channel,
    )


def channel_loop(it: channel) -> None:
    assert_type(it.loop, Loop)


def channel_set_servers(it: channel, servers: _Text | Iterable[_Text] | None) -> None:
    assert_type(it.set_servers(servers), None)


def channel_cancel(it: channel) -> None:
    assert_type(it.cancel(), None)


def channel_destroy(it: channel) -> None:
    assert_type(it.destroy(), None)


def channel_query(
    it: channel, callback: Callable[[Result], object], name: _Text, kind: str
) -> None:
    assert_type(it.query(callback, name, kind), None)


def channel_gethostbyname(
    it: channel,
    callback: Callable[[Result[ares_host_result]], object],
    name: _Text,
    family: int,
) -> None:
    assert_type(it.gethostbyname(callback, name, family), None)


def channel_gethostbyaddr(
    it: channel, callback: Callable[[Result[ares_host_result]], object], addr: _Text
) -> None:
    assert_type(it.gethostbyaddr(callback, addr), None)


def channel_getaddrinfo(
    it: channel,
    callback: Callable[[Result[list[_Entry]]], object],
    name: _Text,
    service: _Text | None,
    family: int,
    type: int,
    proto: int,
    flags: int,
) -> None:
    assert_type(
        it.getaddrinfo(callback, name, service, family, type, proto, flags), None
    )


def channel_getnameinfo(
    it: channel,
    callback: Callable[[Result[tuple[str, str]]], object],
    sockaddr: _Address,
    flags: int,
) -> None:
    assert_type(it.getnameinfo(callback, sockaddr, flags), None)
