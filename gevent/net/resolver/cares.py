"""c-ares on a loop, through the ``pycares`` package: ``gevent.resolver.cares``.

c-ares says which of its sockets it wants to read or write, and how long it may be left
alone; watchers of the loop do the rest.
"""

from __future__ import annotations

import weakref
from _socket import (
    AF_INET,
    AF_INET6,
    AI_ADDRCONFIG,
    AI_ALL,
    AI_CANONNAME,
    AI_NUMERICHOST,
    AI_NUMERICSERV,
    AI_PASSIVE,
    AI_V4MAPPED,
    NI_DGRAM,
    NI_NAMEREQD,
    NI_NOFQDN,
    NI_NUMERICHOST,
    NI_NUMERICSERV,
    gaierror,
    herror,
)
from collections import deque
from contextlib import suppress
from reprlib import recursive_repr
from typing import TYPE_CHECKING, TypeVar

import pycares
from pycares.errno import ARES_EDESTRUCTION, errorcode, strerror

from gevent._base import originals
from gevent._base.native_threads import make_native_lock
from gevent._base.publish import publish
from gevent._hub.other_threads import IDLE_THREAD
from gevent.net.literal import is_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from pycares import (
        AddrInfoResult,
        Channel,
        DNSResult,
        HostResult,
        NameInfoResult,
    )

    from gevent._loop.loop import Loop
    from gevent._loop.watchers import io, timer
    from gevent.net.literal import Address, Entry

    _Error: TypeAlias = type[gaierror | herror]
    _Text: TypeAlias = str | bytes
    _Callback: TypeAlias = Callable[["Result"], object]

_T = TypeVar("_T")
_N = TypeVar("_N", int, float)

__all__ = ("channel",)

_READ, _WRITE = 1, 2

# c-ares tells whole milliseconds; a timer that is early would find nothing to do.
_SHORTEST_WAIT = 0.001  # seconds

QUERY_TYPES: dict[str, int] = {
    "A": pycares.QUERY_TYPE_A,
    "AAAA": pycares.QUERY_TYPE_AAAA,
    "PTR": pycares.QUERY_TYPE_PTR,
}


class InvalidIP(ValueError):
    """What should be an address is none."""


class Result:
    """The value of a query, or its error.

    Attributes:
        value: The value; None if the query failed.
        exception: The error, or None.
    """

    __slots__ = ("value", "exception")

    def __init__(self, value: object = None, exception: Exception | None = None):
        self.value: object = value
        self.exception: Exception | None = exception

    def __repr__(self) -> str:
        name = type(self).__name__
        if self.exception is None:
            return f"{name}({self.value!r})"
        if self.value is None:
            return f"{name}(exception={self.exception!r})"
        return f"{name}(value={self.value!r}, exception={self.exception!r})"

    def successful(self) -> bool:
        """Return whether there is no error."""
        return self.exception is None

    def get(self) -> object:
        """Return the value or raise the error."""
        if self.exception is not None:
            raise self.exception
        return self.value


class ares_host_result(tuple[str, list[str], list[str]]):
    """(name, aliases, addresses) of a host.

    Attributes:
        family: The address family that was asked for.
    """

    family: int

    def __new__(
        cls, family: int, iterable: Iterable[str | list[str]]
    ) -> ares_host_result:
        self = super().__new__(cls, iterable)
        self.family = family
        return self

    def __getnewargs__(self) -> tuple[int, tuple[str, list[str], list[str]]]:
        return self.family, tuple(self)  # type: ignore[return-value]  # of three


