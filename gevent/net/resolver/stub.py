"""Answers lookups as the C library does, from the hosts file and from questions to DNS.

What the C library can tell without asking anybody stays its business: which arguments
are wrong, services, literal addresses, names of the hosts file. Names that are not of
the usual form go to its functions in a native thread. So what is written here is only
what a DNS answer means.

The numbers of failures are ``h_errno``'s, as in ``socket.herror``.
"""

from __future__ import annotations

import _socket
import re
import sys
from _socket import (
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    AI_ADDRCONFIG,
    AI_ALL,
    AI_CANONNAME,
    AI_NUMERICHOST,
    AI_NUMERICSERV,
    AI_PASSIVE,
    AI_V4MAPPED,
    EAI_AGAIN,
    EAI_NODATA,
    EAI_NONAME,
    NI_DGRAM,
    NI_NAMEREQD,
    NI_NUMERICSERV,
    gaierror,
    herror,
)
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from gevent._hub.hub import get_hub
from gevent.net.in_pool import call_in_pool, hub_pool
from gevent.net.literal import is_literal
from gevent.net.resolver.abstract import AbstractResolver
from gevent.net.resolver.order import sort_addresses
from gevent.net.resolver.system import NameSources, ParsedFile, parse_search

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol, TypeAlias, TypeVar

    from gevent._hub.hub import Hub
    from gevent.net.literal import Address, Entry, HostEntry, Port

    _T = TypeVar("_T")
    Arguments: TypeAlias = tuple[Port, int, int, int, int]

    class Caller(Protocol):
        """A way to call a function of the system."""

        def __call__(self, function: Callable[..., _T], /, *args: object) -> _T: ...


__all__ = ("Answer", "StubResolver", "follow", "same_name")

FOUND = 0
HOST_NOT_FOUND = 1
TRY_AGAIN = 2
NO_RECOVERY = 3
NO_DATA = 4

_HERROR_TEXTS = {
    HOST_NOT_FOUND: "Unknown host",
    TRY_AGAIN: "Host name lookup failure",
    NO_RECOVERY: "Unknown server error",
    NO_DATA: "No address associated with name",
}
_GAIERROR_TEXTS = {
    EAI_AGAIN: "Temporary failure in name resolution",
    EAI_NODATA: "No address associated with hostname",
    EAI_NONAME: AbstractResolver.EAI_NONAME_MSG,
}

_RESOLV_CONF = "/etc/resolv.conf"

# Names that the C library asks DNS for as they are.
_USUAL_NAME = re.compile(
    rb"(?=.{1,253}\.?\Z)"
    rb"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_-]{1,63})*\.?\Z"
)
# Names that are the system's own in any case.
_LOCAL_NAME = re.compile(rb"(?:.*\.)?localhost(?:\.localdomain)?\.?", re.IGNORECASE)

# The flags that are dealt with here; the others are about other alphabets.
_KNOWN_AI = (
    AI_PASSIVE
    | AI_CANONNAME
    | AI_NUMERICHOST
    | AI_NUMERICSERV
    | AI_V4MAPPED
    | AI_ALL
    | AI_ADDRCONFIG
)
_KNOWN_NI = NI_NUMERICSERV | NI_DGRAM | NI_NAMEREQD


class Answer(NamedTuple):
    """What DNS says of one name and record type."""

    status: int
    # From the name that was asked for along its aliases to the one that has values.
    names: list[str]
    values: list[str]
    # Whether a server failed (SERVFAIL), which does not end a search.
    is_servfail: bool = False
    # Of a search: whether the last one of its questions got no answer.
    ends_unanswered: bool = False


