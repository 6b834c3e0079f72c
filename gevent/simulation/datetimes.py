"""``datetime.now()`` and copies of ``time.time``, which only C code can replace.

That is done by time-machine, for the whole process; it is moved at each jump.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager

    from gevent._loop.virtual import VirtualLoop

__all__ = ("replaced_datetimes",)


class Coordinates(Protocol):
    """Where the traveller is."""

    def move_to(self, destination: float) -> None:
        """Go to another instant."""


class TimeMachine(Protocol):
    """What is used of time-machine."""

    def travel(
        self, destination: float, *, tick: bool
    ) -> AbstractContextManager[Coordinates]:
        """Go to an instant."""


@contextmanager
def replaced_datetimes(loop: VirtualLoop) -> Generator[None]:
    """In here the dates of the whole process are those of a loop.

    Raises:
        ImportError: time-machine is not installed.
    """
    try:
        found = import_module("time_machine")
    except ImportError:
        raise ImportError(
            "datetimes=True needs time-machine: pip install time-machine"
        ) from None
    machine = cast("TimeMachine", found)
    with machine.travel(loop.wall_clock(), tick=False) as traveller:
        loop.on_jump = lambda: traveller.move_to(loop.wall_clock())
        try:
            yield
        finally:
            loop.on_jump = None
