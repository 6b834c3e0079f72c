"""Every signature of ``gevent.socket``: pinned, so that a change is seen."""

from __future__ import annotations

import io
from enum import IntEnum
from socket import AddressFamily, SocketIO
from typing import Literal, assert_type

from gevent.hub import Hub
from gevent.libev.watcher import watcher as _Watcher
from gevent.socket import (
    _Address,
    _AddressInfo,
    _Host,
    _InternetAddress,
    _PeerAddress,
    _Port,
    _SendableFile,
    as_enum,
    cancel_wait,
    create_connection,
    create_server,
    fromfd,
    getaddrinfo,
    getfqdn,
    gethostbyaddr,
    gethostbyname,
    gethostbyname_ex,
    getnameinfo,
    socket,
    socketpair,
    wait,
    wait_read,
    wait_readwrite,
    wait_write,
)
from gevent.timeout import _Throwable


def socket_made(family: int, type: int, proto: int, fileno: int | None) -> None:
    assert_type(socket(family, type, proto, fileno), socket)


def socket_family(it: socket) -> None:
    assert_type(it.family, AddressFamily | int)


def socket_hub(it: socket) -> None:
    assert_type(it.hub, Hub)


def socket_closed(it: socket) -> None:
    assert_type(it.closed, bool)


def socket_entered(it: socket) -> None:
    assert_type(it.__enter__(), socket)


def socket_bind(it: socket, address: _Address) -> None:
    assert_type(it.bind(address), None)


def socket_listen(it: socket, backlog: int) -> None:
    assert_type(it.listen(backlog), None)


def socket_getsockname(it: socket) -> None:
    assert_type(it.getsockname(), _PeerAddress)


def socket_getpeername(it: socket) -> None:
    assert_type(it.getpeername(), _PeerAddress)


def socket_getsockopt(it: socket, level: int, option: int) -> None:
    assert_type(it.getsockopt(level, option), int)


def socket_getsockopt_2(it: socket, level: int, option: int, size: int) -> None:
    assert_type(it.getsockopt(level, option, size), bytes)


def socket_get_inheritable(it: socket) -> None:
    assert_type(it.get_inheritable(), bool)


def socket_set_inheritable(it: socket, inheritable: bool) -> None:
    assert_type(it.set_inheritable(inheritable), None)


def socket_getblocking(it: socket) -> None:
    assert_type(it.getblocking(), bool)


def socket_setblocking(it: socket, flag: bool) -> None:
    assert_type(it.setblocking(flag), None)


def socket_close(it: socket) -> None:
    assert_type(it.close(), None)


def socket_dup(it: socket) -> None:
    assert_type(it.dup(), socket)


def socket_makefile(
    it: socket,
    mode: Literal[
        "b", "rb", "br", "wb", "bw", "rwb", "rbw", "wrb", "wbr", "brw", "bwr"
    ],
    buffering: Literal[0],
    *,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        it.makefile(mode, buffering, encoding=encoding, errors=errors, newline=newline),
        SocketIO,
    )


def socket_makefile_2(
    it: socket,
    mode: Literal["rwb", "rbw", "wrb", "wbr", "brw", "bwr"],
    buffering: int | None,
    *,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        it.makefile(mode, buffering, encoding=encoding, errors=errors, newline=newline),
        io.BufferedRWPair,
    )


def socket_makefile_3(
    it: socket,
    mode: Literal["b", "rb", "br"],
    buffering: int | None,
    *,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        it.makefile(mode, buffering, encoding=encoding, errors=errors, newline=newline),
        io.BufferedReader,
    )


def socket_makefile_4(
    it: socket,
    mode: Literal["wb", "bw"],
    buffering: int | None,
    *,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        it.makefile(mode, buffering, encoding=encoding, errors=errors, newline=newline),
        io.BufferedWriter,
    )


def socket_makefile_5(
    it: socket,
    mode: Literal["r", "w", "rw", "wr", ""],
    buffering: int | None,
    *,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        it.makefile(mode, buffering, encoding=encoding, errors=errors, newline=newline),
        io.TextIOWrapper,
    )


def socket_makefile_6(
    it: socket,
    mode: str,
    buffering: int | None,
    *,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> None:
    assert_type(
        it.makefile(mode, buffering, encoding=encoding, errors=errors, newline=newline),
        io.IOBase,
    )


def socket_sendfile(
    it: socket, file: _SendableFile, offset: int, count: int | None
) -> None:
    assert_type(it.sendfile(file, offset, count), int)


def of_as_enum(value: int, kind: type[IntEnum]) -> None:
    assert_type(as_enum(value, kind), int)


def of_socketpair(family: int | None, type: int, proto: int) -> None:
    assert_type(socketpair(family, type, proto), tuple[socket, socket])


def of_fromfd(fd: int, family: int, type: int, proto: int) -> None:
    assert_type(fromfd(fd, family, type, proto), socket)


def of_create_server(
    address: tuple[str | bytes | None, int] | tuple[str | bytes | None, int, int, int],
    *,
    family: int,
    backlog: int | None,
    reuse_port: bool,
    dualstack_ipv6: bool,
) -> None:
    assert_type(
        create_server(
            address,
            family=family,
            backlog=backlog,
            reuse_port=reuse_port,
            dualstack_ipv6=dualstack_ipv6,
        ),
        socket,
    )


def of_create_connection(
    address: tuple[_Host, _Port],
    timeout: float | None,
    source_address: tuple[str | bytes, int] | None,
    *,
    all_errors: bool,
) -> None:
    assert_type(
        create_connection(address, timeout, source_address, all_errors=all_errors),
        socket,
    )


def of_getaddrinfo(
    host: _Host, port: _Port, family: int, type: int, proto: int, flags: int
) -> None:
    assert_type(getaddrinfo(host, port, family, type, proto, flags), list[_AddressInfo])


def of_gethostbyname(hostname: str | bytes) -> None:
    assert_type(gethostbyname(hostname), str)


def of_gethostbyname_ex(hostname: str | bytes) -> None:
    assert_type(gethostbyname_ex(hostname), tuple[str, list[str], list[str]])


def of_gethostbyaddr(ip_address: str | bytes) -> None:
    assert_type(gethostbyaddr(ip_address), tuple[str, list[str], list[str]])


def of_getnameinfo(sockaddr: _InternetAddress, flags: int) -> None:
    assert_type(getnameinfo(sockaddr, flags), tuple[str, str])


def of_getfqdn(name: str) -> None:
    assert_type(getfqdn(name), str)


def of_wait(
    watcher: _Watcher,
    timeout: float | None,
    timeout_exc: _Throwable | None,
    hub: Hub | None,
) -> None:
    assert_type(wait(watcher, timeout, timeout_exc, hub), None)


def of_wait_read(
    fileno: int, timeout: float | None, timeout_exc: _Throwable | None
) -> None:
    assert_type(wait_read(fileno, timeout, timeout_exc), None)


def of_wait_write(
    fileno: int, timeout: float | None, timeout_exc: _Throwable | None, event: object
) -> None:
    assert_type(wait_write(fileno, timeout, timeout_exc, event), None)


def of_wait_readwrite(
    fileno: int, timeout: float | None, timeout_exc: _Throwable | None, event: object
) -> None:
    assert_type(wait_readwrite(fileno, timeout, timeout_exc, event), None)


def of_cancel_wait(watcher: _Watcher | None, error: _Throwable) -> None:
    assert_type(cancel_wait(watcher, error), None)
