"""The signal with which another process asks; the plain-Python twin of ``stuck.pyx``.

Nothing answers here while the process is in C code.
"""

from __future__ import annotations

import re


def is_free(signum: int) -> bool:
    """Return whether a signal has its default action, and no handler."""
    try:
        with open("/proc/self/status") as status:
            masks = re.findall(
                r"^Sig(?:Ign|Cgt):\s*(\w+)$", status.read(), re.MULTILINE
            )
    except OSError:
        return True
    return not any(int(mask, 16) >> (signum - 1) & 1 for mask in masks)


def handle(signum: int) -> bool:
    """Add to the Python handler of a signal what answers from C code: nothing.

    Returns:
        False.
    """
    del signum
    return False


def arrived() -> None:
    """Say that the Python handler runs; the first thing that it does."""
