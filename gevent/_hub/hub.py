"""The hub: the greenlet that runs the loop of a native thread.

:class:`Hub` says what it is and does; here is how a program gets at it, and what runs
with it: sleeping, waiting until nothing is left to do, killing.
"""

from __future__ import annotations

from greenlet import GreenletExit, getcurrent
from greenlet import greenlet as raw_greenlet

from gevent._base.checking import TYPE_CHECKING
from gevent._base.exceptions import LoopExit
from gevent._base.publish import publish
from gevent._hub import ownership
from gevent._hub.greenlet import parts_of, spawn_raw
from gevent._hub.helpers import renew_helpers
from gevent._hub.hub_class import Hub
from gevent._hub.link_proxy import linkproxy
from gevent._hub.ownership import owned_hub, replace_hub
from gevent._hub.resumption import greenlet_goes_on
from gevent._hub.signals import signal
from gevent._hub.wait import iwait as iwait
from gevent._hub.wait import wait as wait
from gevent._native.scheduling.scheduler import (
    Scheduler,
    Waiter,
    as_seconds,
    demand_throwable,
    set_hub_factory,
    set_resumption_mark,
)

if TYPE_CHECKING:
    from gevent._loop.loop import Loop

__all__ = (
    "GreenletExit",
    "Hub",
    "LoopExit",
    "Waiter",
    "get_hub",
    "getcurrent",
    "idle",
    "kill",
    "linkproxy",
    "reinit",
    "signal",
    "sleep",
    "spawn_raw",
)


class Defaults:
    """What programs may replace for hubs to come."""

    hub_class: type[Hub] = Hub


def set_default_hub_class(hubtype: type[Hub]) -> None:
    """Make *hubtype* the class of the hubs that are made from now on."""
    Defaults.hub_class = hubtype


def get_hub_class() -> type[Hub]:
    """Return the class of the hubs that are made from now on."""
    return Defaults.hub_class


def _make_hub() -> Hub:
    """Make the hub of a thread that has none."""
    return Defaults.hub_class()


set_hub_factory(_make_hub)
set_resumption_mark(greenlet_goes_on)


def get_hub() -> Hub:
    """Return the hub of the calling thread; made on first use.

    Thread safety:
        From any thread; each has its own.
    """
    return Scheduler.of_thread().hub  # type: ignore[return-value]  # attached by one


def get_hub_if_exists() -> Hub | None:
    """Return the hub of the calling thread, or None if it has none."""
    return owned_hub()  # type: ignore[return-value]  # a Hub


# The name by which programs know it.
_get_hub = get_hub_if_exists


def live_hubs() -> list[tuple[Hub, Loop]]:
    """Return the hubs of all threads that are not destroyed, the oldest first.

    Each with its loop: it may lose that meanwhile, in its own thread.

    Thread safety:
        From any thread.
    """
    return ownership.live_hubs()  # type: ignore[return-value]  # they are Hubs


def set_hub(hub: Hub | None) -> None:
    """Make *hub* the hub of the calling thread; None: it has none.

    A hub that is replaced is not destroyed.
    """
    replace_hub(hub)


def sleep(seconds: float = 0, ref: bool = True) -> None:
    """Let others run for at least *seconds*.

    Args:
        seconds: Seconds; 0 or less: let everything run once that is runnable now.
        ref: Whether the loop keeps running for it.

    Raises:
        TypeError: *seconds* is no number.
        ValueError: *seconds* is NaN.
        BlockingSwitchOutError: Called in the hub.

    Blocking:
        Switches to the hub.
    Cancellation:
        Nothing stays behind.
    Thread safety:
        From any thread; for the calling greenlet.
    """
    loop = Scheduler.of_thread()
    if seconds <= 0:
        loop.yield_once()  # switches
    else:
        loop.sleep(as_seconds(seconds), ref)  # switches


def idle(priority: int = 0) -> None:
    """Wait until nothing of this priority or a higher one is left to do.

    Args:
        priority: From -2 to 2.

    Blocking:
        Switches to the hub.
    Cancellation:
        Nothing stays behind.
    Thread safety:
        From any thread; for the calling greenlet.
    """
    hub = get_hub()
    watcher = hub.loop.idle()
    if priority:
        watcher.priority = priority
    hub.wait(watcher)  # switches


def kill(greenlet: raw_greenlet, exception: object = GreenletExit) -> None:
    """Raise *exception* in a greenlet, raw or not, in its turn; return at once.

    Args:
        greenlet: Whom to kill.
        exception: A class, an instance, or a (type, value, traceback) tuple.

    Raises:
        TypeError: *exception* is none of these; nothing is killed then.

    Thread safety:
        Only from the thread of the greenlet.
    """
    parts = parts_of(exception)
    demand_throwable(*parts)
    if greenlet.dead:
        return
    kill_itself = getattr(greenlet, "kill", None)
    if kill_itself is not None:
        kill_itself(exception=exception, block=False)
    else:
        get_hub().loop.run_callback(greenlet.throw, *parts)


def reinit(hub: Hub | None = None) -> None:
    """Make the hub usable in a child process right after ``os.fork``.

    Happens by itself when the hub is first used there; calling it does no harm.
    Silent when the thread has no hub.
    """
    hub = get_hub_if_exists() if hub is None else hub
    if hub is None or hub.loop is None:
        return
    hub.loop.reinit()
    renew_helpers(hub)


# What they are has a file of its own; they are public here.
publish(
    __name__,
    "gevent.hub",
    parts=(
        "gevent._hub.hub_class",
        "gevent._hub.link_proxy",
        "gevent._hub.signals",
    ),
)