class channel:
    """A c-ares channel: queries, and callbacks that get each a :class:`Result`.

    Callbacks run in the hub, never before the method that took them has returned.

    Invariants:

    * CARES1  ``_timer`` is active exactly while queries are pending. It is what keeps
      the loop running; the io watchers do not.
    * CARES2  ``_watchers`` has an active watcher for each socket that c-ares wants to
      hear about, and for no other: it is stopped before c-ares closes the socket.
    * CARES3  c-ares calls us in the thread of the loop only: :meth:`destroy` cancels
      all queries, which closes the sockets, before it lets the channel go.

    Args:
        loop: Whose watchers to use.
        flags: Flags of c-ares.
        timeout: Seconds for the first try.
        tries: How often to ask each server.
        ndots: How many dots make a name one to be asked for as it is.
        udp_port: Port of the servers.
        tcp_port: Likewise.
        servers: Addresses of servers, also as one text with commas; the system's by
            default.

    Raises:
        InvalidIP: A server is no address.

    Thread safety:
        Only from the thread of the loop.
    """

    def __init__(
        self,
        loop: Loop,
        flags: int | None = None,
        timeout: float | None = None,
        tries: int | None = None,
        ndots: int | None = None,
        udp_port: int | None = None,
        tcp_port: int | None = None,
        servers: _Text | Iterable[_Text] | None = None,
    ):
        self._loop = loop
        self._watchers: dict[int, io] = {}
        self._n_pending = 0
        self._native: Channel | None = None
        _start_destroyer()
        self._native = pycares.Channel(
            flags=_number(int, flags),
            timeout=_number(float, timeout),
            tries=_number(int, tries),
            ndots=_number(int, ndots),
            udp_port=_number(int, udp_port),
            tcp_port=_number(int, tcp_port),
            sock_state_cb=_weakly(self),
        )
        self._timer: timer = loop.timer(_SHORTEST_WAIT)
        if servers is not None:
            self.set_servers(servers)

    @recursive_repr()  # what the timer calls is a method of the channel
    def __repr__(self) -> str:
        state = f"_timer={self._timer!r} _watchers[{len(self._watchers)}]"
        return f"<{type(self).__name__} at 0x{id(self):x} {state}>"

    @property
    def loop(self) -> Loop:
        """The loop whose watchers the channel uses."""
        return self._loop

    def set_servers(self, servers: _Text | Iterable[_Text] | None = None) -> None:
        """Replace the name servers.

        Args:
            servers: Addresses, also as one text with commas; None: none at all.

        Raises:
            InvalidIP: One is no address.
        """
        native = self._demand()
        if servers is None:
            servers = ()
        texts = servers.split(",") if isinstance(servers, str) else servers
        if isinstance(texts, bytes):
            texts = texts.split(b",")
        cleaned = [_as_text(text).strip() for text in texts]
        try:
            native.servers = cleaned
        except (pycares.AresError, ValueError):
            raise InvalidIP(repr(servers)) from None

    def cancel(self) -> None:
        """End all queries: their callbacks get an error."""
        if self._n_pending and self._native is not None:
            self._native.cancel()
            self._timer.stop()

    def destroy(self) -> None:
        """Close the channel; pending callbacks get an error. Repeatable."""
        native, self._native = self._native, None
        if native is None:
            return
        native.cancel()
        self._timer.close()
        for watcher in self._watchers.values():
            watcher.close()
        self._watchers.clear()
        native.close()

    # -- queries ------------------------------------------------------------------

    def query(self, callback: _Callback, name: _Text, kind: str) -> None:
        """Ask for the records of a full name.

        Args:
            callback: Gets a Result with pycares' ``DNSResult``.
            name: The name.
            kind: "A", "AAAA" or "PTR".
        """
        native = self._demand()
        wanted = QUERY_TYPES[kind]
        query = Query(self, callback, gaierror, _as_it_is)
        query.begin(native.query, _as_text(name), wanted)

    def gethostbyname(
        self, callback: _Callback, name: _Text, family: int = AF_INET
    ) -> None:
        """Ask for a host by its name; the Result has an :class:`ares_host_result`."""
        native = self._demand()

        def convert(found: AddrInfoResult) -> ares_host_result:
            aliases = [cname.alias for cname in found.cnames]
            names = [found.cnames[-1].name] if found.cnames else [_as_text(name)]
            addresses = [_as_text(node.addr[0]) for node in found.nodes]
            return ares_host_result(family, (names[0], aliases, addresses))

        query = Query(self, callback, herror, convert)
        text = _as_text(name)
        flags = _translate(_askable(AI_CANONNAME, text), _AI_FLAGS)
        query.begin(native.getaddrinfo, text, None, family=family, flags=flags)

    def gethostbyaddr(self, callback: _Callback, addr: _Text) -> None:
        """Ask for a host by its address; the Result has an :class:`ares_host_result`.

        Raises:
            InvalidIP: *addr* is no address.
        """
        native = self._demand()
        family = AF_INET6 if ":" in _as_text(addr) else AF_INET

        def convert(found: HostResult) -> ares_host_result:
            return ares_host_result(
                family, (found.name, found.aliases, found.addresses)
            )

        query = Query(self, callback, herror, convert)
        try:
            query.begin(native.gethostbyaddr, _as_text(addr))
        except ValueError:
            raise InvalidIP(repr(addr)) from None

    def getaddrinfo(
        self,
        callback: _Callback,
        name: _Text,
        service: _Text | None,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> None:
        """Ask for addresses; the Result has a list as of ``socket.getaddrinfo``."""
        native = self._demand()

        def convert(found: AddrInfoResult) -> list[Entry]:
            return [
                (
                    node.family,
                    node.socktype,
                    node.protocol,
                    "",
                    (_as_text(node.addr[0]), *node.addr[1:]),
                )
                for node in found.nodes
            ]

        query = Query(self, callback, gaierror, convert)
        text = _as_text(name)
        query.begin(
            native.getaddrinfo,
            text,
            None if service is None else _as_text(service),
            family=family,
            type=type,
            proto=proto,
            flags=_translate(_askable(flags, text), _AI_FLAGS),
        )

    def getnameinfo(self, callback: _Callback, sockaddr: Address, flags: int) -> None:
        """Ask for the names of an address; the Result has (host, service).

        *flags* are those of the ``socket`` module.

        Raises:
            InvalidIP: *sockaddr* has no address.
        """
        native = self._demand()

        def convert(found: NameInfoResult) -> tuple[str, str | None]:
            return found.node, found.service

        query = Query(self, callback, gaierror, convert)
        wanted = _translate(flags, _NI_FLAGS) | _NI_BOTH
        try:
            query.begin(native.getnameinfo, sockaddr, wanted)
        except ValueError:
            raise InvalidIP(repr(sockaddr)) from None

    # -- between c-ares and the loop ----------------------------------------------

    def _demand(self) -> Channel:
        if self._native is None:
            raise gaierror(ARES_EDESTRUCTION, "this ares channel has been destroyed")
        return self._native

    def _wish(self, fd: int, readable: bool, writable: bool) -> None:
        """c-ares wants to know when a socket is ready; neither: forget it (CARES2)."""
        watcher = self._watchers.pop(fd, None)
        if watcher is not None:
            watcher.close()
        events = (_READ if readable else 0) | (_WRITE if writable else 0)
        if events and self._native is not None:
            watcher = self._watchers[fd] = self._loop.io(fd, events, ref=False)
            watcher.start(self._process, fd, pass_events=True)

    def _process(self, events: int, fd: int) -> None:
        if self._native is not None:
            read = fd if events & _READ else pycares.ARES_SOCKET_BAD
            write = fd if events & _WRITE else pycares.ARES_SOCKET_BAD
            self._native.process_fd(read, write)
            self._arm_timer()

    def _on_timer(self) -> None:
        if self._native is not None:
            nothing = pycares.ARES_SOCKET_BAD
            self._native.process_fd(nothing, nothing)
            self._arm_timer()

    def _arm_timer(self) -> None:
        """Wait as long as c-ares may be left alone (CARES1)."""
        self._timer.stop()
        if self._n_pending and self._native is not None:
            wait: float = self._native.timeout()
            self._timer.close()
            self._timer = self._loop.timer(max(wait, _SHORTEST_WAIT))
            self._timer.start(self._on_timer)


class Query:
    """What c-ares calls with the answer of one query, once.

    Args:
        owner: The channel; it counts it from :meth:`begin` to the answer (CARES1).
        callback: Gets the Result, from the loop.
        kind: The class of its error.
        convert: Makes its value of what c-ares found.

    Raises:
        TypeError: *callback* is not callable.
    """

    def __init__(
        self,
        owner: channel,
        callback: _Callback,
        kind: _Error,
        convert: Callable[..., object],
    ):
        if not callable(callback):
            raise TypeError(f"the callback must be callable, not {callback!r}")
        self._owner = owner
        self._callback = callback
        self._kind = kind
        self._convert = convert
        self._is_over = False

    def begin(
        self, method: Callable[..., object], *args: object, **kwargs: object
    ) -> None:
        """Ask by a method of the channel of pycares."""
        self._owner._n_pending += 1
        try:
            method(*args, **kwargs, callback=self)
        except BaseException:
            # c-ares may have answered that it cannot ask for such a name.
            if not self._is_over:
                self._owner._n_pending -= 1
                raise
        self._owner._arm_timer()

    def __call__(self, value: object, status: int | None) -> None:
        """Take the answer; called by c-ares: nothing may be raised, and nobody run."""
        self._is_over = True
        self._owner._n_pending -= 1
        result = _make_result(value, status, self._kind, self._convert)
        self._owner._loop.run_callback(self._callback, result)


def _make_result(
    value: _T, status: int | None, kind: _Error, convert: Callable[[_T], object]
) -> Result:
    if status is not None:
        name = errorcode.get(status, str(status))
        return Result(exception=kind(status, f"{name}: {_as_text(strerror(status))}"))
    try:
        return Result(convert(value))
    except Exception as error:  # last resort: c-ares cannot take it
        return Result(exception=error)


def _as_it_is(found: DNSResult) -> DNSResult:
    return found


def _as_text(value: _Text) -> str:
    if isinstance(value, bytes):
        return value.decode("ascii")
    if not isinstance(value, str):
        raise TypeError(f"Expected str or bytes, not {type(value).__name__}")
    return value


def _number(kind: type[_N], value: float | str | None) -> _N | None:
    """Return a number that may come from the environment, as text."""
    return None if value is None else kind(value)


# -- flags: c-ares has its own numbers ------------------------------------------------

_AI_FLAGS = {
    AI_CANONNAME: 1 << 0,
    AI_NUMERICHOST: 1 << 1,
    AI_PASSIVE: 1 << 2,
    AI_NUMERICSERV: 1 << 3,
    AI_V4MAPPED: 1 << 4,
    AI_ALL: 1 << 5,
    AI_ADDRCONFIG: 1 << 6,
}
_NI_FLAGS = {
    NI_NOFQDN: pycares.ARES_NI_NOFQDN,
    NI_NUMERICHOST: pycares.ARES_NI_NUMERICHOST,
    NI_NAMEREQD: pycares.ARES_NI_NAMEREQD,
    NI_NUMERICSERV: pycares.ARES_NI_NUMERICSERV,
    NI_DGRAM: pycares.ARES_NI_DGRAM,
}
# Unlike the system's function, c-ares looks up only what it is told to.
_NI_BOTH = pycares.ARES_NI_LOOKUPHOST | pycares.ARES_NI_LOOKUPSERVICE


def _askable(flags: int, name: str) -> int:
    """Return flags without the one that makes pycares drop an address's answer."""
    return flags & ~AI_CANONNAME if is_literal(name.encode()) else flags


def _translate(flags: int, table: dict[int, int]) -> int:
    return sum(theirs for ours, theirs in table.items() if flags & ours)


# -- what pycares needs ---------------------------------------------------------------

# The process in which the thread was started that destroys channels; a forked child
# finds its parent's number, and starts its own.
_destroyer_process: list[int] = []


def _start_destroyer() -> None:
    """See to it that pycares' thread runs, in which it destroys channels.

    Left to itself, pycares takes what ``threading`` has at that moment: in a patched
    process a greenlet, which would block the loop. Nor does it notice a fork.
    """
    process = originals.get("os", "getpid")()
    if process in _destroyer_process:
        return
    manager = pycares._shutdown_manager
    if manager._thread is None or _destroyer_process:
        manager._queue = _HandOver()  # type: ignore[assignment]  # all that it uses
        start = originals.get("_thread", "start_new_thread")
        manager._thread = start(_destroy_channels, ())
    _destroyer_process[:] = [process]


class _HandOver:
    """The queue of what that thread is to destroy; it alone gets.

    Whatever ``queue`` has at that moment may be built on patched locks.
    """

    def __init__(self) -> None:
        self._items: deque[object] = deque()
        # Free: an item was put since the getter last looked.
        self._news = make_native_lock()
        self._news.acquire()

    def put(self, item: object) -> None:
        """Append *item*; also from finalizers."""
        self._items.append(item)
        with suppress(RuntimeError):  # there was news already
            self._news.release()

    def get(self) -> object:
        """Remove and return the oldest item; block the thread until there is one."""
        while not self._items:
            self._news.acquire()
        return self._items.popleft()


def _destroy_channels() -> None:
    """Be that thread, which wakes no loop."""
    with IDLE_THREAD:
        pycares._shutdown_manager._run_safe_shutdown_loop()


def _weakly(owner: channel) -> Callable[[int, bool, bool], None]:
    """Return what c-ares calls about its sockets; it must not keep the channel."""
    reference = weakref.ref(owner)

    def tell(fd: int, readable: bool, writable: bool) -> None:
        alive = reference()
        if alive is not None:
            alive._wish(fd, readable, writable)

    return tell


publish(__name__, "gevent.resolver.cares")
