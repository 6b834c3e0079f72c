"""What is behind simulated sockets: names, listeners, connections, and their waits.

Nothing here knows real time, or a descriptor: an end says when it will be readable and
writable, and tells those who wait when that changes.
"""

from __future__ import annotations

import os
from collections import deque
from errno import EACCES, EADDRINUSE, ECONNREFUSED, ECONNRESET, EPIPE
from itertools import count
from math import inf
from select import POLLIN, POLLNVAL, POLLOUT
from socket import (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    EAI_NONAME,
    EAI_SERVICE,
    IPPROTO_TCP,
    NI_NUMERICHOST,
    SOCK_DGRAM,
    SOCK_STREAM,
    gaierror,
)
from typing import TYPE_CHECKING

from gevent.net.literal import is_literal
from gevent.simulation.watching import simulated_io
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random
    from typing import Protocol

    from gevent._loop.virtual import VirtualLoop
    from gevent.net.literal import Entry

    class Settings(Protocol):
        """A network."""

        fragment: bool

        @property
        def latency(self) -> float | tuple[float, float] | Callable[[], float]:
            """How long a connect, and each piece of data, takes."""

        def is_cut(self, key: object) -> bool:
            """Whether a (host, port) or a path is cut."""


__all__ = ("Change", "End", "Fabric", "Pipe")

# No descriptor of a process is as large.
FIRST_NUMBER = 1 << 30
FIRST_PORT = 49152
# The one host that loopback and wildcard addresses mean.
HERE = "localhost"
_HERE = frozenset(("", "localhost", "0.0.0.0", "::", "::1", "<any>"))
READ = 1
WRITE = 2


def os_error(code: int) -> OSError:
    """Return the OSError of a number."""
    return OSError(code, os.strerror(code))


def host_of(host: object) -> object:
    """Return a host as it is known here."""
    if isinstance(host, bytes | bytearray):
        host = host.decode()
    if host is None:
        return HERE
    if isinstance(host, str) and (host in _HERE or host.startswith("127.")):
        return HERE
    return host


class Change(Event):
    """Set when an end changes; tells what is waited for."""

    def __init__(self, subject: object, what: str):
        super().__init__()
        self._text = f"{subject!r} to be {what}"

    def __repr__(self) -> str:
        return self._text


class Pipe:
    """One direction of a connection (NET1, NET2)."""

    def __init__(self, fabric: Fabric):
        self._fabric = fabric
        # (when it arrives, what), in order.
        self._pieces: deque[tuple[float, bytes]] = deque()
        self._last_arrival = 0.0
        self.n_held = 0
        self.ends_at = inf
        self.is_abandoned = False

    def room(self) -> int:
        """How many bytes it takes now."""
        return max(0, self._fabric.buffer_size - self.n_held)

    def put(self, data: bytes) -> None:
        """Send bytes, for which there is room."""
        self._pieces.append((self._arrival(), data))
        self.n_held += len(data)

    def end(self) -> None:
        """Send the end."""
        if self.ends_at == inf:
            self.ends_at = self._arrival()

    def _arrival(self) -> float:
        # One delay may be shorter than the one before: the bytes stay in order.
        fabric = self._fabric
        arrival = fabric.now() + fabric.delay()
        self._last_arrival = max(self._last_arrival, arrival)
        return self._last_arrival

    def readable_at(self) -> float:
        """When there will be something to read, the end included."""
        if self._pieces:
            return self._pieces[0][0]
        return self.ends_at

    def n_arrived(self) -> int:
        """How many bytes have arrived."""
        now = self._fabric.now()
        n_bytes = 0
        for arrival, data in self._pieces:
            if arrival > now:
                break
            n_bytes += len(data)
        return n_bytes

    def take(self, size: int, keep: bool) -> bytes:
        """Take bytes that have arrived; *keep*: only look at them."""
        taken: list[bytes] = []
        place = 0
        left = size
        while left and (place if keep else 0) < len(self._pieces):
            arrival, data = self._pieces[place if keep else 0]
            part = data[:left]
            taken.append(part)
            left -= len(part)
            if keep:
                place += 1
            elif len(part) < len(data):
                self._pieces[0] = (arrival, data[len(part) :])
            else:
                self._pieces.popleft()
        if not keep:
            self.n_held -= size - left
        return b"".join(taken)

    def drop(self) -> None:
        """Forget what is under way."""
        self._pieces.clear()
        self.n_held = 0


