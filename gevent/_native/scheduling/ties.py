"""What is tied to a greenlet; the twin of ``ties.pyx``.

Here a greenlet has attributes of its own: more of them is what tells.
"""

from __future__ import annotations

import sys
from _weakref import getweakrefcount

from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from greenlet import greenlet as raw_greenlet

# PyPy has none: there nobody can say whether a greenlet is known.
_count_references: Callable[[object], int] | None = getattr(sys, "getrefcount", None)


def ties(greenlet: raw_greenlet) -> int:
    """Count what is tied to *greenlet*, for comparing with an earlier count."""
    if _count_references is None or getweakrefcount(greenlet):
        return -1
    return _count_references(greenlet) + len(greenlet.__dict__)