class StubResolver(AbstractResolver):
    """A resolver whose subclass sends the questions, in :meth:`_ask`.

    Args:
        hub: Whose threads answer for unusual names; the calling thread's by default.
        ndots: How many dots make a name one to be asked for as it is; None: as many
            as the system's configuration says.
    """

    def __init__(self, hub: Hub | None = None, ndots: int | None = None) -> None:
        self.hub: Hub = get_hub() if hub is None else hub
        self._ndots = ndots
        self._search = ParsedFile(_RESOLV_CONF, parse_search)
        self._sources = NameSources()

    def _ask(self, name: str, kinds: Sequence[str]) -> list[Answer]:
        """Ask for the records of a full name, of each kind ("A", "AAAA", "PTR")."""
        raise NotImplementedError(f"{type(self).__name__} must say how")

    # -- names to addresses -------------------------------------------------------

    def _getaddrinfo(
        self, host: bytes, port: Port, family: int, kind: int, proto: int, flags: int
    ) -> list[Entry]:
        arguments = (port, family, kind, proto, flags)
        # Who wants mapped addresses may get them from the file or from DNS, or from
        # both: too much for us.
        filed_family = AF_UNSPEC if _is_mapping(family, flags) else family
        if filed_family == family and self._sources.is_at_once(host, family):
            return _native(host, *arguments)
        if not self._is_for_dns(host, filed_family) or flags & ~_KNOWN_AI:
            return self._in_thread(_native, host, *arguments)
        if flags & AI_NUMERICHOST:
            raise _gaierror(EAI_NONAME)
        found = self._find(host.decode(), family, flags)
        numeric = (flags | AI_NUMERICHOST) & ~(AI_ADDRCONFIG | AI_CANONNAME)
        entries = [
            entry
            for address in sort_addresses(found.values)
            for entry in _native(address, port, family, kind, proto, numeric)
        ]
        return _with_name(entries, found.names[-1]) if flags & AI_CANONNAME else entries

    def _gethostbyname_ex(self, host: bytes, family: int) -> HostEntry:
        if family != AF_INET:
            return super()._gethostbyname_ex(host, family)
        if self._sources.is_at_once(host, family):
            return _native_ex(host)
        if is_literal(host) or not self._is_for_dns(host, family):
            return self._in_thread(_native_ex, host)
        found = self._find(host.decode(), family, 0)
        return found.names[-1], found.names[:-1], found.values

    def _is_for_dns(self, host: bytes, family: int) -> bool:
        """Whether we know what the system would do: it would ask DNS."""
        if not self._sources.order().reaches_dns() or self._is_filed(host, family):
            return False
        return bool(_USUAL_NAME.match(host)) and not _LOCAL_NAME.fullmatch(host)

    def _is_filed(self, host: bytes, family: int) -> bool:
        """Whether the hosts file matters to the answer."""
        if self._sources.is_file_first():
            return self._sources.has_name(host, family)
        return self._sources.has_name(host, AF_UNSPEC)

    def _find(self, name: str, family: int, flags: int) -> Answer:
        """Return the addresses of a name, or raise the gaierror."""
        if flags & AI_ADDRCONFIG:
            family = _configured(family)
        found = self._look_up(name, _KINDS[family])
        if _is_mapping(family, flags) and (found.status != FOUND or flags & AI_ALL):
            mapped = self._look_up(name, _KINDS[AF_INET])
            found = _merge((found, mapped))
        if found.status != FOUND:
            is_plain = family == AF_INET and not flags & AI_CANONNAME
            raise _gaierror(_choose_error(found, is_plain))
        return found

    def _look_up(self, name: str, kinds: Sequence[str]) -> Answer:
        """Ask for each name that *name* may stand for until there is an answer."""
        search = self._search.get()
        if self._ndots is not None:
            search = search._replace(ndots=self._ndots)
        tried = Tried(search.is_full(name))
        for candidate, domain in search.candidates(name):
            if tried.skips(domain):
                continue
            answer = _merge(self._ask(candidate, kinds))
            if answer.status == FOUND:
                return answer
            tried.add(answer, domain)
        return self._as_last(tried.result())

    def _as_last(self, failure: Answer) -> Answer:
        """Return what a failure of DNS is if the hosts file has the last word."""
        order = self._sources.order()
        status = "UNAVAIL" if failure.ends_unanswered else "NOTFOUND"
        if order.names[-1:] == ("files",) and status not in order.ends["dns"]:
            return failure._replace(status=HOST_NOT_FOUND, ends_unanswered=False)
        return failure

    # -- addresses to names -------------------------------------------------------

    def _gethostbyaddr(self, address: str) -> HostEntry:
        how = self._route_address(address)
        if how is not None:
            return how(_socket.gethostbyaddr, address)
        found = self._ask_for_name(address)
        if found.status != FOUND:
            raise herror(found.status, _HERROR_TEXTS[found.status])
        return found.values[0], [], [address]

    def _getnameinfo(
        self, sockaddr: Address, flags: int, numeric: tuple[str, str]
    ) -> tuple[str, str]:
        address, service = numeric
        how = self._route_address(address)
        if how is None and flags & ~_KNOWN_NI:
            how = self._in_thread
        if how is not None:
            return how(_socket.getnameinfo, sockaddr, flags)
        found = self._ask_for_name(address)
        if found.status == FOUND:
            return found.values[0], service
        if self._as_last(found).status == TRY_AGAIN:
            raise _gaierror(EAI_AGAIN)
        if flags & NI_NAMEREQD:
            raise _gaierror(EAI_NONAME)
        return numeric

    def _route_address(self, address: str) -> Caller | None:
        """Return how to call the system's function, None: DNS is to be asked."""
        if self._sources.is_address_at_once(address):
            return _in_place
        is_odd = "%" in address or address.startswith(("::ffff:", "fe80:"))
        is_for_dns = self._sources.order().reaches_dns()
        if is_odd or not is_for_dns or self._sources.has_address(address):
            return self._in_thread
        return None

    def _ask_for_name(self, address: str) -> Answer:
        return self._ask(ip_address(address).reverse_pointer, ("PTR",))[0]

    def _in_thread(self, function: Callable[..., _T], *args: object) -> _T:
        return call_in_pool(hub_pool(self.hub), function, args)  # switches


