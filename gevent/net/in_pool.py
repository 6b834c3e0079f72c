"""Calls in native threads, for what would block the loop: files, lookups of names."""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING, Protocol, cast
from gevent._hub.hub import get_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias, TypeVar

    from gevent._hub.hub import Hub

    _T = TypeVar("_T")
    Outcome: TypeAlias = tuple[object, Exception | None]

__all__ = ("Threads", "call_in_pool", "hub_pool")


class PendingCall(Protocol):
    """What a thread pool works on."""

    def get(self) -> object:
        """Wait for the result."""

    def wait(self) -> object:
        """Wait for the end."""


class Threads(Protocol):
    """A thread pool."""

    def apply(self, func: Callable[..., object], args: tuple[object, ...]) -> object:
        """Call *func* in one of its threads, and wait for the result."""

    def spawn(self, func: Callable[..., object], *args: object) -> PendingCall:
        """Call *func* in one of its threads."""


def hub_pool(hub: Hub | None = None) -> Threads:
    """Return the thread pool of a hub; by default, the calling thread's."""
    return cast("Threads", (get_hub() if hub is None else hub).threadpool)


def call_in_pool(
    pool: Threads,
    function: Callable[..., _T],
    args: tuple[object, ...],
    kwargs: Mapping[str, object] | None = None,
    *,
    to_its_end: bool = False,
) -> _T:
    """Call a function in a thread; its error is the caller's, and nobody else's.

    A pool prints the errors of its tasks, for those that nobody waits for.

    Args:
        pool: Whose thread.
        function: What to call.
        args: Its arguments.
        kwargs: Those with names.
        to_its_end: Whether a greenlet that is interrupted waits for the end
            nevertheless.

    Blocking:
        Switches to the hub until the thread has done it.
    Cancellation:
        The thread goes on; what it returns is lost.
    """
    task = (function, args, kwargs or {})
    if to_its_end:
        value, error = _see_it_end(pool.spawn(_outcome, *task))  # switches
    else:
        value, error = cast("Outcome", pool.apply(_outcome, task))  # switches
    if error is not None:
        try:
            raise error
        finally:
            # Its traceback has this frame.
            del error
    return cast("_T", value)


def _see_it_end(task: PendingCall) -> Outcome:
    try:
        return cast("Outcome", task.get())  # switches
    finally:
        task.wait()  # switches


def _outcome(
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> Outcome:
    try:
        return function(*args, **kwargs), None
    except Exception as error:  # last resort: raised where the result is awaited
        return None, error
