"""What OpenSSL knows of a TLS connection, as the methods of a socket."""

from __future__ import annotations

import sys
from ssl import CHANNEL_BINDING_TYPES

from gevent._base.checking import TYPE_CHECKING
from gevent.net.socket import socket

if sys.version_info >= (3, 13):
    from _ssl import ENCODING_DER

if TYPE_CHECKING:
    import ssl
    from ssl import SSLSession, _PeerCertRetDictType
    from typing import Literal, overload

    if sys.version_info >= (3, 13):
        from _ssl import Certificate

    from gevent.net.tls.channel import Engine, TLSChannel, _Certificate

__all__ = ("Inspection",)


class Inspection(socket):
    """The part of a TLS socket that only asks; subclasses move the bytes."""

    server_side: bool
    _context: ssl.SSLContext
    _session: SSLSession | None
    # None: not connected yet, or closed, or unwrapped.
    _channel: TLSChannel | None = None
    # Plain text that came behind the last record before `unwrap`.
    _leftover = b""

    def _extra_repr(self) -> str:
        cipher = "" if self._channel is None else self.cipher()
        return f" server={self.server_side}, cipher={cipher!r}"

    # -- what OpenSSL knows -------------------------------------------------------

    @property
    def _sslobj(self) -> Engine | None:
        """OpenSSL's own object, None when there is none."""
        channel = self._channel
        return None if channel is None else channel.sslobj

    @property
    def context(self) -> ssl.SSLContext:
        """The context; a server-name callback may choose another one."""
        return self._context

    @context.setter
    def context(self, context: ssl.SSLContext) -> None:
        self._context = context
        if self._sslobj is not None:
            self._sslobj.context = context

    @property
    def session(self) -> SSLSession | None:
        """The TLS session; assignable before the handshake of a client."""
        return None if self._sslobj is None else self._sslobj.session

    @session.setter
    def session(self, session: SSLSession | None) -> None:
        self._session = session
        if self._sslobj is not None:
            self._sslobj.session = session

    @property
    def session_reused(self) -> bool | None:
        """Whether the handshake went on with an earlier session."""
        return None if self._sslobj is None else self._sslobj.session_reused

    def version(self) -> str | None:
        """Return the name of the protocol, None before the handshake."""
        return None if self._sslobj is None else self._sslobj.version()

    def cipher(self) -> tuple[str, str, int] | None:
        """Return (name, protocol, bits) of the cipher, None before the handshake."""
        return None if self._sslobj is None else self._sslobj.cipher()

    def shared_ciphers(self) -> list[tuple[str, str, int]] | None:
        """Return the ciphers that both ends have; None on a client."""
        return None if self._sslobj is None else self._sslobj.shared_ciphers()

    def compression(self) -> str | None:
        """Return the name of the compression, usually None."""
        return None if self._sslobj is None else self._sslobj.compression()

    def selected_alpn_protocol(self) -> str | None:
        """Return the protocol that ALPN chose, or None."""
        return None if self._sslobj is None else self._sslobj.selected_alpn_protocol()

    def selected_npn_protocol(self) -> str | None:
        """Return None: OpenSSL has no NPN any more."""
        return None

    def get_channel_binding(self, cb_type: str = "tls-unique") -> bytes | None:
        """Return the data that names this connection, or None if there is none yet.

        Raises:
            ValueError: There is no such kind of binding.
        """
        if self._sslobj is not None:
            return self._sslobj.get_channel_binding(cb_type)
        if cb_type not in CHANNEL_BINDING_TYPES:
            raise ValueError(f"{cb_type} channel binding type not implemented")
        return None

    if TYPE_CHECKING:

        @overload
        def getpeercert(
            self, binary_form: Literal[False] = False
        ) -> _PeerCertRetDictType | None: ...
        @overload
        def getpeercert(self, binary_form: Literal[True]) -> bytes | None: ...
        @overload
        def getpeercert(self, binary_form: bool) -> _Certificate: ...

    def getpeercert(self, binary_form: bool = False) -> _Certificate:
        """Return the peer's certificate.

        Args:
            binary_form: Whether to return DER bytes instead of a dictionary.

        Returns:
            None: it showed none; an empty dictionary: it was not checked.

        Raises:
            OSError: The socket is not connected.
            ValueError: The handshake is not done, or TLS is over.
        """
        return self._demand_channel("getpeercert").sslobj.getpeercert(binary_form)

    if sys.version_info >= (3, 13):

        def get_verified_chain(self) -> list[bytes]:
            """Return the peer's certificates as they were checked, each as DER bytes.

            Raises:
                OSError: The socket is not connected.
                ValueError: TLS is over.
            """
            channel = self._demand_channel("get_verified_chain")
            return _as_der(channel.sslobj.get_verified_chain())

        def get_unverified_chain(self) -> list[bytes]:
            """Return the certificates that the peer showed, each as DER bytes.

            Raises:
                OSError: The socket is not connected.
                ValueError: TLS is over.
            """
            channel = self._demand_channel("get_unverified_chain")
            return _as_der(channel.sslobj.get_unverified_chain())

    if sys.version_info >= (3, 15):

        def group(self) -> str | None:
            """Return the group that the keys were agreed in, None before that."""
            return None if self._sslobj is None else self._sslobj.group()

        def client_sigalg(self) -> str | None:
            """Return the algorithm of the client's signature, None without one."""
            return None if self._sslobj is None else self._sslobj.client_sigalg()

        def server_sigalg(self) -> str | None:
            """Return the algorithm of the server's signature, None before that."""
            return None if self._sslobj is None else self._sslobj.server_sigalg()

    def _demand_channel(self, what: str) -> TLSChannel:
        """Return the channel; an error that says why there is none."""
        channel = self._channel
        if channel is None:
            self._open_fileno()
            self.getpeername()
            raise ValueError(f"{what} on closed or unwrapped SSL socket.")
        return channel

    def pending(self) -> int:
        """Return how many decrypted bytes can be read without waiting."""
        channel = self._channel
        return len(self._leftover) if channel is None else channel.pending()


if sys.version_info >= (3, 13):

    def _as_der(chain: list[Certificate] | None) -> list[bytes]:
        return [each.public_bytes(ENCODING_DER) for each in chain or ()]
