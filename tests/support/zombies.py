"""Child processes that have ended and are not waited for yet."""

from __future__ import annotations

import os
from pathlib import Path


def wait_until_ended(pid: int) -> None:
    """Block until a child has ended; its status can still be had."""
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return
    # PyPy has no such call.
    stat = Path(f"/proc/{pid}/stat")
    while stat.read_text().rpartition(")")[2].split()[0] != "Z":
        os.sched_yield()