class End:
    """What a simulated socket is: its state, and who waits for it.

    States: new --connect--> connecting --> connected or failed; new --listen-->
    listening. Each --close--> closed.
    """

    def __init__(self, fabric: Fabric, family: int, kind: int, proto: int):
        self.fabric = fabric
        self.family = family
        self.kind = kind
        self.proto = proto
        self.number = fabric.give_number(self)
        self.options: dict[tuple[int, int], int | bytes] = {}
        self.name: object = "" if family == AF_UNIX else None
        self.peer_name: object = None
        self.key: object = None  # where it listens, or is connected to
        self.incoming: Pipe | None = None
        self.outgoing: Pipe | None = None
        self.peer: End | None = None
        # The number of the error that the next call gets; of a reset each call.
        self.error = 0
        self.is_reset = False
        self.is_connecting = False
        self.was_shut = False  # for writing
        self.backlog = -1
        self.queue: deque[End] = deque()
        self.is_closed = False
        self._changes: list[Change] = []
        self.watchers: list[simulated_io] = []

    # -- waiting ---------------------------------------------------------------

    def ready_at(self, events: int) -> float:
        """When one of the events will be there, infinite if that is not known."""
        return min(
            self._readable_at() if events & READ else inf,
            self._writable_at() if events & WRITE else inf,
        )

    def _readable_at(self) -> float:
        if self.is_closed or self.is_reset:
            return 0.0
        if self.is_listening:
            return 0.0 if self.queue else inf
        if self.incoming is None:
            return inf if self.is_connecting else 0.0
        return self.incoming.readable_at()

    def _writable_at(self) -> float:
        if self.is_closed or self.is_reset or self.was_shut:
            return 0.0
        pipe = self.outgoing
        if pipe is None:
            return inf if self.is_connecting or self.is_listening else 0.0
        return 0.0 if pipe.room() or pipe.is_abandoned else inf

    def is_ready(self, events: int) -> bool:
        """Whether one of the events is there."""
        return self.ready_at(events) <= self.fabric.now()

    def wait(self, events: int, seconds: float | None, subject: object) -> bool:
        """Wait until one of the events may be there, or something has changed.

        Returns:
            False if *seconds* passed.
        """
        now = self.fabric.now()
        left = self.ready_at(events) - now
        is_limit = seconds is not None and seconds < left
        if is_limit:
            assert seconds is not None
            left = seconds
        change = Change(subject, "readable" if events & READ else "writable")
        self._changes.append(change)
        try:
            has_changed = change.wait(None if left == inf else left)  # switches
        finally:
            self._changes.remove(change)
        return bool(has_changed) or not is_limit

    def changed(self) -> None:
        """Tell all who wait."""
        for change in self._changes:
            change.set()
        for watcher in tuple(self.watchers):
            watcher.look()

    # -- connecting ------------------------------------------------------------

    @property
    def is_listening(self) -> bool:
        """Whether it accepts connections."""
        return self.backlog >= 0

    def connect(self, key: object, name: object) -> None:
        """Begin to connect; the outcome is there one latency later."""
        self.is_connecting = True
        self.peer_name = name
        self.key = key
        delay = self.fabric.delay()
        if delay <= 0.0:
            self._finish_connect()
        else:
            timer = self.fabric.loop.timer(delay)
            timer.start(self._finish_connect)

    def _finish_connect(self) -> None:
        if self.is_closed:
            return
        fabric = self.fabric
        self.is_connecting = False
        listener = fabric.listeners.get(self.key)
        if (
            listener is None
            or len(listener.queue) > listener.backlog
            or fabric.settings.is_cut(self.key)
        ):
            self.error = ECONNREFUSED
        else:
            if self.name in (None, ""):
                self.name = fabric.own_name(self.family)
            other = End(fabric, self.family, self.kind, self.proto)
            self.pair(other)
            other.name = self.peer_name
            other.peer_name = self.name
            other.key = self.key
            listener.queue.append(other)
            listener.changed()
        self.changed()

    def pair(self, other: End) -> None:
        """Be connected to another one."""
        self.outgoing = other.incoming = Pipe(self.fabric)
        other.outgoing = self.incoming = Pipe(self.fabric)
        self.peer, other.peer = other, self

    # -- ending ----------------------------------------------------------------

    def shut(self, for_writing: bool) -> None:
        """End a direction."""
        pipe = self.outgoing if for_writing else self.incoming
        if for_writing:
            self.was_shut = True
        if pipe is not None:
            pipe.end()
            if not for_writing:
                pipe.is_abandoned = True
                pipe.drop()
        self.changed()
        if self.peer is not None:
            self.peer.changed()

    def close(self) -> None:
        """Close it; what it has sent still arrives."""
        if self.is_closed:
            return
        self.is_closed = True
        self.fabric.forget(self)
        waiting, self.queue = self.queue, deque()
        for each in waiting:
            each.close()
            if each.peer is not None:
                each.peer.reset()
        if self.incoming is not None:
            self.shut(False)
            self.shut(True)
        for watcher in tuple(self.watchers):
            watcher.release()
        self.changed()

    def reset(self) -> None:
        """The connection is gone, at once; so is what was under way."""
        self.is_reset = True
        for pipe in (self.incoming, self.outgoing):
            if pipe is not None:
                pipe.drop()
        self.changed()

    def demand_peer(self) -> Pipe:
        """Return where it sends to.

        Raises:
            OSError: The connection is reset, ended, or was never made.
        """
        if self.is_reset:
            raise os_error(ECONNRESET)
        if self.outgoing is None or self.was_shut or self.outgoing.is_abandoned:
            raise os_error(EPIPE)
        return self.outgoing


