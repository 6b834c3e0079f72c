"""The shims as objects; the twin of ``backend.pyx``.

Event libraries are C: without compiled code they are reached through CFFI, which comes
with the CFFI loops. Until then the pure form has no loop over a library, and making a
:class:`Backend` says so. The methods are declared for type checkers, which read this
file for the compiled form, too.
"""

from __future__ import annotations

import os
import sys
from _thread import _count as count_started_threads
from _thread import get_ident, get_native_id
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gevent._native.scheduler import Watcher

_ADVICE = (
    "the pure form of gevent has no event library: unset GEVENT_PURE_PYTHON and "
    "PURE_PYTHON to use the compiled form"
)

# The kernel of Linux numbers threads and processes alike.
_PROCESS_IS_A_THREAD = sys.platform == "linux"


class Forks:
    """How often this process's ancestors forked since the import."""

    count = 0
    # Threads that stayed in the parent, but are still counted by the interpreter.
    n_left_behind = 0

    @classmethod
    def note(cls) -> None:
        """Runs in each forked child, where one thread exists."""
        cls.count += 1
        cls.n_left_behind = count_started_threads()


os.register_at_fork(after_in_child=Forks.note)


def is_main_thread() -> bool:
    """Return whether the calling thread is the interpreter's main one."""
    if _PROCESS_IS_A_THREAD:
        return get_native_id() == os.getpid()
    # Imported here for its cost: `import gevent` must not load it.
    from threading import main_thread

    return main_thread().ident == get_ident()


def n_other_threads() -> int:
    """Return how many other native threads of this interpreter live."""
    # All but the main one were started; elsewhere the caller stands for that one.
    return count_started_threads() - Forks.n_left_behind


class Backend:
    """One loop of an event library.

    Args:
        address: Of the ``gevent_loop_ops`` to use.
        flags: The library's own flags.
        module: What keeps the operations alive.

    Raises:
        ImportError: Always, in this form.
    """

    def __init__(self, address: int, flags: int, module: object):
        raise ImportError(_ADVICE)

    if TYPE_CHECKING:

        def is_inherited(self) -> bool:
            """Whether the loop is still the parent's, in a forked child."""

        @property
        def inherited(self) -> bool:
            """Whether the loop is still the parent's, in a forked child."""

        def own(self) -> int:
            """In a forked child, give the loop kernel objects of its own first."""

        def renew(self) -> None:
            """Make the loop this process's own, if a fork has happened."""

        def close(self) -> None:
            """Free all records and the loop; repeatable."""

        def poll(self, timeout: float) -> int:
            """Wait for events; negative: for ever; 0: look only."""

        def collect(self) -> int:
            """Queue the watchers whose records fired."""

        def check_signals(self) -> int:
            """Run pending signal handlers, in the main thread."""

        def wakeup(self) -> None:
            """Make a poll that runs, or else the next one, return."""

        @property
        def library(self) -> str:
            """The library's name."""

        @property
        def name(self) -> str:
            """The name of the library's polling mechanism."""

        @property
        def flag(self) -> int:
            """The library's number for its polling mechanism."""

        @property
        def fileno(self) -> int:
            """The descriptor that the library polls, or -1."""

        def io(self, watcher: Watcher, fd: int, events: int) -> Record:
            """Return a Record that reports readiness of *fd* to *watcher*."""

        def signal(self, watcher: Watcher, signum: int) -> Record:
            """Return a Record that reports deliveries of a signal."""

        def stat(self, watcher: Watcher, path: bytes, interval: float) -> Record:
            """Return a Record that reports changes of a file's status."""


class Record:
    """One thing that a library watches for a watcher; made by a :class:`Backend`.

    Raises:
        ImportError: Always, in this form.
    """

    def __init__(self) -> None:
        raise ImportError(_ADVICE)

    if TYPE_CHECKING:

        def start(self) -> int:
            """Begin to watch; a no-op when active."""

        def stop(self) -> int:
            """End watching; a no-op when inactive or when the loop is gone."""

        def set_io(self, fd: int, events: int) -> int:
            """Name the descriptor again: nothing remembered of it is trusted."""

        def free(self) -> int:
            """Stop and free the native record; repeatable."""

        @property
        def active(self) -> bool:
            """Whether the library watches."""

        def status(self, previous: bool) -> tuple[float, ...] | None:
            """Return the (previous or current) stat fields, None if missing."""
