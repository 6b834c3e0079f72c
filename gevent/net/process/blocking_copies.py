"""Standard descriptors for programs, which expect that these block.

gevent puts descriptors into non-blocking mode. That is a property of the open file, so
a program that gets one would find "nothing there" where it expects to wait. A second
open file of the same pipe or terminal has a mode of its own.
"""

from __future__ import annotations

import os
import stat
from fcntl import F_GETFL, fcntl

from gevent._base import originals

__all__ = ("BlockingCopies",)

_FOR_READING_OR_WRITING = os.O_RDONLY | os.O_WRONLY | os.O_RDWR


class BlockingCopies:
    """What a program gets in place of descriptors that do not block.

    The copies are open until :meth:`close`: until the program has its own.
    """

    def __init__(self) -> None:
        self._copies: dict[int, int] = {}

    def find(self, fd: int, inherited: int) -> int:
        """Return the descriptor to give to a program.

        Args:
            fd: What it is to get; -1: it inherits one.
            inherited: The number of that.

        Returns:
            *fd*, or a copy.
        """
        number = inherited if fd == -1 else fd
        try:
            if os.get_blocking(number):
                return fd
        except OSError:
            return fd  # not open; who starts the program tells
        if number not in self._copies:
            copy = _open_again(number)
            if copy is None:
                # A socket has one open file only: the program needs it to block.
                if fd != -1:
                    os.set_blocking(fd, True)
                return fd
            self._copies[number] = copy
        return self._copies[number]

    def close(self) -> None:
        """Close the copies; repeatable."""
        while self._copies:
            originals.get("os", "close")(self._copies.popitem()[1])


def _open_again(fd: int) -> int | None:
    """Return a blocking open file of the same pipe or terminal, if that is possible."""
    try:
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            path = f"/proc/self/fd/{fd}"
        else:
            path = os.ttyname(fd)
        mode = fcntl(fd, F_GETFL) & _FOR_READING_OR_WRITING
        # Opening must not wait for the other end of a pipe.
        copy = os.open(path, mode | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return None
    os.set_blocking(copy, True)
    return copy
