"""Which hub each native thread has.

The thread's slot owns the hub: when the thread ends, the hub is destroyed with it, and
in a forked child those of other threads, which are not there, are given up.

Threads: each sees its own slot only; ``hubs`` is a set that all of them change, and
that is copied to be looked at.
"""

from __future__ import annotations

import os
import sys
from _thread import _local as native_local
from math import inf

from gevent._base.checking import TYPE_CHECKING, Protocol
from gevent._base.config import config
from gevent._base.light import WeakSet

if TYPE_CHECKING:
    from types import TracebackType

    from gevent._loop.loop import Loop

__all__ = (
    "hubs",
    "live_hubs",
    "own",
    "owned_hub",
    "replace_hub",
    "slot",
    "take_spare_loop",
)


class OwnedHub(Protocol):
    """What is needed of a hub; after its end it has no loop."""

    loop: Loop
    minimal_ident: int
    thread_ident: int

    def end_with_thread(self) -> None:
        """Free it: its thread ends."""

    def print_exception(
        self,
        context: object,
        t: type[BaseException],
        v: BaseException | str | None,
        tb: TracebackType | None,
    ) -> None:
        """Print an error."""

    def _look_for_hook(self) -> None:
        """See whether its ``switch`` was replaced."""


# Of each thread: ``owner``, its HubOwner or None; ``loop``, one that outlived its hub.
slot = native_local()
# All that are alive, of all threads.
hubs: WeakSet[OwnedHub] = WeakSet()


class HubOwner:
    """Owns the hub of a thread, and frees it when the thread ends.

    Not so when it was replaced, or destroyed by hand: it owns none then.
    """

    __slots__ = ("hub",)

    def __init__(self, hub: OwnedHub):
        self.hub: OwnedHub | None = hub

    def __del__(self) -> None:
        hub = self.hub
        if hub is not None and not sys.is_finalizing():
            hub.end_with_thread()


def owned_hub() -> OwnedHub | None:
    """Return the hub of the calling thread, or None if it has none."""
    owner: HubOwner | None = getattr(slot, "owner", None)
    return None if owner is None else owner.hub


def own(hub: OwnedHub | None) -> None:
    """Let the thread own *hub*; it lets go of the one that it has."""
    owner: HubOwner | None = getattr(slot, "owner", None)
    if owner is not None:
        owner.hub = None
    slot.owner = None if hub is None else HubOwner(hub)


def replace_hub(hub: OwnedHub | None) -> None:
    """See ``gevent.hub.set_hub``."""
    current = owned_hub()
    if current is not None and current.loop is not None:
        current.loop.detach_from_thread()
    own(hub)
    if hub is not None:
        hub.loop.attach_to_thread()


def take_spare_loop() -> Loop | None:
    """Return the loop that outlived its hub in this thread, for the next one; once."""
    spare: Loop | None = getattr(slot, "loop", None)
    if spare is None or spare.closing:
        return None
    slot.loop = None
    return spare


def live_hubs() -> list[tuple[OwnedHub, Loop]]:
    """See ``gevent._hub.hub``, for the tiers above; from any thread."""
    while True:
        try:
            pairs = [(hub, hub.loop) for hub in hubs]
        except RuntimeError:
            continue  # another thread has made one meanwhile
        alive = [pair for pair in pairs if _is_alive(pair[1])]
        alive.sort(key=lambda pair: pair[0].minimal_ident)
        return alive


def _is_alive(loop: Loop | None) -> bool:
    return loop is not None and not loop.closing


def _abandon_hubs_of_others() -> None:
    """In a forked child: only the thread that forked is there; others' hubs are not.

    A wait for them would never end, and their loops may be in the middle of a poll.
    """
    kept = owned_hub()
    for hub in list(hubs):
        if hub is not kept and hub.loop is not None:
            hub.loop.abandon()


# Not at the first hub: what asks for that may run in a child already.
os.register_at_fork(after_in_child=_abandon_hubs_of_others)


def _follow_limit(_: object) -> None:
    for hub in list(hubs):
        if hub.loop is not None:
            hub.loop.max_run = config.max_blocking_time or inf


config.watch("max_blocking_time", _follow_limit)
