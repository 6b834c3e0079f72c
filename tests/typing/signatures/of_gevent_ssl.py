"""Every signature of ``gevent.ssl``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Iterable
from ssl import Purpose, SSLSession
from typing import assert_type

from _typeshed import ReadableBuffer, StrOrBytesPath, WriteableBuffer

from gevent.socket import _Address, _PeerAddress, _SendableFile
from gevent.ssl import (
    SSLContext,
    SSLSocket,
    _Wrappable,
    create_default_context,
    get_server_certificate,
    wrap_socket,
)


def sslcontext_sslsocket_class(it: SSLContext) -> None:
    assert_type(it.sslsocket_class, type[SSLSocket])


def sslcontext_set_alpn_protocols(
    it: SSLContext, alpn_protocols: Iterable[str]
) -> None:
    assert_type(it.set_alpn_protocols(alpn_protocols), None)


def sslcontext_wrap_socket(
    it: SSLContext,
    sock: _Wrappable,
    server_side: bool,
    do_handshake_on_connect: bool,
    suppress_ragged_eofs: bool,
    server_hostname: str | bytes | None,
    session: SSLSession | None,
) -> None:
    assert_type(
        it.wrap_socket(
            sock,
            server_side,
            do_handshake_on_connect,
            suppress_ragged_eofs,
            server_hostname,
            session,
        ),
        SSLSocket,
    )


def sslsocket_server_side(it: SSLSocket) -> None:
    assert_type(it.server_side, bool)


def sslsocket_server_hostname(it: SSLSocket) -> None:
    assert_type(it.server_hostname, str | None)


def sslsocket_do_handshake_on_connect(it: SSLSocket) -> None:
    assert_type(it.do_handshake_on_connect, bool)


def sslsocket_suppress_ragged_eofs(it: SSLSocket) -> None:
    assert_type(it.suppress_ragged_eofs, bool)


def sslsocket_made(
    sock: _Wrappable | None,
    keyfile: StrOrBytesPath | None,
    certfile: StrOrBytesPath | None,
    server_side: bool,
    cert_reqs: int,
    ssl_version: int,
    ca_certs: StrOrBytesPath | None,
    do_handshake_on_connect: bool,
    family: int,
    type: int,
    proto: int,
    fileno: int | None,
    suppress_ragged_eofs: bool,
    npn_protocols: object,
    ciphers: str | None,
    server_hostname: str | bytes | None,
    _session: SSLSession | None,
    _context: SSLContext | None,
) -> None:
    assert_type(
        SSLSocket(
            sock,
            keyfile,
            certfile,
            server_side,
            cert_reqs,
            ssl_version,
            ca_certs,
            do_handshake_on_connect,
            family,
            type,
            proto,
            fileno,
            suppress_ragged_eofs,
            npn_protocols,
            ciphers,
            server_hostname,
            _session,
            _context,
        ),
        SSLSocket,
    )


def sslsocket_detach(it: SSLSocket) -> None:
    assert_type(it.detach(), int)


def sslsocket_read(it: SSLSocket, nbytes: int | None, buffer: None) -> None:
    assert_type(it.read(nbytes, buffer), bytes)


def sslsocket_read_2(
    it: SSLSocket, nbytes: int | None, buffer: WriteableBuffer
) -> None:
    assert_type(it.read(nbytes, buffer), int)


def sslsocket_recv(it: SSLSocket, buflen: int, flags: int) -> None:
    assert_type(it.recv(buflen, flags), bytes)


def sslsocket_recv_into(
    it: SSLSocket, buffer: WriteableBuffer | None, nbytes: int | None, flags: int
) -> None:
    assert_type(it.recv_into(buffer, nbytes, flags), int)


def sslsocket_recvfrom(it: SSLSocket, buflen: int, flags: int) -> None:
    assert_type(it.recvfrom(buflen, flags), tuple[bytes, _PeerAddress])


def sslsocket_recvfrom_into(
    it: SSLSocket, buffer: WriteableBuffer, nbytes: int | None, flags: int
) -> None:
    assert_type(it.recvfrom_into(buffer, nbytes, flags), tuple[int, _PeerAddress])


def sslsocket_write(it: SSLSocket, data: ReadableBuffer) -> None:
    assert_type(it.write(data), int)


def sslsocket_send(
    it: SSLSocket, data: ReadableBuffer, flags: int, timeout: float | None
) -> None:
    assert_type(it.send(data, flags, timeout), int)


def sslsocket_sendall(it: SSLSocket, data: ReadableBuffer, flags: int) -> None:
    assert_type(it.sendall(data, flags), None)


def sslsocket_sendto(
    it: SSLSocket, data: ReadableBuffer, flags_or_addr: _Address, addr: None
) -> None:
    assert_type(it.sendto(data, flags_or_addr, addr), int)


def sslsocket_sendto_2(
    it: SSLSocket, data: ReadableBuffer, flags_or_addr: int, addr: _Address
) -> None:
    assert_type(it.sendto(data, flags_or_addr, addr), int)


def sslsocket_do_handshake(it: SSLSocket) -> None:
    assert_type(it.do_handshake(), None)


def sslsocket_connect(it: SSLSocket, addr: _Address) -> None:
    assert_type(it.connect(addr), None)


def sslsocket_connect_ex(it: SSLSocket, addr: _Address) -> None:
    assert_type(it.connect_ex(addr), int)


def sslsocket_accept(it: SSLSocket) -> None:
    assert_type(it.accept(), tuple[SSLSocket, _PeerAddress])


def sslsocket_unwrap(it: SSLSocket) -> None:
    assert_type(it.unwrap(), SSLSocket)


def sslsocket_sendfile(
    it: SSLSocket, file: _SendableFile, offset: int, count: int | None
) -> None:
    assert_type(it.sendfile(file, offset, count), int)


def sslsocket_shutdown(it: SSLSocket, how: int) -> None:
    assert_type(it.shutdown(how), None)


def sslsocket_verify_client_post_handshake(it: SSLSocket) -> None:
    assert_type(it.verify_client_post_handshake(), None)


def of_wrap_socket(
    sock: _Wrappable,
    keyfile: StrOrBytesPath | None,
    certfile: StrOrBytesPath | None,
    server_side: bool,
    cert_reqs: int,
    ssl_version: int,
    ca_certs: StrOrBytesPath | None,
    do_handshake_on_connect: bool,
    suppress_ragged_eofs: bool,
    ciphers: str | None,
) -> None:
    assert_type(
        wrap_socket(
            sock,
            keyfile,
            certfile,
            server_side,
            cert_reqs,
            ssl_version,
            ca_certs,
            do_handshake_on_connect,
            suppress_ragged_eofs,
            ciphers,
        ),
        SSLSocket,
    )


def of_get_server_certificate(
    addr: tuple[str, int],
    ssl_version: int,
    ca_certs: StrOrBytesPath | None,
    timeout: float | None,
) -> None:
    assert_type(get_server_certificate(addr, ssl_version, ca_certs, timeout), str)


def of_create_default_context(
    purpose: Purpose,
    *,
    cafile: StrOrBytesPath | None,
    capath: StrOrBytesPath | None,
    cadata: str | ReadableBuffer | None,
) -> None:
    assert_type(
        create_default_context(purpose, cafile=cafile, capath=capath, cadata=cadata),
        SSLContext,
    )
