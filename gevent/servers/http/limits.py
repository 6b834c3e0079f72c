"""How much, and how long, clients may: limits, time-outs, and what can be relaxed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

__all__ = ("RELAXATIONS", "Limits", "Timeouts", "checked_relaxations")

# Each is unsafe, and there for deployments whose clients cannot be changed:
# bare_lf          lines of a head may end with LF alone
# obs_fold         values may go on in a line that begins with white space
# repeated_fields  fields of which there can be one, framing excepted, may be repeated
# loose_host       Host, and the authority of a target, may be anything
# target_octets    octets above 0x7f may stand in targets as they are
# underscores      names with underscores reach environs, where they pass for others
# nul              %00 may stand in paths
# connect          CONNECT reaches the application
RELAXATIONS = frozenset(
    {
        "bare_lf",
        "obs_fold",
        "repeated_fields",
        "loose_host",
        "target_octets",
        "underscores",
        "nul",
        "connect",
    }
)

# Offsets in heads have 32 bits; lengths of bodies have 64, with a sign.
_MOST_OCTETS_IN_MEMORY = 2**31 - 1
_MOST = 2**63 - 1

# Limits that may be 0: nothing of the kind is allowed.
_MAY_BE_NONE_AT_ALL = frozenset(
    {"body", "extensions", "trailers", "trailer_fields", "drain"}
)
# Limits that may be None: as many as there are.
_MAY_BE_UNLIMITED = frozenset({"body", "connections", "per_address"})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a client may send, and how many there may be.

    Args:
        request_line: Octets of a request line, its end included; beyond it 414.
        head: Octets of a request line and all fields; beyond it 431.
        fields: Fields of a head; beyond it 431.
        body: Octets of a body, declared or added up; None: no limit; beyond it 413.
        extensions: Octets of chunk extensions in a body; beyond it 400.
        trailers: Octets of trailers; beyond it 400.
        trailer_fields: Fields among them; beyond it 400.
        drain: Octets of a body nobody read that are dropped to keep a connection.
        connections: Connections at a time; None: what the limit of descriptors has
            room for. The one that was idle for longest makes room.
        per_address: Connections of one address at a time; None: no limit.
        pending_heads: Octets of all unfinished heads together; beyond it 503.
        websocket_message: Octets of a message of a WebSocket; beyond it close 1009.
        streams: HTTP/2: requests of a connection at a time; beyond it they are refused.
        resets: HTTP/2: streams that may be reset, and 20 more each second; beyond it
            the connection ends.
        control_frames: HTTP/2: frames that carry nothing of a request, and 100 more
            each second; likewise.
        stream_requests: HTTP/2: requests of a connection; then it ends gracefully.

    Raises:
        TypeError: A limit is no integer.
        ValueError: A limit is out of its range.
    """

    request_line: int = 8192
    head: int = 65536
    fields: int = 100
    body: int | None = 2**30
    extensions: int = 16384
    trailers: int = 8192
    trailer_fields: int = 32
    drain: int = 65536
    connections: int | None = None
    per_address: int | None = None
    pending_heads: int = 64 * 2**20
    websocket_message: int = 2**20
    streams: int = 100
    resets: int = 200
    control_frames: int = 1000
    stream_requests: int = 10_000

    def __post_init__(self) -> None:
        """Check each limit."""
        for field in fields(self):
            _check_limit(field.name, getattr(self, field.name))


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long a client may take, in seconds; 0 and None: as long as it likes.

    0 becomes None, so that there is one way to say it.

    Args:
        handshake: From accept to the end of the TLS handshake.
        head: From the first octet of a request, or accept, to the end of its head.
        idle: Between two requests.
        body: Silence in one read of a body.
        write: No progress of a write.
        rate: Octets a second, not seconds: the least that a peer must take or give on
            average, once the application has waited long for it; 0 and None: any.
        linger: From the end of a connection on our side to that on the other.
        stop: From a signal to the end of what is in flight.
        websocket_ping: Silence of a WebSocket's client before it is asked by a ping;
            after that long again without an answer: close 1011.

    Raises:
        TypeError: A time-out is no number.
        ValueError: A time-out is negative, or no finite number.
    """

    handshake: float | None = 10
    head: float | None = 30
    idle: float | None = 75
    body: float | None = 30
    write: float | None = 30
    rate: float | None = 256
    linger: float | None = 2
    stop: float | None = 30
    websocket_ping: float | None = 20

    def __post_init__(self) -> None:
        """Check each time-out, and make None of 0."""
        for field in fields(self):
            if not _checked_seconds(field.name, getattr(self, field.name)):
                object.__setattr__(self, field.name, None)


def checked_relaxations(names: Iterable[str]) -> frozenset[str]:
    """Return the names of relaxations as a set.

    Raises:
        TypeError: It is one string, or what is in it is none.
        ValueError: There is no relaxation of a name.
    """
    if isinstance(names, str):
        raise TypeError(
            f"relax must be a collection of names, not the string {names!r}"
        )
    relaxed = frozenset(names)
    for name in relaxed:
        if not isinstance(name, str):
            raise TypeError(f"relax must name relaxations, not {name!r}")
        if name not in RELAXATIONS:
            known = ", ".join(sorted(RELAXATIONS))
            raise ValueError(f"unknown relaxation {name!r}; there are: {known}")
    return relaxed


def _check_limit(name: str, value: Any) -> None:
    if value is None and name in _MAY_BE_UNLIMITED:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"limit {name!r} must be an integer, not {value!r}")
    least = 0 if name in _MAY_BE_NONE_AT_ALL else 1
    most = _MOST if name in ("body", "drain") else _MOST_OCTETS_IN_MEMORY
    if not least <= value <= most:
        raise ValueError(
            f"limit {name!r} must be from {least} to {most}, not {value!r}"
        )


def _checked_seconds(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"time-out {name!r} must be a number or None, not {value!r}")
    if not 0 <= value < math.inf:
        raise ValueError(f"time-out {name!r} must be 0 or more, not {value!r}")
    return value
