"""The directions of a descriptor as numbers, for Python; ``loop_ops.h`` has them for C.

They are the same on all loops, and public: ``gevent.core.READ`` and ``WRITE``.
"""

from __future__ import annotations

__all__ = ("READ", "WRITE")

READ = 1
WRITE = 2
