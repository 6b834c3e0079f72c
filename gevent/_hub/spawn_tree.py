"""What is remembered of how a greenlet came to be."""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType

__all__ = ("SpawningFrame", "stack_from")


class SpawningFrame:
    """One place of a spawning stack, as much like a frame as ``traceback`` needs."""

    __slots__ = ("f_back", "f_code", "f_lasti", "f_lineno")

    f_globals: dict[str, object] = {}
    f_locals: dict[str, object] = {}
    f_builtins: dict[str, object] = {}
    f_trace: None = None

    def __init__(self, code: CodeType, offset: int, back: SpawningFrame | None):
        self.f_code: CodeType = code
        self.f_lasti: int = offset
        self.f_back: SpawningFrame | None = back
        self.f_lineno: int = _line_at(code, offset)


def _line_at(code: CodeType, offset: int) -> int:
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return line
    return code.co_firstlineno


def stack_from(entries: list[tuple[CodeType, int]]) -> SpawningFrame | None:
    """Return the innermost frame of recorded (code, offset) pairs, innermost first."""
    frame = None
    for code, offset in reversed(entries):
        frame = SpawningFrame(code, offset, frame)
    return frame