class Tried:
    """The questions of a search that failed, and what that means to the C library.

    Args:
        is_full: Whether the name is asked for as it is before anything else.
    """

    def __init__(self, is_full: bool) -> None:
        self._is_full = is_full
        self._is_over = False
        self._has_root = False  # whether the name was asked for as it is by search
        self._failures: list[Answer] = []
        self._searched: list[Answer] = []  # those of them that were in a domain

    def skips(self, domain: str | None) -> bool:
        """Whether not to ask: in vain, or again."""
        if domain is None:
            return self._has_root
        return self._is_over  # servers that are of no use get no further domains

    def add(self, failure: Answer, domain: str | None) -> None:
        """Take in a failure.

        Args:
            failure: The answer.
            domain: In which it was searched, None: it is that for the name as it is.
        """
        self._failures.append(failure)
        if domain is None:
            return
        self._searched.append(failure)
        self._has_root = self._has_root or not domain
        if failure.status in (TRY_AGAIN, NO_RECOVERY):
            self._is_over = self._is_over or not failure.is_servfail

    def result(self) -> Answer:
        """Return the failure that counts."""
        last = self._failures[-1]
        if self._is_full:
            # It was asked for as it is: that answer is what counts.
            failure = self._failures[0]
        else:
            failure = self._choose(last)
        return failure._replace(ends_unanswered=last.status == TRY_AGAIN)

    def _choose(self, last: Answer) -> Answer:
        for failure in self._searched:
            if failure.status == NO_DATA:
                return failure
        for failure in self._searched:
            if failure.is_servfail:
                return failure
        return last


