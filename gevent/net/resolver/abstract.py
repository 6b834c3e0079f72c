"""What resolvers that ask DNS have in common: the home of ``gevent.resolver``."""

from __future__ import annotations

import _socket
import operator
from _socket import (
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    AI_ADDRCONFIG,
    AI_CANONNAME,
    AI_NUMERICHOST,
    EAI_FAMILY,
    EAI_NONAME,
    NI_NAMEREQD,
    NI_NUMERICHOST,
    SOCK_STREAM,
    gaierror,
)
from functools import wraps
from typing import TYPE_CHECKING, cast

from gevent._base.publish import publish
from gevent.net.literal import find_literal, is_literal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar

    from gevent.net.literal import Address, Entry, Host, HostEntry, Port

    _P = ParamSpec("_P")
    _T = TypeVar("_T")

__all__ = ("AbstractResolver",)

# Names that stand for IPv4 addresses: the wildcard and the broadcast address.
_FIXED = (b"", b"<broadcast>")


class AbstractResolver:
    """Checks arguments and answers what needs no question; the rest is a subclass's.

    To be overridden: ``_getaddrinfo``, ``_gethostbyaddr``, ``_getnameinfo``, and
    ``_gethostbyname_ex`` where aliases are known. They get arguments whose types are
    right, and names that are no literal addresses.
    """

    HOSTNAME_ENCODING = "idna"
    EAI_NONAME_MSG = "Name or service not known"
    EAI_FAMILY_MSG = "ai_family not supported"

    def close(self) -> None:
        """Release what the resolver holds; repeatable."""

    @staticmethod
    def fixup_gaierror(func: Callable[_P, _T]) -> Callable[_P, _T]:
        """Decorate a function whose gaierrors may lack the text: it is added."""

        @wraps(func)
        def resolve(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            try:
                return func(*args, **kwargs)
            except gaierror as error:
                text = _TEXTS.get(error.args[0] if len(error.args) == 1 else None)
                if text is None:
                    raise
                number, words = error.args[0], getattr(AbstractResolver, text)
                error.args = error.errno, error.strerror = number, words
                raise

        return resolve

    # -- what programs call -------------------------------------------------------

    def getaddrinfo(
        self,
        host: Host,
        port: Port,
        family: int = 0,
        socktype: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[Entry]:
        """Return the addresses of a host, as ``socket.getaddrinfo``.

        Raises:
            TypeError: *host* is no text.
            OSError: As ``socket.getaddrinfo``: a gaierror.

        Blocking:
            Switches to the hub unless the host is a literal address.
        Cancellation:
            A later answer is dropped.
        """
        # The system judges the arguments, in this order: numbers, host, port.
        family, socktype = operator.index(family), operator.index(socktype)
        proto, flags = operator.index(proto), operator.index(flags)
        if isinstance(host, bytearray) or not isinstance(host, str | bytes | None):
            host = cast("bytes", host)  # it is not: the system says so
            return _native(host, port, family, socktype, proto, flags)
        if host is not None:
            host = self._encode(host)
        found = find_literal(host, port, family, socktype, proto, flags)
        if found is not None:
            return found
        if host is None or is_literal(host):
            # What it is called for is the service: that may read a file.
            return _native(host, port, family, socktype, proto, flags)
        # The system judges the port, too, before anybody is asked, as it always does.
        _judge(port, family, socktype, proto, flags)
        return self._getaddrinfo(host, port, family, socktype, proto, flags)

    def gethostbyname(self, hostname: Host, family: int = AF_INET) -> str:
        """Return an address of a host, as ``socket.gethostbyname``.

        Args:
            hostname: The name; empty: the wildcard.
            family: AF_INET or AF_INET6.

        Raises:
            TypeError: *hostname* is no text.
            OSError: As ``socket.gethostbyname``: a gaierror.

        Blocking:
            Switches to the hub unless the name is a literal address.
        Cancellation:
            A later answer is dropped.
        """
        name = self._checked(hostname, _socket.gethostbyname)
        if family == AF_INET and name in _FIXED:
            return _socket.gethostbyname(name.decode())
        found = find_literal(name, None, family, SOCK_STREAM)
        if found is None:
            found = self._getaddrinfo(name, None, family, SOCK_STREAM, 0, 0)
        return cast("str", found[0][4][0])

    def gethostbyname_ex(self, hostname: Host, family: int = AF_INET) -> HostEntry:
        """Return (name, aliases, addresses), as ``socket.gethostbyname_ex``.

        Args:
            hostname: The name.
            family: AF_INET or AF_INET6.

        Raises:
            TypeError: *hostname* is no text.
            OSError: As ``socket.gethostbyname_ex``: a gaierror or herror.

        Blocking:
            Switches to the hub unless the name is a literal address.
        Cancellation:
            A later answer is dropped.
        """
        name = self._checked(hostname, _socket.gethostbyname_ex)
        found = find_literal(name, None, family, SOCK_STREAM)
        # Of IPv4, the system takes only plain numbers for an address here.
        is_plain = family != AF_INET or not name.strip(b"0123456789.")
        if found is not None and is_plain:
            return name.decode(), [], [cast("str", entry[4][0]) for entry in found]
        return self._gethostbyname_ex(name, family)

    def gethostbyaddr(self, ip_address: Host) -> HostEntry:
        """Return (name, aliases, addresses), as ``socket.gethostbyaddr``.

        Args:
            ip_address: An address; or a name, whose first address it is.

        Raises:
            TypeError: *ip_address* is no text.
            OSError: As ``socket.gethostbyaddr``: a gaierror or herror.

        Blocking:
            Switches to the hub.
        Cancellation:
            A later answer is dropped.
        """
        name = self._checked(ip_address, _socket.gethostbyaddr)
        if name in _FIXED:
            return _socket.gethostbyaddr(name.decode())
        found = find_literal(name, None, AF_UNSPEC, SOCK_STREAM)
        if found is None:
            found = self._getaddrinfo(name, None, AF_UNSPEC, SOCK_STREAM, 0, 0)
        return self._gethostbyaddr(cast("str", found[0][4][0]))

    def getnameinfo(self, sockaddr: Address, flags: int) -> tuple[str, str]:
        """Return (host, service) of an address, as ``socket.getnameinfo``.

        Args:
            sockaddr: (address, port), for IPv6 also (..., flow, scope).
            flags: ``NI_`` flags.

        Raises:
            TypeError: *sockaddr* is no tuple of that kind, or *flags* no integer.
            OverflowError: A number is too large.
            OSError: As ``socket.getnameinfo``: a gaierror.

        Blocking:
            Switches to the hub unless *flags* has NI_NUMERICHOST.
        Cancellation:
            A later answer is dropped.
        """
        # The system judges the arguments; services are its business in any case.
        flags = operator.index(flags)
        numeric = _socket.getnameinfo(sockaddr, _without_question(flags))
        if flags & NI_NUMERICHOST:
            return _socket.getnameinfo(sockaddr, flags)
        return self._getnameinfo(sockaddr, flags, numeric)

    # -- what subclasses do -------------------------------------------------------

    def _getaddrinfo(
        self, host: bytes, port: Port, family: int, kind: int, proto: int, flags: int
    ) -> list[Entry]:
        raise NotImplementedError(f"{type(self).__name__} must say how")

    def _gethostbyaddr(self, address: str) -> HostEntry:
        raise NotImplementedError(f"{type(self).__name__} must say how")

    def _getnameinfo(
        self, sockaddr: Address, flags: int, numeric: tuple[str, str]
    ) -> tuple[str, str]:
        """Find the name; *numeric* is the answer to give when there is none."""
        raise NotImplementedError(f"{type(self).__name__} must say how")

    def _gethostbyname_ex(self, host: bytes, family: int) -> HostEntry:
        found = self._getaddrinfo(host, None, family, SOCK_STREAM, 0, AI_CANONNAME)
        name = found[0][3] or host.decode("latin-1")
        return name, [], [cast("str", entry[4][0]) for entry in found]

    def _checked(self, host: object, judge: Callable[..., object]) -> bytes:
        """Return the name of a host as DNS has it.

        Args:
            host: The name.
            judge: The system's function for it, which raises what is to be raised for
                what is no name.
        """
        name = (
            self._encode(host) if isinstance(host, str | bytes | bytearray) else b"\0"
        )
        if b"\0" in name:
            judge(host)
            raise TypeError(f"{host!r} is no host name")  # what PyPy takes it for
        return name

    def _encode(self, host: str | bytes | bytearray) -> bytes:
        """Return the name as DNS has it; that of the empty text is empty."""
        if not isinstance(host, str):
            return bytes(host)
        # The codec is slow, and ASCII is most of what it gets.
        if host.isascii() and _may_stay(host):
            return host.encode("ascii")
        return host.encode(self.HOSTNAME_ENCODING)


_TEXTS: dict[object, str] = {EAI_NONAME: "EAI_NONAME_MSG", EAI_FAMILY: "EAI_FAMILY_MSG"}


def _may_stay(host: str) -> bool:
    """Whether the codec would leave ASCII as it is, and not refuse it."""
    return all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))


def _judge(port: Port, family: int, kind: int, proto: int, flags: int) -> None:
    """Raise what the system raises for these arguments, whatever the host is."""
    host = "::1" if family == AF_INET6 else "127.0.0.1"
    flags = (flags | AI_NUMERICHOST) & ~AI_ADDRCONFIG
    _native(host, port, family, kind, proto, flags)


def _native(
    host: bytes | str | None, port: Port, family: int, kind: int, proto: int, flags: int
) -> list[Entry]:
    return _socket.getaddrinfo(host, port, family, kind, proto, flags)  # type: ignore[return-value]  # numbers, not enums


def _without_question(flags: int) -> int:
    return (flags | NI_NUMERICHOST) & ~NI_NAMEREQD


publish(__name__, "gevent.resolver")
