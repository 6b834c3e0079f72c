"""What the system's files say about names: hosts, resolv.conf, nsswitch.conf.

Each file is read again when it has changed: that costs one ``stat`` per lookup.
"""

from __future__ import annotations

import os
import re
from _socket import AF_INET, AF_INET6, AF_UNSPEC, gethostname, inet_pton
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = (
    "Hosts",
    "NameSources",
    "ParsedFile",
    "Search",
    "Sources",
    "parse_hosts",
    "parse_search",
    "parse_sources",
)

_T = TypeVar("_T")

_HOSTS = "/etc/hosts"
_NSSWITCH_CONF = "/etc/nsswitch.conf"

# Bytes up to which a hosts file is searched in no time: the system reads all of it for
# each lookup, which takes some 10 microseconds for each of these kilobytes.
_SMALL = 8192

_V4_MAPPED = bytes(10) + b"\xff\xff"
_V6_LOOPBACK = bytes(15) + b"\x01"


class ParsedFile(Generic[_T]):
    """What a file means, as of now.

    Args:
        path: The file; one that cannot be read counts as empty.
        parse: Makes the meaning of the lines.
    """

    def __init__(self, path: str, parse: Callable[[list[str]], _T]) -> None:
        self._path = path
        self._parse = parse
        self._stamp: object = self  # unlike any
        self._meaning: _T | None = None

    def get(self) -> _T:
        """Return the meaning, read anew if the file is another one than before."""
        stamp = self._look()
        if self._meaning is None or stamp != self._stamp:
            self._meaning = self._parse(self._read())
            self._stamp = stamp
        return self._meaning

    def is_small(self) -> bool:
        """Whether it takes no time to read the file."""
        try:
            return os.stat(self._path).st_size <= _SMALL
        except OSError:
            return True

    def _look(self) -> object:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_ino, found.st_dev, found.st_mtime_ns, found.st_size

    def _read(self) -> list[str]:
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                return file.read().splitlines()
        except OSError:
            return []


# -- hosts ----------------------------------------------------------------------------


class Hosts:
    """Which names and addresses the hosts file knows.

    What it says of them is for the system's functions to find: they read the same file
    and know all its rules.
    """

    def __init__(self) -> None:
        self._families: dict[bytes, set[int]] = {}
        self._addresses: set[bytes] = set()

    def add(self, address: bytes, names: list[str]) -> None:
        """Take in one line; *address* as the network has it."""
        self._addresses.add(address)
        for name in names:
            known = self._families.setdefault(name.lower().encode(), set())
            known.update(_families_of(address))

    def know_name(self, name: bytes, family: int) -> bool:
        """Whether there is an address of this family; AF_UNSPEC: any."""
        families = self._families.get(name.lower(), set())
        return bool(families) and (family == AF_UNSPEC or family in families)

    def know_address(self, address: str) -> bool:
        """Whether there is a name of an address."""
        packed = pack(address)
        if packed in self._addresses:
            return True
        # The system finds 127.0.0.1 by the line of ::1, and other mapped ones, too.
        return len(packed) == 4 and any(
            packed == _as_v4(known) for known in self._addresses
        )


def parse_hosts(lines: list[str]) -> Hosts:
    """Read the lines of a hosts file."""
    hosts = Hosts()
    for line in lines:
        words = line.partition("#")[0].split()
        if len(words) > 1:
            try:
                address = pack(words[0])
            except OSError:
                continue  # as the system: such a line means nothing
            hosts.add(address, words[1:])
    return hosts


def pack(address: str) -> bytes:
    """Return an address as the network has it; a scope is left out.

    Raises:
        OSError: It is no address.
    """
    family = AF_INET6 if ":" in address else AF_INET
    return inet_pton(family, address.partition("%")[0])


def _families_of(address: bytes) -> set[int]:
    if len(address) == 4:
        return {AF_INET}
    return {AF_INET6} if _as_v4(address) is None else {AF_INET, AF_INET6}


def _as_v4(address: bytes) -> bytes | None:
    """Return the IPv4 address that the system takes an address for, if any."""
    if len(address) == 4:
        return address
    if address == _V6_LOOPBACK:
        return b"\x7f\x00\x00\x01"
    return address[12:] if address.startswith(_V4_MAPPED) else None


# -- resolv.conf ----------------------------------------------------------------------


