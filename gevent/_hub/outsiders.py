"""Which other native threads could still wake a loop that has nothing to wait for.

A loop with nothing left to wait for knows only its own side: any thread that runs
Python code may hold an event, a lock or a queue that somebody waits for here, without
having touched it yet, or may be about to call ``run_callback_threadsafe``. So the rule
is about threads, not objects, and costs nothing until the moment when ``LoopExit``
would be raised: it is not, as long as another thread of Python lives that is no
*bystander*. The loop waits for messages meanwhile, and looks again now and then,
because nobody tells when a thread ends. Elsewhere than in the main thread there is
always another one.

A bystander is a thread of gevent's own that waits for work, such as an idle worker of a
thread pool: what could give it work is a loop, and that loop waits for the result.

Threads of C code count while they have a thread state; for others there is
``loop.ref()``.

Threads: each bystander adds and removes itself, by one call of C; any thread counts.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gevent._base import originals
from gevent._native.backend import n_other_threads

if TYPE_CHECKING:
    from gevent._loop.loop import Loop

# Seconds between two looks at the threads that live.
LOOK_AGAIN = 0.1

# Their idents.
bystanders: set[int] = set()


# A forked child has none of them.
os.register_at_fork(after_in_child=bystanders.clear)


class Bystander:
    """A context in which the calling thread wakes no loop of its own accord."""

    def __enter__(self) -> None:
        bystanders.add(originals.get("_thread", "get_ident")())

    def __exit__(self, *exc_info: object) -> None:
        bystanders.discard(originals.get("_thread", "get_ident")())


BYSTANDER = Bystander()


def any_left() -> bool:
    """Whether another thread lives that could wake the calling one's loop."""
    return n_other_threads() > len(bystanders)


def wait_for_message(loop: Loop) -> bool:
    """In the hub, with nothing left to wait for: wait for other threads.

    Returns:
        Whether the loop is worth another run; False when nothing can come any more.

    Blocking:
        Runs one iteration of the loop, which waits for a message.
    """
    if not any_left():
        # The last one may have sent something before it ended.
        return bool(loop.inbox)
    timer = loop.timer(LOOK_AGAIN)
    timer.start(_look_again)
    try:
        loop.run(once=True)  # switches
    finally:
        timer.close()
    return True


def _look_again() -> None:
    """The time has passed; whoever waits looks again."""
