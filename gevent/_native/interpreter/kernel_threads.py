"""Whether another thread is in C code; the plain-Python twin of ``kernel_threads.pyx``.

It is not known here: only compiled code can look while another thread has the lock.
"""

from __future__ import annotations

from _thread import allocate_lock  # bound before anything can be patched
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Pause:
    """A wait of a native thread that another may end; threads are watched meanwhile.

    Thread safety:
        ``wait`` in one thread, ``end`` from any.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()

    def end(self) -> None:
        """End the wait, or the next one; once."""
        self._lock.release()

    def wait(self, seconds: float, native_idents: Sequence[int]) -> list[float]:
        """Wait, then for the interpreter's lock, as always.

        Args:
            seconds: For how long at most.
            native_idents: The kernel's numbers of threads.

        Returns:
            0.0 for each of them: for how long it ran meanwhile is not known here.

        Blocking:
            Blocks the native thread.
        """
        self._lock.acquire(True, seconds)
        return [0.0] * len(native_idents)


def runs_without_gil(native_ident: int) -> bool:
    """Return whether a thread is in C code that has let go of the interpreter's lock.

    Returns:
        False: it is not known here.
    """
    del native_ident
    return False
