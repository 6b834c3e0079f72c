"""The loop of ``gevent.virtual`` as the thread's own: tests that take no time.

Tests of the tiers below :mod:`gevent.virtual` are given the loop alone; what the public
tool puts around it (clocks, network, seeds) has its own tests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gevent._loop.loop import Loop
from gevent._loop.virtual import PATIENCE
from gevent._loop.virtual import VirtualLoop as PublicLoop


class VirtualLoop(PublicLoop):
    """A loop whose clock begins at 0, also that of the wall.

    With nothing left to wait for it ends as real ones do: what its hub makes of that is
    tested with it.
    """

    def run(self, nowait: bool = False, once: bool = False) -> None:
        """Run until nothing referenced is left to wait for, or ``break_``."""
        Loop.run(self, nowait, once)  # switches

    @contextmanager
    def expecting_messages(self) -> Iterator[None]:
        """In here a real thread works for us: its message comes before any timer."""
        self.expect(1)
        try:
            yield
        finally:
            self.expect(-1)


@contextmanager
def posting_thread(
    loop: VirtualLoop, function: Callable[..., object], *args: object
) -> Iterator[threading.Thread]:
    """Run *function* in a native thread whose messages *loop* waits for."""
    thread = threading.Thread(target=function, args=args)
    with loop.expecting_messages():
        thread.start()
        yield thread
    thread.join(PATIENCE)
    assert not thread.is_alive(), f"{thread!r} did not end"
