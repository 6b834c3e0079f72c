"""Descriptors with input that the kernel does not know of any more.

TLS reads ahead: who waits for such a descriptor has to ask here first, or would wait
for what has come already. A module of its own, so that asking does not load TLS.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    class ReadsAhead(Protocol):
        """What sits between a descriptor and its reader."""

        def has_input(self) -> bool:
            """Whether a read may succeed without asking the kernel."""


__all__ = ("has_input", "readers")

# By descriptor; an entry lives from the beginning of TLS to its end, or to the close. A
# forked child has the same numbers for the same objects.
readers: dict[int, ReadsAhead] = {}


def has_input(fd: int) -> bool:
    """Whether *fd* can be read without asking the kernel."""
    reader = readers.get(fd)
    return reader is not None and reader.has_input()
