"""Every signature of ``gevent.resolver``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, assert_type

from gevent.resolver import AbstractResolver, _Address, _Entry, _Host, _HostEntry, _Port

_P = ParamSpec("_P")
_T = TypeVar("_T")


def abstractresolver_hostname_encoding(it: AbstractResolver) -> None:
    assert_type(it.HOSTNAME_ENCODING, str)


def abstractresolver_eai_noname_msg(it: AbstractResolver) -> None:
    assert_type(it.EAI_NONAME_MSG, str)


def abstractresolver_eai_family_msg(it: AbstractResolver) -> None:
    assert_type(it.EAI_FAMILY_MSG, str)


def abstractresolver_close(it: AbstractResolver) -> None:
    assert_type(it.close(), None)


def abstractresolver_fixup_gaierror(
    it: type[AbstractResolver], func: Callable[_P, _T]
) -> None:
    assert_type(it.fixup_gaierror(func), Callable[_P, _T])


def abstractresolver_getaddrinfo(
    it: AbstractResolver,
    host: _Host,
    port: _Port,
    family: int,
    socktype: int,
    proto: int,
    flags: int,
) -> None:
    assert_type(
        it.getaddrinfo(host, port, family, socktype, proto, flags), list[_Entry]
    )


def abstractresolver_gethostbyname(
    it: AbstractResolver, hostname: _Host, family: int
) -> None:
    assert_type(it.gethostbyname(hostname, family), str)


def abstractresolver_gethostbyname_ex(
    it: AbstractResolver, hostname: _Host, family: int
) -> None:
    assert_type(it.gethostbyname_ex(hostname, family), _HostEntry)


def abstractresolver_gethostbyaddr(it: AbstractResolver, ip_address: _Host) -> None:
    assert_type(it.gethostbyaddr(ip_address), _HostEntry)


def abstractresolver_getnameinfo(
    it: AbstractResolver, sockaddr: _Address, flags: int
) -> None:
    assert_type(it.getnameinfo(sockaddr, flags), tuple[str, str])
