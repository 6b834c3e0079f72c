"""Who runs next: drawn from a seed, or as a list of choices says.

A *choice* is a number: 0 is who would run next anyway. A *schedule* is the list of all
choices of a run, written "2.0.1".
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ("Choices", "as_choices", "as_schedule")


class Choices:
    """Makes the choices of one run, and keeps them.

    Args:
        seed: Where they are drawn from; None: from *given*.
        given: The first ones; behind them 0.
    """

    def __init__(self, seed: int | None, given: Sequence[int]):
        self.made: list[int] = []
        # Among how many each was made.
        self.widths: list[int] = []
        self.choose: Callable[[int], int] = (
            self._follower(given) if seed is None else self._drawer(seed)
        )

    def _drawer(self, seed: int) -> Callable[[int], int]:
        draw = Random(seed).random
        note, note_width = self.made.append, self.widths.append

        def choose(width: int) -> int:
            drawn = int(draw() * width)
            note(drawn)
            note_width(width)
            return drawn

        return choose

    def _follower(self, given: Sequence[int]) -> Callable[[int], int]:
        made, note_width = self.made, self.widths.append

        def choose(width: int) -> int:
            place = len(made)
            chosen = given[place] if place < len(given) else 0
            # Too large and too small ones are cut, so that any list is a schedule.
            chosen = max(0, min(chosen, width - 1))
            made.append(chosen)
            note_width(width)
            return chosen

        return choose

    def next_prefix(self) -> list[int] | None:
        """Return the choices that lead to the next run, depth first; None: no more."""
        for place in range(len(self.made) - 1, -1, -1):
            if self.made[place] + 1 < self.widths[place]:
                return [*self.made[:place], self.made[place] + 1]
        return None


def as_choices(schedule: str | Sequence[int]) -> list[int]:
    """Return the choices that a schedule is made of.

    Raises:
        ValueError: It is a text of anything but numbers and dots.
        TypeError: It holds anything but integers.
    """
    if isinstance(schedule, str):
        return [int(each) for each in schedule.split(".")] if schedule else []
    choices = list(schedule)
    for each in choices:
        if not isinstance(each, int):
            raise TypeError(f"a schedule is made of integers, not {each!r}")
    return choices


def as_schedule(choices: Sequence[int]) -> str:
    """Return choices as they are written."""
    return ".".join(map(str, choices))