class Names:
    """Answers the rarer look-ups, as a resolver does."""

    def __init__(self, fabric: Fabric):
        self._fabric = fabric

    def getaddrinfo(self, *args: object) -> list[Entry]:
        """As ``socket.getaddrinfo``."""
        return self._fabric.getaddrinfo(*args)  # type: ignore[arg-type]  # it looks

    def gethostbyname(self, hostname: str) -> str:
        """As ``socket.gethostbyname``."""
        found = self._fabric.getaddrinfo(hostname, 0, AF_INET)
        return str(found[0][4][0])

    def gethostbyname_ex(self, hostname: str) -> tuple[str, list[str], list[str]]:
        """As ``socket.gethostbyname_ex``."""
        return hostname, [], [self.gethostbyname(hostname)]

    def gethostbyaddr(self, ip_address: str) -> tuple[str, list[str], list[str]]:
        """As ``socket.gethostbyaddr``."""
        return str(self._fabric.host_of(ip_address)), [], [ip_address]

    def getnameinfo(self, sockaddr: object, flags: int) -> tuple[str, str]:
        """As ``socket.getnameinfo``."""
        host, port = self._fabric.place_of(sockaddr)
        if not flags & NI_NUMERICHOST:
            host = self._fabric.host_of(host)
        return str(host), str(port)


