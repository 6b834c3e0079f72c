"""Which other native threads could still wake a loop that has nothing to wait for.

A loop with nothing left to wait for knows only its own side: any thread that runs
Python code may hold an event, a lock or a queue that somebody waits for here, without
having touched it yet, or may be about to call ``run_callback_threadsafe``. So the rule
is about threads, not objects, and costs nothing until the moment when ``LoopExit``
would be raised: it is not, as long as another thread of Python lives that may act of
its own accord. The loop waits for messages meanwhile, and looks again now and then,
because nobody tells when a thread ends. Elsewhere than in the main thread there is
always another one.

Two kinds of threads do nothing of their own accord:

* An *idle* thread is one of gevent's own that waits for work, such as a worker of a
  thread pool: what could give it work is a loop, and that loop waits. Or it waits for
  the time of its next look, such as the monitor thread, which only tells what it sees.
* A *blocked* thread waits for a message itself: its hub is here, too, or it has none
  and waits for one of our objects without a time-out. If all others are, nobody is
  left who could send one.

Invariant: who is in ``_blocked`` has a function that says how often it has waited,
while it waits with nothing that it has been told of; the same number twice means that
it did nothing in between. So numbers that are asked for twice, all the same, hold for
all threads at the moment between (see ``any_left``).

Threads of C code count while they have a thread state; for others there is
``loop.ref()``. A thread that is blocked in anything else, ``Thread.join`` of an
unpatched ``threading`` included, may go on at any time, as far as can be told.

Threads: each adds and removes itself, by one call of C; any thread counts.
"""

from __future__ import annotations

import os

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._base.light import NSIG
from gevent._native.library.backend import n_other_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._loop.loop import Loop

# Seconds between two looks at the threads that live.
LOOK_AGAIN = 0.1

# What a blocked thread answers when it has something to do.
ACTS = -1

# Their idents; a forked child has none of them.
idle_threads: set[int] = set()
# The same, and empty in a forked child.
_blocked: dict[int, Callable[[], int]] = {}


# Handlers of signals that wake nobody, whatever arrives.
passive_handlers: list[object] = []

os.register_at_fork(after_in_child=idle_threads.clear)
os.register_at_fork(after_in_child=_blocked.clear)


class IdleThread:
    """A context in which the calling thread wakes no loop of its own accord."""

    def __enter__(self) -> None:
        idle_threads.add(originals.get("_thread", "get_ident")())

    def __exit__(self, *exc_info: object) -> None:
        idle_threads.discard(originals.get("_thread", "get_ident")())


IDLE_THREAD = IdleThread()


class BlockedThread:
    """A context in which the calling thread goes on when it is told to, only.

    Args:
        n_waits: Returns how often it has waited; ACTS while it does not.
    """

    __slots__ = ("_n_waits",)

    def __init__(self, n_waits: Callable[[], int]):
        self._n_waits = n_waits

    def __enter__(self) -> None:
        _blocked[originals.get("_thread", "get_ident")()] = self._n_waits

    def __exit__(self, *exc_info: object) -> None:
        _blocked.pop(originals.get("_thread", "get_ident")(), None)


def any_left() -> bool:
    """Whether another thread lives that could wake the calling one's loop."""
    asked = list(_blocked.values())
    numbers = [n_waits() for n_waits in asked]
    # The moment for which all of it holds: a thread that is not counted has ended, and
    # whom it has told of something by then gives another number.
    n_others = n_other_threads() - len(idle_threads)
    return n_others > sum(
        number != ACTS and n_waits() == number
        for n_waits, number in zip(asked, numbers, strict=True)
    )


def wait_for_message(loop: Loop) -> bool:
    """In the hub, with nothing left to wait for: wait for other threads.

    Returns:
        Whether the loop is worth another run; False when nothing can come any more.

    Blocking:
        Runs one iteration of the loop, which waits for a message, or for a signal
        that the program handles.
    """

    def n_waits() -> int:
        if handles_signals:
            return ACTS
        # The only thing that keeps it running is the timer below.
        is_blocked = loop.in_poll and not loop.inbox and loop.references == 1
        try:
            return loop.iteration if is_blocked else ACTS
        except ValueError:
            return ACTS  # destroyed this moment

    handles_signals = awaits_signals(loop)
    if not any_left():
        if handles_signals:
            wait_for_signal(loop)  # switches
            return True
        # The last one may have sent something before it ended.
        return bool(loop.inbox)
    timer = loop.timer(LOOK_AGAIN)
    timer.start(_look_again)
    try:
        with BlockedThread(n_waits):
            loop.run(once=True)  # switches
    finally:
        timer.close()
    return True


def awaits_signals(loop: Loop) -> bool:
    """Whether a signal could still wake this loop: the program handles one in Python.

    The handler of SIGINT that Python itself installs does not count: it raises.
    """
    if not loop.default:
        return False
    handler_of = originals.get("_signal", "getsignal")
    usual = originals.get("_signal", "default_int_handler")
    for number in range(1, NSIG):
        handler = handler_of(number)
        # SIG_DFL and SIG_IGN are numbers; None: it was not installed from Python.
        is_python = handler is not None and not isinstance(handler, int)
        if is_python and handler is not usual:
            if any(handler is each for each in passive_handlers):
                continue
            return True
    return False


def wait_for_signal(loop: Loop) -> None:
    """In the hub: run one iteration, which waits for a signal or a message."""
    loop.references += 1
    try:
        loop.run(once=True)  # switches
    finally:
        loop.references -= 1


def _look_again() -> None:
    """The time has passed; whoever waits looks again."""
