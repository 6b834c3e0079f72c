"""What pyright does not refuse: it loses the parameters of a generic constructor."""

# pyright: reportUnnecessaryTypeIgnoreComment=false
from __future__ import annotations

from gevent import Greenlet


def area(width: int) -> float:
    """Return a float."""
    return float(width)


Greenlet.spawn(area, "1")  # type: ignore[call-overload]  # no number