class Fabric:
    """The names, listeners and connections of one block."""

    def __init__(
        self, loop: VirtualLoop, random: Random, settings: Settings, buffer_size: int
    ):
        self.loop = loop
        self.random = random
        self.settings = settings
        self.buffer_size = buffer_size
        self.listeners: dict[object, End] = {}
        self.ends: dict[int, End] = {}
        self._numbers = count(FIRST_NUMBER)
        self._ports = count(FIRST_PORT)
        # Addresses to names, and names to the number that is in their addresses.
        self._names: dict[str, str] = {}
        self._hosts: dict[str, int] = {}

    def now(self) -> float:
        """Return the virtual time."""
        return self.loop.read_clock()

    def delay(self) -> float:
        """Return how long the next thing takes."""
        latency = self.settings.latency
        if callable(latency):
            return latency()
        if isinstance(latency, tuple):
            return self.random.uniform(*latency)
        return latency

    def give_number(self, end: End) -> int:
        """Return a number of an end that no descriptor has."""
        number = next(self._numbers)
        self.ends[number] = end
        return number

    def forget(self, end: End) -> None:
        """An end is closed."""
        self.ends.pop(end.number, None)
        if self.listeners.get(end.key) is end:
            del self.listeners[end.key]

    def reset_all(self, is_cut: Callable[[object], bool]) -> None:
        """Reset the connections to what is cut, both ends."""
        for end in tuple(self.ends.values()):
            if end.peer is not None and is_cut(end.key):
                end.reset()

    # -- names -----------------------------------------------------------------

    def host_of(self, host: object) -> object:
        """Return a host by its name, where an address is one of ours."""
        found = host_of(host)
        return self._names.get(found, found) if isinstance(found, str) else found

    def key_of(self, family: int, address: object) -> object:
        """Return what an address is known by: (host, port) or a path."""
        if family == AF_UNIX:
            return os.fsdecode(address)  # type: ignore[arg-type]  # a path, or it says so
        host, port = self.place_of(address)
        return (self.host_of(host), port)

    def name_of(self, family: int, address: object) -> object:
        """Return an address as the socket tells it."""
        if family == AF_UNIX:
            return address
        host, port = self.place_of(address)
        found = self.host_of(host)
        if found == HERE:
            text = "::1" if family == AF_INET6 else "127.0.0.1"
            if isinstance(host, str) and is_literal(host):
                text = host
            found = text
        return (found, port, 0, 0) if family == AF_INET6 else (found, port)

    def place_of(self, address: object) -> tuple[object, int]:
        """Return host and port of an address.

        Raises:
            TypeError: It is none.
        """
        if not isinstance(address, tuple) or len(address) < 2:  # pyright: ignore[reportUnknownArgumentType]
            raise TypeError(f"an address is a tuple (host, port), not {address!r}")
        host, port = address[0], address[1]  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(port, int):
            raise TypeError(f"a port is an integer, not {port!r}")
        if not 0 <= port <= 0xFFFF:
            raise OverflowError("port must be 0-65535.")
        return host, port  # pyright: ignore[reportUnknownVariableType]

    def own_name(self, family: int) -> object:
        """Return the address of a client that has not chosen one."""
        if family == AF_UNIX:
            return ""
        port = next(self._ports)
        return ("::1", port, 0, 0) if family == AF_INET6 else ("127.0.0.1", port)

    def bind(self, end: End, address: object) -> None:
        """Give an end an address.

        Raises:
            OSError: EADDRINUSE.
        """
        family = end.family
        if family != AF_UNIX:
            host, port = self.place_of(address)
            address = (host, port or next(self._ports))
        key = self.key_of(family, address)
        if key in self.listeners:
            raise os_error(EADDRINUSE)
        end.key = key
        end.name = self.name_of(family, address)

    def listen(self, end: End, backlog: int) -> None:
        """Let others connect to an end.

        Raises:
            OSError: EADDRINUSE; EACCES, it has no address.
        """
        if end.key is None:
            if end.family == AF_UNIX:
                raise os_error(EACCES)
            self.bind(end, ("", 0))
        if self.listeners.get(end.key, end) is not end:
            raise os_error(EADDRINUSE)
        end.backlog = max(0, backlog)
        self.listeners[end.key] = end

    def getaddrinfo(
        self,
        host: object,
        port: object,
        family: int = 0,
        kind: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> list[Entry]:
        """As of the standard library; each name has an address of its own."""
        found = host_of(host)
        number = self._number_of_port(port)
        if family not in (0, AF_INET, AF_INET6):
            raise gaierror(EAI_NONAME, "Name or service not known")
        if isinstance(found, str) and is_literal(found):
            address, is_v6 = found, ":" in found
        else:
            is_v6 = family == AF_INET6
            address = self._address_of(found, is_v6)
        place = (address, number, 0, 0) if is_v6 else (address, number)
        kinds = [(SOCK_STREAM, IPPROTO_TCP), (SOCK_DGRAM, 17)]
        return [
            (AF_INET6 if is_v6 else AF_INET, each, protocol, "", place)
            for each, protocol in kinds
            if kind in (0, each)
        ]

    def _number_of_port(self, port: object) -> int:
        if port is None:
            return 0
        if isinstance(port, int):
            return port
        text = port.decode() if isinstance(port, bytes) else str(port)
        if text.isdigit():
            return int(text)
        from _socket import getservbyname

        try:
            return getservbyname(text)
        except OSError:
            raise gaierror(EAI_SERVICE, "Servname not supported") from None

    def _address_of(self, name: object, is_v6: bool) -> str:
        if name == HERE:
            return "::1" if is_v6 else "127.0.0.1"
        text = str(name)
        number = self._hosts.setdefault(text, len(self._hosts) + 1)
        high, low = number >> 8, number & 0xFF
        address = f"fd00::{number:x}" if is_v6 else f"10.0.{high}.{low}"
        self._names[address] = text
        return address

    @property
    def names(self) -> Names:
        """Who answers the rarer look-ups."""
        return Names(self)

    def watch(
        self, number: int, events: int, ref: bool, priority: int | None
    ) -> simulated_io | None:
        """Return a watcher of an end; None: the number is of none."""
        end = self.ends.get(number)
        return (
            None if end is None else simulated_io(self.loop, end, events, ref, priority)
        )

    # -- many at once ----------------------------------------------------------

    def knows_any(self, numbers: Iterable[int]) -> bool:
        """Whether one of some numbers is of an end here."""
        return any(each in self.ends for each in numbers)

    def poll(self, masks: dict[int, int], seconds: float | None) -> dict[int, int]:
        """Wait until some of many ends are ready; return number to events."""
        deadline = inf if seconds is None else self.now() + seconds
        while True:
            found = {each: self._events_of(each, masks[each]) for each in masks}
            ready = {number: events for number, events in found.items() if events}
            if ready or self.now() >= deadline:
                return ready
            self._wait_any(masks, deadline)  # switches

    def _events_of(self, number: int, mask: int) -> int:
        end = self.ends.get(number)
        if end is None:
            if number < FIRST_NUMBER:
                self.loop.backend_for(number)  # refuses
            return POLLNVAL
        found = POLLIN if mask & POLLIN and end.is_ready(READ) else 0
        if mask & POLLOUT and end.is_ready(WRITE):
            found |= POLLOUT
        return found

    def _wait_any(self, masks: dict[int, int], deadline: float) -> None:
        change = Change("sockets", "ready")
        next_at = deadline
        ends = [self.ends[each] for each in masks if each in self.ends]
        for end in ends:
            mask = masks[end.number]
            events = (READ if mask & POLLIN else 0) | (WRITE if mask & POLLOUT else 0)
            next_at = min(next_at, end.ready_at(events))
            end._changes.append(change)
        try:
            change.wait(None if next_at == inf else next_at - self.now())  # switches
        finally:
            for end in ends:
                end._changes.remove(change)
