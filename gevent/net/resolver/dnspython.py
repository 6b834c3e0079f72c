"""The resolver that asks by dnspython: the home of ``gevent.resolver.dnspython``.

dnspython is used as it is, patched or not, whoever imported it first: its resolver for
coroutines runs here with a backend of ours, whose sockets are gevent's. Its coroutines
block the greenlet where they wait, so that their first step is their last one.
"""

from __future__ import annotations

from _socket import SOCK_DGRAM
from typing import TYPE_CHECKING, cast

import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.resolver

from gevent._base.config import config
from gevent._base.publish import publish
from gevent._hub.greenlet import Greenlet, killall
from gevent._hub.hub import sleep
from gevent.net import socket
from gevent.net.resolver.stub import (
    FOUND,
    HOST_NOT_FOUND,
    NO_DATA,
    NO_RECOVERY,
    TRY_AGAIN,
    Answer,
    StubResolver,
    follow,
    same_name,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Iterable, Sequence
    from types import TracebackType
    from typing import Self, TypeVar

    from gevent._hub.hub import Hub

    _T = TypeVar("_T")

__all__ = ("Resolver",)


class Resolver(StubResolver):
    """Asks DNS by dnspython, on gevent's sockets; the hosts file is the system's.

    Args:
        hub: Whose resolver it is; the calling thread's by default.
    """

    def __init__(self, hub: Hub | None = None) -> None:
        super().__init__(hub)
        self._resolver = _CooperativeResolver()
        self._resolver.cache = dns.resolver.LRUCache()
        if config.resolver_nameservers is not None:
            self._resolver.nameservers = list(config.resolver_nameservers)
        if config.resolver_timeout is not None:
            self._resolver.lifetime = config.resolver_timeout

    @property
    def resolver(self) -> dns.resolver.Resolver:
        """The resolver of dnspython: ``cache``, ``nameservers``, ``lifetime`` ..."""
        return self._resolver

    def _ask(self, name: str, kinds: Sequence[str]) -> list[Answer]:
        answers: dict[str, Answer] = {}

        def ask(kind: str) -> None:
            answers[kind] = self._ask_one(name, kind)  # switches

        # All at once. Who is interrupted here ends the questions of the others, too.
        others = [Greenlet.spawn(ask, kind) for kind in kinds[1:]]
        try:
            ask(kinds[0])  # switches
            for other in others:
                other.get()  # switches
        finally:
            killall(others)  # switches
        return [answers[kind] for kind in kinds]

    def _ask_one(self, name: str, kind: str) -> Answer:
        try:
            found = self._resolver.resolve(
                f"{name}.", kind, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN:
            return Answer(HOST_NOT_FOUND, [name], [])
        except dns.resolver.NoNameservers as error:
            return _judge(error, name)
        except dns.resolver.YXDOMAIN:
            return Answer(NO_RECOVERY, [name], [])
        except (dns.exception.DNSException, OSError):
            return Answer(TRY_AGAIN, [name], [])
        return _read(found, name, kind)


def _judge(error: dns.resolver.NoNameservers, name: str) -> Answer:
    """Say what it means that no server was of use: the last one's answer says it."""
    # dnspython does not say of what its arguments are.
    errors = cast("list[tuple[object, ...]]", error.kwargs["errors"])  # pyright: ignore[reportUnknownMemberType]
    response = errors[-1][-1] if errors else None
    if not isinstance(response, dns.message.Message):
        return Answer(TRY_AGAIN, [name], [])
    code = response.rcode()
    status = TRY_AGAIN if code in _PASSING else NO_RECOVERY
    return Answer(status, [name], [], is_servfail=code == dns.rcode.SERVFAIL)


# After which the C library asks another server.
_PASSING = (dns.rcode.SERVFAIL, dns.rcode.NOTIMP, dns.rcode.REFUSED)


def _read(found: dns.resolver.Answer, name: str, kind: str) -> Answer:
    """Say what an answer of dnspython means."""
    wanted = dns.rdatatype.from_text(kind)
    aliases: dict[str, str] = {}
    values: list[tuple[str, str]] = []
    for rrset in found.response.answer:
        owner = rrset.name.to_text(omit_final_dot=True)
        for record in cast("Iterable[dns.rdata.Rdata]", rrset):
            if rrset.rdtype == dns.rdatatype.CNAME:
                aliases[owner.lower()] = record.to_text()
            elif rrset.rdtype == wanted:
                values.append((owner, record.to_text().rstrip(".")))
    names = follow(name, aliases)
    own = [value for owner, value in values if same_name(owner, names[-1])]
    return Answer(FOUND if own else NO_DATA, names, own)


class _CooperativeResolver(dns.resolver.Resolver):
    """dnspython's resolver, which lets other greenlets run while it waits."""

    def resolve(
        self,
        qname: dns.name.Name | str,
        rdtype: dns.rdatatype.RdataType | str = dns.rdatatype.A,
        rdclass: dns.rdataclass.RdataClass | str = dns.rdataclass.IN,
        tcp: bool = False,
        source: str | None = None,
        raise_on_no_answer: bool = True,
        source_port: int = 0,
        lifetime: float | None = None,
        search: bool | None = None,
    ) -> dns.resolver.Answer:
        """Ask for the records of a name; parameters as of dnspython.

        Blocking:
            Switches to the hub unless the answer is in the cache.
        """
        coroutine = dns.asyncresolver.Resolver.resolve(
            self,  # type: ignore[arg-type]  # it needs what both kinds have
            qname,
            rdtype,
            rdclass,
            tcp,
            source,
            raise_on_no_answer,
            source_port,
            lifetime,
            search,
            _Backend(),  # type: ignore[arg-type, unused-ignore]  # pyright: ignore[reportArgumentType]  # it has the methods
        )
        return _finish(coroutine)  # switches


def _finish(coroutine: Coroutine[object, object, _T]) -> _T:
    """Run a coroutine that never waits: what it awaits blocks the greenlet."""
    try:
        coroutine.send(None)  # switches
    except StopIteration as end:
        return cast("_T", end.value)
    coroutine.close()
    raise AssertionError(f"{coroutine!r} waited for what gevent does not know")


class _Backend:
    """What dnspython's coroutines wait by."""

    def name(self) -> str:
        return "gevent"

    def datagram_connection_required(self) -> bool:
        return False

    async def make_socket(
        self,
        af: int,
        socktype: int,
        proto: int = 0,
        source: tuple[str, int] | None = None,
        destination: tuple[str, int] | None = None,
        timeout: float | None = None,
        ssl_context: object = None,
        server_hostname: str | None = None,
    ) -> _Datagrams | _Stream:
        if ssl_context is not None:
            raise NotImplementedError(
                "gevent's dnspython resolver asks over UDP and TCP, not over TLS"
            )
        sock = socket.socket(af, socktype, proto)
        try:
            if source is not None:
                sock.bind(source)
            if destination is not None:
                sock.settimeout(timeout)
                sock.connect(destination)  # switches
        except BaseException:
            sock.close()
            raise
        kind = _Datagrams if socktype == SOCK_DGRAM else _Stream
        return kind(sock, af, socktype)

    async def sleep(self, interval: float) -> None:
        sleep(interval)  # switches

    async def wait_for(self, awaitable: Awaitable[_T], timeout: float) -> _T:
        del timeout  # what is awaited has its own
        return await awaitable


class _Socketlike:
    """What both kinds of sockets have."""

    def __init__(self, sock: socket.socket, family: int, kind: int) -> None:
        self.family = family
        self.type = kind
        self._sock = sock

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._sock.close()

    async def close(self) -> None:
        self._sock.close()

    async def getpeername(self) -> object:
        return self._sock.getpeername()

    async def getsockname(self) -> object:
        return self._sock.getsockname()


class _Datagrams(_Socketlike):
    async def sendto(
        self, what: bytes, destination: tuple[str, int] | None, timeout: float | None
    ) -> int:
        self._sock.settimeout(timeout)
        with _Times(timeout):
            if destination is None:
                return self._sock.send(what)  # switches
            return self._sock.sendto(what, destination)  # switches

    async def recvfrom(self, size: int, timeout: float | None) -> tuple[bytes, object]:
        self._sock.settimeout(timeout)
        with _Times(timeout):
            return self._sock.recvfrom(size)  # switches


class _Stream(_Socketlike):
    async def sendall(self, what: bytes, timeout: float | None) -> None:
        self._sock.settimeout(timeout)
        with _Times(timeout):
            self._sock.sendall(what)  # switches

    async def recv(self, size: int, timeout: float | None) -> bytes:
        self._sock.settimeout(timeout)
        with _Times(timeout):
            return self._sock.recv(size)  # switches


class _Times:
    """Turns the time-out of a socket into dnspython's."""

    def __init__(self, timeout: float | None) -> None:
        self._timeout = timeout

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(value, TimeoutError):
            raise dns.exception.Timeout(timeout=self._timeout) from value  # type: ignore[no-untyped-call]  # theirs


publish(__name__, "gevent.resolver.dnspython")
