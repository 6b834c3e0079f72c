"""Walking up the frames of a greenlet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ("walk_callers",)


def walk_callers(frame: FrameType | None) -> Iterator[tuple[FrameType, int]]:
    """Yield a frame and those that called it, each with its current line.

    Once each: on PyPy the frames of a suspended greenlet form a ring.
    """
    first = frame
    while frame is not None:
        yield frame, frame.f_lineno
        frame = frame.f_back
        if frame is first:
            return