class Search(NamedTuple):
    """How a name becomes the names to ask for."""

    domains: tuple[str, ...]
    ndots: int

    def is_full(self, name: str) -> bool:
        """Whether a name is asked for as it is before anything else."""
        return name.endswith(".") or name.count(".") >= self.ndots

    def candidates(self, name: str) -> Iterator[tuple[str, str | None]]:
        """Yield full names, in the order in which to ask.

        With each goes the domain in which it is searched; None: it is the name as is.
        """
        if name.endswith("."):
            yield name[:-1], None
            return
        first = self.is_full(name)
        if first:
            yield name, None
        for domain in self.domains:
            yield f"{name}.{domain}" if domain else name, domain
        if not first:
            yield name, None


def parse_search(lines: list[str]) -> Search:
    """Read the lines of a resolv.conf, and what the environment says instead."""
    domains: list[str] | None = None
    ndots = 1
    for line in lines:
        words = line.split()
        if not words or words[0][0] in "#;":
            continue
        if words[0] in ("search", "domain"):
            domains = words[1:] if words[0] == "search" else words[1:2]
        elif words[0] == "options":
            ndots = _find_ndots(words[1:], ndots)
    domains = os.environ.get("LOCALDOMAIN", "").split() or domains
    ndots = _find_ndots(os.environ.get("RES_OPTIONS", "").split(), ndots)
    if domains is None:
        domains = [part for part in (gethostname().partition(".")[2],) if part]
    return Search(tuple(domain.rstrip(".") for domain in domains), ndots)


def _find_ndots(options: list[str], ndots: int) -> int:
    for option in options:
        key, _, value = option.partition(":")
        if key == "ndots" and value.isdigit():
            ndots = min(int(value), 15)  # more is not possible in the system's
    return ndots


# -- nsswitch.conf --------------------------------------------------------------------


class Sources(NamedTuple):
    """Where host names come from.

    Attributes:
        names: "files", "dns" and others, in order.
        ends: Source -> the failures of it that end a lookup: "NOTFOUND" (it said no),
            "UNAVAIL" (it said nothing).
    """

    names: tuple[str, ...]
    ends: dict[str, set[str]]

    def reaches_dns(self) -> bool:
        """Whether DNS is asked for what the hosts file does not have."""
        if "dns" not in self.names:
            return False
        before_dns = self.names[: self.names.index("dns")]
        return "files" not in before_dns or "NOTFOUND" not in self.ends["files"]


_STATUSES = {"SUCCESS", "NOTFOUND", "UNAVAIL", "TRYAGAIN"}


def parse_sources(lines: list[str]) -> Sources:
    """Return where host names come from."""
    for line in lines:
        key, _, value = line.partition("#")[0].partition(":")
        if key.strip() == "hosts":
            return _parse_services(value)
    return _parse_services("files dns")


def _parse_services(text: str) -> Sources:
    ends: dict[str, set[str]] = {}
    names: list[str] = []
    for name, actions in re.findall(r"([^\s\[\]]+)\s*(?:\[([^]]*)\])?", text):
        names.append(name)
        ends.setdefault(name, _parse_actions(actions))
    return Sources(tuple(names), ends)


def _parse_actions(text: str) -> set[str]:
    """Return the failures after which no other source is asked."""
    ends: set[str] = set()
    for negated, status, action in re.findall(r"(!?)(\w+)\s*=\s*(\w+)", text.upper()):
        statuses = _STATUSES - {status} if negated else {status}
        ends = ends | statuses if action == "RETURN" else ends - statuses
    return ends


class NameSources:
    """Where the system's functions look first, and what they find there at once."""

    def __init__(self) -> None:
        self._hosts = ParsedFile(_HOSTS, parse_hosts)
        self._order = ParsedFile(_NSSWITCH_CONF, parse_sources)

    def order(self) -> Sources:
        """Return the sources."""
        return self._order.get()

    def is_file_first(self) -> bool:
        """Whether the hosts file comes before all other sources."""
        return self._order.get().names[:1] == ("files",)

    def has_name(self, name: bytes, family: int) -> bool:
        """Whether the hosts file has an address of a name."""
        return self._hosts.get().know_name(name, family)

    def has_address(self, address: str) -> bool:
        """Whether the hosts file has a name of an address."""
        return self._hosts.get().know_address(address)

    def is_at_once(self, name: bytes, family: int) -> bool:
        """Whether the system's functions find a name in no time."""
        return (
            self._hosts.is_small()
            and self.is_file_first()
            and self.has_name(name, family)
        )

    def is_address_at_once(self, address: str) -> bool:
        """Whether the system's functions find the name of an address in no time."""
        return (
            self._hosts.is_small()
            and self.is_file_first()
            and self.has_address(address)
        )
