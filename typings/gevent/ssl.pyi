# ruff: isort: skip_file
# One statement for the names that are passed through.

import sys
from ssl import (
    ALERT_DESCRIPTION_ACCESS_DENIED as ALERT_DESCRIPTION_ACCESS_DENIED,
    ALERT_DESCRIPTION_BAD_CERTIFICATE as ALERT_DESCRIPTION_BAD_CERTIFICATE,
    ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE as ALERT_DESCRIPTION_BAD_CERTIFICATE_HASH_VALUE,  # noqa: E501 - a long name
    ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE as ALERT_DESCRIPTION_BAD_CERTIFICATE_STATUS_RESPONSE,  # noqa: E501 - a long name
    ALERT_DESCRIPTION_BAD_RECORD_MAC as ALERT_DESCRIPTION_BAD_RECORD_MAC,
    ALERT_DESCRIPTION_CERTIFICATE_EXPIRED as ALERT_DESCRIPTION_CERTIFICATE_EXPIRED,
    ALERT_DESCRIPTION_CERTIFICATE_REVOKED as ALERT_DESCRIPTION_CERTIFICATE_REVOKED,
    ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN as ALERT_DESCRIPTION_CERTIFICATE_UNKNOWN,
    ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE as ALERT_DESCRIPTION_CERTIFICATE_UNOBTAINABLE,  # noqa: E501 - a long name
    ALERT_DESCRIPTION_CLOSE_NOTIFY as ALERT_DESCRIPTION_CLOSE_NOTIFY,
    ALERT_DESCRIPTION_DECODE_ERROR as ALERT_DESCRIPTION_DECODE_ERROR,
    ALERT_DESCRIPTION_DECOMPRESSION_FAILURE as ALERT_DESCRIPTION_DECOMPRESSION_FAILURE,
    ALERT_DESCRIPTION_DECRYPT_ERROR as ALERT_DESCRIPTION_DECRYPT_ERROR,
    ALERT_DESCRIPTION_HANDSHAKE_FAILURE as ALERT_DESCRIPTION_HANDSHAKE_FAILURE,
    ALERT_DESCRIPTION_ILLEGAL_PARAMETER as ALERT_DESCRIPTION_ILLEGAL_PARAMETER,
    ALERT_DESCRIPTION_INSUFFICIENT_SECURITY as ALERT_DESCRIPTION_INSUFFICIENT_SECURITY,
    ALERT_DESCRIPTION_INTERNAL_ERROR as ALERT_DESCRIPTION_INTERNAL_ERROR,
    ALERT_DESCRIPTION_NO_RENEGOTIATION as ALERT_DESCRIPTION_NO_RENEGOTIATION,
    ALERT_DESCRIPTION_PROTOCOL_VERSION as ALERT_DESCRIPTION_PROTOCOL_VERSION,
    ALERT_DESCRIPTION_RECORD_OVERFLOW as ALERT_DESCRIPTION_RECORD_OVERFLOW,
    ALERT_DESCRIPTION_UNEXPECTED_MESSAGE as ALERT_DESCRIPTION_UNEXPECTED_MESSAGE,
    ALERT_DESCRIPTION_UNKNOWN_CA as ALERT_DESCRIPTION_UNKNOWN_CA,
    ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY as ALERT_DESCRIPTION_UNKNOWN_PSK_IDENTITY,
    ALERT_DESCRIPTION_UNRECOGNIZED_NAME as ALERT_DESCRIPTION_UNRECOGNIZED_NAME,
    ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE as ALERT_DESCRIPTION_UNSUPPORTED_CERTIFICATE,  # noqa: E501 - a long name
    ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION as ALERT_DESCRIPTION_UNSUPPORTED_EXTENSION,
    ALERT_DESCRIPTION_USER_CANCELLED as ALERT_DESCRIPTION_USER_CANCELLED,
    CERT_NONE as CERT_NONE,
    CERT_OPTIONAL as CERT_OPTIONAL,
    CERT_REQUIRED as CERT_REQUIRED,
    CHANNEL_BINDING_TYPES as CHANNEL_BINDING_TYPES,
    HAS_ALPN as HAS_ALPN,
    HAS_ECDH as HAS_ECDH,
    HAS_NEVER_CHECK_COMMON_NAME as HAS_NEVER_CHECK_COMMON_NAME,
    HAS_NPN as HAS_NPN,
    HAS_SNI as HAS_SNI,
    OP_ALL as OP_ALL,
    OP_CIPHER_SERVER_PREFERENCE as OP_CIPHER_SERVER_PREFERENCE,
    OP_ENABLE_MIDDLEBOX_COMPAT as OP_ENABLE_MIDDLEBOX_COMPAT,
    OP_IGNORE_UNEXPECTED_EOF as OP_IGNORE_UNEXPECTED_EOF,
    OP_NO_COMPRESSION as OP_NO_COMPRESSION,
    OP_NO_RENEGOTIATION as OP_NO_RENEGOTIATION,
    OP_NO_TICKET as OP_NO_TICKET,
    OP_SINGLE_DH_USE as OP_SINGLE_DH_USE,
    OP_SINGLE_ECDH_USE as OP_SINGLE_ECDH_USE,
    OPENSSL_VERSION as OPENSSL_VERSION,
    OPENSSL_VERSION_INFO as OPENSSL_VERSION_INFO,
    OPENSSL_VERSION_NUMBER as OPENSSL_VERSION_NUMBER,
    PEM_FOOTER as PEM_FOOTER,
    PEM_HEADER as PEM_HEADER,
    PROTOCOL_TLS as PROTOCOL_TLS,
    PROTOCOL_TLS_CLIENT as PROTOCOL_TLS_CLIENT,
    PROTOCOL_TLS_SERVER as PROTOCOL_TLS_SERVER,
    SO_TYPE as SO_TYPE,
    SOCK_STREAM as SOCK_STREAM,
    SOL_SOCKET as SOL_SOCKET,
    SSL_ERROR_EOF as SSL_ERROR_EOF,
    SSL_ERROR_INVALID_ERROR_CODE as SSL_ERROR_INVALID_ERROR_CODE,
    SSL_ERROR_SSL as SSL_ERROR_SSL,
    SSL_ERROR_SYSCALL as SSL_ERROR_SYSCALL,
    SSL_ERROR_WANT_CONNECT as SSL_ERROR_WANT_CONNECT,
    SSL_ERROR_WANT_READ as SSL_ERROR_WANT_READ,
    SSL_ERROR_WANT_WRITE as SSL_ERROR_WANT_WRITE,
    SSL_ERROR_WANT_X509_LOOKUP as SSL_ERROR_WANT_X509_LOOKUP,
    SSL_ERROR_ZERO_RETURN as SSL_ERROR_ZERO_RETURN,
    VERIFY_ALLOW_PROXY_CERTS as VERIFY_ALLOW_PROXY_CERTS,
    VERIFY_CRL_CHECK_CHAIN as VERIFY_CRL_CHECK_CHAIN,
    VERIFY_CRL_CHECK_LEAF as VERIFY_CRL_CHECK_LEAF,
    VERIFY_DEFAULT as VERIFY_DEFAULT,
    VERIFY_X509_PARTIAL_CHAIN as VERIFY_X509_PARTIAL_CHAIN,
    VERIFY_X509_STRICT as VERIFY_X509_STRICT,
    VERIFY_X509_TRUSTED_FIRST as VERIFY_X509_TRUSTED_FIRST,
    AlertDescription as AlertDescription,
    CertificateError as CertificateError,
    DefaultVerifyPaths as DefaultVerifyPaths,
    DER_cert_to_PEM_cert as DER_cert_to_PEM_cert,
    HAS_SSLv2 as HAS_SSLv2,
    HAS_SSLv3 as HAS_SSLv3,
    HAS_TLSv1 as HAS_TLSv1,
    HAS_TLSv1_1 as HAS_TLSv1_1,
    HAS_TLSv1_2 as HAS_TLSv1_2,
    HAS_TLSv1_3 as HAS_TLSv1_3,
    MemoryBIO as MemoryBIO,
    OP_NO_SSLv2 as OP_NO_SSLv2,
    OP_NO_SSLv3 as OP_NO_SSLv3,
    OP_NO_TLSv1 as OP_NO_TLSv1,
    OP_NO_TLSv1_1 as OP_NO_TLSv1_1,
    OP_NO_TLSv1_2 as OP_NO_TLSv1_2,
    OP_NO_TLSv1_3 as OP_NO_TLSv1_3,
    Options as Options,
    PEM_cert_to_DER_cert as PEM_cert_to_DER_cert,
    PROTOCOL_SSLv23 as PROTOCOL_SSLv23,
    PROTOCOL_TLSv1 as PROTOCOL_TLSv1,
    PROTOCOL_TLSv1_1 as PROTOCOL_TLSv1_1,
    PROTOCOL_TLSv1_2 as PROTOCOL_TLSv1_2,
    Purpose as Purpose,
    RAND_add as RAND_add,
    RAND_bytes as RAND_bytes,
    RAND_status as RAND_status,
    SSLCertVerificationError as SSLCertVerificationError,
    SSLEOFError as SSLEOFError,
    SSLError as SSLError,
    SSLErrorNumber as SSLErrorNumber,
    SSLObject as SSLObject,
    SSLSession as SSLSession,
    SSLSyscallError as SSLSyscallError,
    SSLWantReadError as SSLWantReadError,
    SSLWantWriteError as SSLWantWriteError,
    SSLZeroReturnError as SSLZeroReturnError,
    TLSVersion as TLSVersion,
    VerifyFlags as VerifyFlags,
    VerifyMode as VerifyMode,
    cert_time_to_seconds as cert_time_to_seconds,
    get_default_verify_paths as get_default_verify_paths,
    get_protocol_name as get_protocol_name,
    socket_error as socket_error,
)