def follow(name: str, aliases: Mapping[str, str]) -> list[str]:
    """Return the names from *name* along its aliases.

    Args:
        name: The name that was asked for.
        aliases: Lower-case name -> what it is an alias of.
    """
    names = [name]
    # Not longer than there are aliases: some servers answer with circles.
    for _ in aliases:
        target = aliases.get(names[-1].lower().rstrip("."))
        if target is None:
            break
        names.append(target.rstrip("."))
    return names


def same_name(first: str, second: str) -> bool:
    """Whether two names are the same one for DNS."""
    return first.rstrip(".").lower() == second.rstrip(".").lower()


# Record types in the order of the C library's answers.
_KINDS = {AF_UNSPEC: ("A", "AAAA"), AF_INET: ("A",), AF_INET6: ("AAAA",)}


def _native(host: bytes | str, *args: *Arguments) -> list[Entry]:
    return _socket.getaddrinfo(host, *args)  # type: ignore[return-value]  # numbers, not enums


def _native_ex(host: bytes) -> HostEntry:
    if sys.implementation.name == "pypy":  # takes text only
        return _socket.gethostbyname_ex(host.decode("ascii", "replace"))
    return _socket.gethostbyname_ex(host)  # type: ignore[arg-type]  # it takes bytes


def _in_place(function: Callable[..., _T], *args: object) -> _T:
    return function(*args)


def _is_mapping(family: int, flags: int) -> bool:
    """Whether IPv4 addresses are wanted in the form of IPv6 ones."""
    return family == AF_INET6 and bool(flags & AI_V4MAPPED)


def _configured(family: int) -> int:
    """Return the family that AI_ADDRCONFIG leaves; the system says which it has.

    Raises:
        gaierror: It leaves none.
    """
    if family != AF_UNSPEC:
        if not _has_family(family):
            raise _gaierror(EAI_NONAME)
        return family
    has_v4, has_v6 = _has_family(AF_INET), _has_family(AF_INET6)
    if has_v4 == has_v6:
        return AF_UNSPEC
    return AF_INET if has_v4 else AF_INET6


def _has_family(family: int) -> bool:
    host = "::1" if family == AF_INET6 else "127.0.0.1"
    try:
        _native(host, None, family, 0, 0, AI_ADDRCONFIG | AI_NUMERICHOST)
    except gaierror:
        return False
    return True


def _merge(answers: Sequence[Answer]) -> Answer:
    """Make one answer of those for several record types."""
    found = [answer for answer in answers if answer.status == FOUND]
    if not found:
        return _first_of((HOST_NOT_FOUND, NO_DATA, TRY_AGAIN), answers)
    return found[0]._replace(values=[value for each in found for value in each.values])


def _first_of(statuses: Sequence[int], answers: Sequence[Answer]) -> Answer:
    """Return the first answer that has the first of these that there is."""
    for status in statuses:
        for answer in answers:
            if answer.status == status:
                return answer
    return answers[-1]


def _choose_error(answer: Answer, is_plain: bool) -> int:
    """Return the number that the C library makes of a failure.

    Args:
        answer: The failure.
        is_plain: Whether IPv4 addresses are wanted and nothing else. glibc has other
            code for that.
    """
    if is_plain:
        if answer.ends_unanswered:
            return EAI_AGAIN if answer.status == TRY_AGAIN else EAI_NODATA
        return EAI_NODATA if answer.status == NO_DATA else EAI_NONAME
    if answer.status == TRY_AGAIN:
        return EAI_AGAIN
    if answer.status == NO_DATA and len(answer.names) == 1:
        return EAI_NODATA
    return EAI_NONAME


def _gaierror(number: int) -> gaierror:
    return gaierror(number, _GAIERROR_TEXTS[number])


def _with_name(entries: list[Entry], name: str) -> list[Entry]:
    """Put the canonical name where the C library does: into the first entry."""
    family, kind, proto, _, address = entries[0]
    return [(family, kind, proto, name, address), *entries[1:]]
