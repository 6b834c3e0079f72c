"""The handlers of datagrams, one after another in one greenlet, the worker.

To a handler it looks as if it had a greenlet of its own: the worker takes a second
datagram only if the first handler never switched away, and nobody knows the greenlet.

States of the worker::

    (none) --run--> BUSY --nothing to take--> IDLE --run--> BUSY
    BUSY --its handler waits, fails or leaves traces--> (none): its last handler
    IDLE --end, kill--> (none)

Invariants:

* BURST1  Only the hub switches to an idle worker, from the callback of a watcher: what
  parks then returns to that callback, which so sees that the handler waits.
* BURST2  ``worker`` is the one that may go on to the next datagram. Another one that is
  resumed returns what its handler returned, as greenlets do.
* BURST3  An idle worker's stack keeps the server alive, and the server the worker:
  whoever stops accepting ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from greenlet import getcurrent
from greenlet import greenlet as raw_greenlet

from gevent._hub.greenlet import Greenlet
from gevent._native.scheduling.scheduler import Scheduler
from gevent._native.scheduling.ties import ties

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from gevent._loop.loop import Loop

    class Receives(Protocol):
        """A server of datagrams."""

        loop: Loop
        delay: float
        min_delay: float
        _handle: Callable[..., object] | None

        @property
        def _watcher(self) -> object: ...

        def do_read(self) -> tuple[object, ...] | None:
            """Take a datagram; None: there is none."""

        def do_close(self, *args: object) -> None:
            """Let go of what belongs to one."""

        def full(self) -> bool:
            """Whether nothing may be taken now."""

        def _wait_for_slot(self) -> None: ...

        def _handle_accept_error(self, error: BaseException) -> None: ...


BUSY = 0
IDLE = 1
ENDING = 2


class Burst:
    """Takes datagrams of a server, and runs their handlers.

    Args:
        server: The server.
        body: What runs a handler; called with it, ``do_close`` and its arguments, and
            shown in reports.
    """

    loop: Scheduler
    server: Receives
    body: Callable[..., object]
    close: Callable[..., object]
    worker: Greenlet | None
    state: int
    left: int
    is_first: bool
    failure: BaseException | None

    def __init__(self, server: Receives, body: Callable[..., object]):
        self.loop = server.loop
        self.server = server
        self.body = body
        self.close = server.do_close
        self.worker = None
        self.state = BUSY
        self.left = 0
        self.is_first = True
        self.failure = None

    def run(self, left: int) -> int:
        """Handle what has come, at most *left* datagrams; in the hub (BURST1).

        Returns:
            How many more to take when others have had their turn; 0: wait for more.
        """
        worker = self.worker
        if worker is None or self.state != IDLE or worker.ready():
            worker = self.worker = Greenlet(self.work)
            worker.start()  # tells who wants to know; it does not wait for its turn
        self.left = left
        self.state = BUSY
        self.is_first = True
        raw_greenlet.switch(worker)  # switches
        if self.state == BUSY:
            # Its handler waits, or it has ended.
            self.worker = None
        failure, self.failure = self.failure, None
        if failure is not None:
            self.server._handle_accept_error(failure)
            return 0
        return self.left

    def end(self) -> None:
        """End the idle worker (BURST3); repeatable.

        Blocking:
            Never switches to the hub.
        """
        worker, self.worker = self.worker, None
        if worker is not None and self.state == IDLE and not worker.ready():
            self.state = ENDING
            # Its end gives control back to here.
            worker.parent = getcurrent()
            raw_greenlet.switch(worker)  # switches

    def work(self) -> object:
        """The body of the worker."""
        me = cast("Greenlet", Scheduler.greenlet_now())
        known = ties(me)
        while True:
            while True:
                args = self.take()
                if args is None:
                    break
                handler = self.server._handle
                # What a report shows, as if this was its own greenlet.
                me.function = self.body
                me.arguments = (handler, self.close, args)
                result = self.body(handler, self.close, args)  # switches
                args = None
                # BURST2
                if (
                    self.worker is not me
                    or ties(me) != known
                    or known < 0
                    or self.leaves_traces(me)
                ):
                    return result
                result = None
                me.function = None
                me.arguments = ()
            if self.worker is not me:
                # Looking for a datagram has stopped the server.
                return None
            self.state = IDLE
            while self.state == IDLE:
                raw_greenlet.switch(self.loop.hub)  # type: ignore[arg-type]  # there is one; switches
            if self.state == ENDING:
                return None

    def take(self) -> tuple[object, ...] | None:
        """Take a datagram; None: not now, and ``left`` says whether to come back."""
        server = self.server
        if self.left <= 0:
            return None
        if self.is_first:
            self.is_first = False
        elif server._watcher is None:
            # A handler has stopped the server.
            self.left = 0
            return None
        elif self.loop.has_work() or self.loop.is_overdue():
            # Others first: who was queued meanwhile, or the loop, which must poll.
            return None
        if server.full():
            server._wait_for_slot()
            self.left = 0
            return None
        try:
            args = server.do_read()
        except BaseException as error:  # last resort: the hub reports it
            self.failure = error
            self.left = 0
            return None
        if args is None:
            self.left = 0
            return None
        self.left -= 1
        server.delay = server.min_delay
        return args

    def leaves_traces(self, me: Greenlet) -> bool:
        """Whether the next handler could notice that there was one before it."""
        return (
            me.joiner is not None
            or me.sole_link is not None
            or me.links is not None
            or me.ident is not None
            or me.given_name is not None
            or me.tree_locals is not None
            or me.gr_context is not None
        )
