"""Which function a frame calls right now, as its source names it."""

from __future__ import annotations

import ast
import dis
import linecache
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ("called_by",)


def called_by(frame: FrameType | None) -> str | None:
    """Return what the source of a frame calls where it stands, such as ``time.sleep``.

    Args:
        frame: The innermost frame of a thread, which may go on meanwhile; None: there
            is none.

    Returns:
        The text of the expression; None: it does not stand at a call, or the source
        can not be read.
    """
    if frame is None or frame.f_lasti < 0:
        return None
    code, offset = frame.f_code, frame.f_lasti
    if not dis.opname[code.co_code[offset]].startswith("CALL"):
        return None
    place = next(islice(code.co_positions(), offset // 2, None), None)
    if place is None:
        return None
    first, last, begin, end = place
    if first is None or last is None:
        return None
    lines = [
        linecache.getline(code.co_filename, number, frame.f_globals).encode()
        for number in range(first, last + 1)
    ]
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][begin:]
    try:
        call = ast.parse(b"".join(lines).decode(), mode="eval").body
    except (SyntaxError, ValueError):
        return None  # the file is another one by now
    return ast.unparse(call.func) if isinstance(call, ast.Call) else None