if sys.version_info < (3, 12):
    from ssl import (
        RAND_pseudo_bytes as RAND_pseudo_bytes,
        match_hostname as match_hostname,
    )

from _typeshed import ReadableBuffer, StrOrBytesPath, WriteableBuffer
from collections.abc import Iterable
from socket import socket as _stdlib_socket
from typing import NoReturn, Self, TypeAlias, overload

from gevent.net.tls.context import Context
from gevent.net.tls.inspection import Inspection
from gevent.socket import (
    _Address,
    _PeerAddress,
    _SendableFile,
    create_connection as create_connection,
    socket,
)

_Wrappable: TypeAlias = socket | _stdlib_socket

class SSLContext(Context):
    sslsocket_class: type[SSLSocket]  # type: ignore[assignment]  # a socket of ours
    _has_alpn: bool
    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None: ...
    def wrap_socket(  # type: ignore[override]  # a socket of ours
        self,
        sock: _Wrappable,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,
        session: SSLSession | None = None,
    ) -> SSLSocket: ...

class SSLSocket(Inspection):
    server_side: bool
    server_hostname: str | None
    do_handshake_on_connect: bool
    suppress_ragged_eofs: bool
    def __init__(
        self,
        sock: _Wrappable | None = None,
        keyfile: StrOrBytesPath | None = None,
        certfile: StrOrBytesPath | None = None,
        server_side: bool = False,
        cert_reqs: int = ...,
        ssl_version: int = ...,
        ca_certs: StrOrBytesPath | None = None,
        do_handshake_on_connect: bool = True,
        family: int = ...,
        type: int = ...,
        proto: int = 0,
        fileno: int | None = None,
        suppress_ragged_eofs: bool = True,
        npn_protocols: object = None,
        ciphers: str | None = None,
        server_hostname: str | bytes | None = None,
        _session: SSLSession | None = None,
        _context: SSLContext | None = None,
    ) -> None: ...
    def detach(self) -> int: ...
    @overload
    def read(self, nbytes: int | None = ..., buffer: None = None) -> bytes: ...
    @overload
    def read(self, nbytes: int | None, buffer: WriteableBuffer) -> int: ...
    def recv(self, buflen: int = ..., flags: int = 0) -> bytes: ...
    def recv_into(
        self, buffer: WriteableBuffer | None, nbytes: int | None = None, flags: int = 0
    ) -> int: ...
    def recvfrom(
        self, buflen: int = ..., flags: int = 0
    ) -> tuple[bytes, _PeerAddress]: ...
    def recvfrom_into(
        self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0
    ) -> tuple[int, _PeerAddress]: ...
    def recvmsg(self, *args: object, **kwargs: object) -> NoReturn: ...
    def recvmsg_into(self, *args: object, **kwargs: object) -> NoReturn: ...
    def write(self, data: ReadableBuffer) -> int: ...
    def send(
        self, data: ReadableBuffer, flags: int = 0, timeout: float | None = None
    ) -> int: ...
    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None: ...
    @overload
    def sendto(
        self, data: ReadableBuffer, flags_or_addr: _Address, addr: None = None
    ) -> int: ...
    @overload
    def sendto(
        self, data: ReadableBuffer, flags_or_addr: int, addr: _Address
    ) -> int: ...
    def sendmsg(self, *args: object, **kwargs: object) -> NoReturn: ...
    def dup(self) -> NoReturn: ...
    def do_handshake(self) -> None: ...
    def connect(self, addr: _Address) -> None: ...
    def connect_ex(self, addr: _Address) -> int: ...
    def accept(self) -> tuple[Self, _PeerAddress]: ...
    def unwrap(self) -> Self: ...
    def sendfile(
        self, file: _SendableFile, offset: int = 0, count: int | None = None
    ) -> int: ...
    def shutdown(self, how: int) -> None: ...
    def verify_client_post_handshake(self) -> None: ...

