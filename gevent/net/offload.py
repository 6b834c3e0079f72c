"""Calls in native threads, for what would block the loop: operations on files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from gevent._hub.hub import get_hub

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias, TypeVar

    _T = TypeVar("_T")
    Outcome: TypeAlias = tuple[Exception | None, object]

__all__ = ("Pool", "hub_pool", "offload")


class Task(Protocol):
    """What a thread pool works on."""

    def get(self) -> object:
        """Wait for the result."""

    def wait(self) -> object:
        """Wait for the end."""


class Pool(Protocol):
    """A thread pool."""

    def apply(self, func: Callable[..., object], args: tuple[object, ...]) -> object:
        """Call *func* in one of its threads, and wait for the result."""

    def spawn(self, func: Callable[..., object], *args: object) -> Task:
        """Call *func* in one of its threads."""
        ...


def hub_pool() -> Pool:
    """Return the thread pool of the calling thread's hub."""
    return cast("Pool", get_hub().threadpool)


def offload(
    pool: Pool, function: Callable[..., _T], *args: object, to_its_end: bool = False
) -> _T:
    """Call a function in a thread; its error is the caller's, and nobody else's.

    A pool prints the errors of its tasks, for those that nobody waits for.

    Args:
        pool: Whose thread.
        function: What to call.
        args: Its arguments.
        to_its_end: Whether a greenlet that is interrupted waits for the end
            nevertheless.

    Blocking:
        Switches to the hub until the thread has done it.
    Cancellation:
        The thread goes on; what it returns is lost.
    """
    if to_its_end:
        error, value = _see_it_end(pool.spawn(_outcome, function, args))  # switches
    else:
        error, value = cast(
            "Outcome", pool.apply(_outcome, (function, args))
        )  # switches
    if error is not None:
        try:
            raise error
        finally:
            # Its traceback has this frame.
            del error
    return cast("_T", value)


def _see_it_end(task: Task) -> Outcome:
    try:
        return cast("Outcome", task.get())  # switches
    finally:
        task.wait()  # switches


def _outcome(function: Callable[..., object], args: tuple[object, ...]) -> Outcome:
    try:
        return None, function(*args)
    except Exception as error:  # last resort: raised where the result is awaited
        return error, None
