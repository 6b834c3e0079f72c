"""The resolver that asks by c-ares: the home of ``gevent.resolver.ares``."""

from __future__ import annotations

import weakref
from _socket import gaierror
from typing import TYPE_CHECKING, cast

from pycares import CNAMERecordData
from pycares.errno import (
    ARES_EDESTRUCTION,
    ARES_EFORMERR,
    ARES_ENODATA,
    ARES_ENOTFOUND,
    ARES_ESERVFAIL,
)

from gevent._base import originals
from gevent._base.config import config
from gevent._base.publish import publish
from gevent._hub.hub import Waiter
from gevent._hub.timeout import Timeout
from gevent.net.resolver.cares import QUERY_TYPES, channel
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
    from collections.abc import Sequence

    from pycares import DNSResult

    from gevent._hub.hub import Hub
    from gevent.net.resolver.cares import Result

__all__ = ("Resolver",)

_SETTINGS = ("flags", "timeout", "tries", "ndots", "udp_port", "tcp_port", "servers")

_STATUSES = {
    ARES_ENOTFOUND: HOST_NOT_FOUND,
    ARES_ENODATA: NO_DATA,
    ARES_EFORMERR: NO_RECOVERY,
}


class Resolver(StubResolver):
    """Asks DNS by c-ares, on the loop; hosts file and services are the system's.

    Close it in the end: a channel that is dropped says so by a ResourceWarning.

    Args:
        hub: Whose loop to use; the calling thread's by default.
        use_environ: Whether the settings ``ares_*`` of the configuration count where
            no argument is given.
        kwargs: ``flags, timeout, tries, ndots, udp_port, tcp_port, servers`` for
            c-ares.

    Raises:
        TypeError: There is no such argument.
        ValueError: A server is no address.
    """

    cares_class = channel
    cares: channel | None = None  # until it is made, if it ever is

    def __init__(
        self, hub: Hub | None = None, use_environ: bool = True, **kwargs: object
    ) -> None:
        unknown = set(kwargs).difference(_SETTINGS)
        if unknown:
            raise TypeError(
                f"Resolver takes {', '.join(_SETTINGS)}, not {', '.join(unknown)}"
            )
        params = (_from_settings() if use_environ else {}) | kwargs
        ndots = params.get("ndots")
        super().__init__(hub, None if ndots is None else int(cast("str", ndots)))
        self._lifetime = config.resolver_timeout if use_environ else None
        self.params = params
        self._n_asking = 0
        self._configuration = self._search.get()
        self._process = originals.get("os", "getpid")()
        self.cares = self._make_channel()
        self._fork_watcher = self.hub.loop.fork(ref=False)
        self._fork_watcher.start(_renew, weakref.ref(self))

    def __repr__(self) -> str:
        return f"<gevent.resolver_ares.Resolver at 0x{id(self):x} ares={self.cares!r}>"

    def __del__(self) -> None:
        if self.cares is not None:
            # Loaded already where there is anything to warn about.
            import warnings

            warnings.warn(
                f"unclosed resolver {self!r}", ResourceWarning, 2, source=self
            )
            self.close()

    def close(self) -> None:
        """Close the channel; who waits for an answer gets an error. Repeatable."""
        cares, self.cares = self.cares, None
        if cares is not None:
            self._fork_watcher.close()
            cares.destroy()

    def _make_channel(self) -> channel:
        return self.cares_class(self.hub.loop, **self.params)  # type: ignore[arg-type]  # it looks

    def _on_fork(self) -> None:
        """Get a channel of our own; the parent's sockets are the parent's."""
        old, process = self.cares, originals.get("os", "getpid")()
        if old is not None and process != self._process:
            self._process = process
            self._replace(old)

    def _reread(self) -> None:
        """Get a channel that knows the servers of the system's configuration."""
        old, configuration = self.cares, self._search.get()
        if old is not None and configuration is not self._configuration:
            self._configuration = configuration
            if "servers" not in self.params:
                self._replace(old)

    def _replace(self, old: channel) -> None:
        # Whoever waits asks the new one again: see _ask_channel.
        self.cares = self._make_channel()
        old.destroy()

    # -- asking -------------------------------------------------------------------

    def _ask(self, name: str, kinds: Sequence[str]) -> list[Answer]:
        self._reread()
        self._n_asking += 1
        timeout = Timeout(self._lifetime)
        try:
            with timeout:
                return self._ask_channel(name, kinds)  # switches
        except Timeout as error:
            if error is not timeout:
                raise
            return [Answer(TRY_AGAIN, [name], [])]
        finally:
            self._n_asking -= 1
            if not self._n_asking and self.cares is not None:
                # What greenlets asked that were killed meanwhile.
                self.cares.cancel()

    def _ask_channel(self, name: str, kinds: Sequence[str]) -> list[Answer]:
        while True:
            cares = self.cares
            if cares is None:
                raise gaierror(ARES_EDESTRUCTION, "this resolver has been closed")
            # All at once. A waiter for which nobody waits any more keeps its answer.
            waiters = [Waiter(self.hub) for _ in kinds]
            for waiter, kind in zip(waiters, kinds, strict=True):
                cares.query(waiter.switch, name, kind)
            results = [cast("Result", waiter.get()) for waiter in waiters]  # switches
            # A fork or another configuration replaces it: the new one is asked again.
            if cares is self.cares or self.cares is None:
                return [
                    _read(result, name, kind)
                    for result, kind in zip(results, kinds, strict=True)
                ]


def _from_settings() -> dict[str, object]:
    """Return what the configuration says about c-ares."""
    values = {name: getattr(config, f"ares_{name}") for name in _SETTINGS}
    if config.resolver_nameservers is not None:
        values["servers"] = config.resolver_nameservers
    return {name: value for name, value in values.items() if value is not None}


def _renew(reference: weakref.ref[Resolver]) -> None:
    resolver = reference()
    if resolver is not None:
        resolver._on_fork()


def _read(result: Result, name: str, kind: str) -> Answer:
    """Say what an answer of c-ares means."""
    error = result.exception
    if error is not None:
        status = error.args[0]
        return Answer(
            _STATUSES.get(status, TRY_AGAIN), [name], [], status == ARES_ESERVFAIL
        )
    records = cast("DNSResult", result.value).answer
    aliases = {
        record.name.lower(): record.data.cname
        for record in records
        if isinstance(record.data, CNAMERecordData)
    }
    names = follow(name, aliases)
    values = [
        getattr(record.data, _FIELDS[kind])
        for record in records
        if record.type == QUERY_TYPES[kind] and same_name(record.name, names[-1])
    ]
    return Answer(FOUND if values else NO_DATA, names, values)


# Record type -> where pycares keeps the value.
_FIELDS = {"A": "addr", "AAAA": "addr", "PTR": "dname"}


publish(__name__, "gevent.resolver.ares")