def wrap_socket(
    sock: _Wrappable,
    keyfile: StrOrBytesPath | None = None,
    certfile: StrOrBytesPath | None = None,
    server_side: bool = False,
    cert_reqs: int = ...,
    ssl_version: int = ...,
    ca_certs: StrOrBytesPath | None = None,
    do_handshake_on_connect: bool = True,
    suppress_ragged_eofs: bool = True,
    ciphers: str | None = None,
) -> SSLSocket: ...
def get_server_certificate(
    addr: tuple[str, int],
    ssl_version: int = ...,
    ca_certs: StrOrBytesPath | None = None,
    timeout: float | None = None,
) -> str: ...
def create_default_context(
    purpose: Purpose = ...,
    *,
    cafile: StrOrBytesPath | None = None,
    capath: StrOrBytesPath | None = None,
    cadata: str | ReadableBuffer | None = None,
) -> SSLContext: ...
def _create_unverified_context(
    protocol: int | None = None,
    *,
    cert_reqs: int = ...,
    check_hostname: bool = False,
    purpose: Purpose = ...,
    certfile: StrOrBytesPath | None = None,
    keyfile: StrOrBytesPath | None = None,
    cafile: StrOrBytesPath | None = None,
    capath: StrOrBytesPath | None = None,
    cadata: str | ReadableBuffer | None = None,
) -> SSLContext: ...

_create_default_https_context = create_default_context
_create_stdlib_context = _create_unverified_context

__implements__: list[str]
__extensions__: list[str]
__imports__: list[str]
