# cython: nonecheck=True
# ruff: noqa: ERA001 - that is a directive, for subclasses that forget to call __init__
"""``Channel``, a queue that stores nothing: putters and getters meet.

Invariants:

* CHAN1  Who waits stands in one of four lists, each in order of arrival: those that
  have been *called* to meet somebody, and those for whom nobody is at the other side
  yet. As many getters as putters are called, and not on both sides somebody is not.
  Every change that breaks this restores it (``settle``): when somebody has left, the
  one who was called last steps back to the head of those who are not called.
* CHAN2  The getter of a pair is called right before its putter, so pairs go on one
  after the other, in the order in which they met, each with its getter first.
* CHAN3  Nobody is handed an item: a called getter takes that of the first called putter
  when it runs, so an exception that arrives before loses nothing. Nobody overtakes:
  a getter that finds putters waits for its turn, too.

Threads: any thread may use a channel. Changes of lists are steps (see ``shared.py``);
``is_told`` is set by who calls, reset by the one called before it looks at the lists
and at ``is_served``, which is set before ``is_told`` is asked.
"""

from __future__ import annotations

from collections import deque
from queue import Empty, Full
from time import monotonic
from types import GenericAlias

from gevent._base.checking import TYPE_CHECKING
from gevent._base.signatures import Signed
from gevent._hub.timeout import Timeout, start_given, stop_given
from gevent._native.scheduling.scheduler import (
    Linkable,
    Scheduler,
    Waiter,
    as_seconds,
    current_hub,
)
from gevent.sync.shared import ForeignWaiter, Shared

if TYPE_CHECKING:
    from typing import Self

__all__ = ("Channel", "QueueBase")


class QueueBase:
    """What is put and got in order; the common part of queues and channels."""

    loop: Scheduler | None

    __class_getitem__ = classmethod(GenericAlias)  # type: ignore[var-annotated]  # a class

    @property
    def hub(self) -> object:
        """The hub of the thread that made it."""
        if self.loop is None:
            return current_hub()
        return self.loop.hub

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> object:
        """Return ``get()``; the item ``StopIteration`` (the class) ends iteration."""
        item = self.get()
        if item is StopIteration:
            raise StopIteration
        return item

    if TYPE_CHECKING:

        def get(self) -> object:
            """Take the next item."""


class Party(ForeignWaiter):
    """A wait in :meth:`Channel.get`, or in :meth:`Channel.put`, with the item."""

    item: object
    gets: bool
    is_called: bool
    is_served: bool

    def call(self) -> bool:
        """Tell it, unless that is on its way; from any thread. False: it is gone."""
        if self.is_told:
            return True
        if self.lock is None and self.loop.is_current():
            self.is_told = True
            # Also the one that has just come waits for its turn (CHAN2).
            self.loop.queue_arriving(self)
            return True
        return self.wake()


class Channel(QueueBase):
    """A queue without storage: ``put`` waits until a ``get`` takes the item.

    Args:
        maxsize: 1.

    Raises:
        ValueError: *maxsize* is not 1.
    """

    __signature__ = Signed("maxsize=1")

    getting: Linkable
    putting: Linkable
    called_getters: Linkable
    called_putters: Linkable

    def __init__(self, maxsize: int = 1):
        if maxsize != 1:
            raise ValueError("Channels have a maxsize of 1")
        self.loop = Scheduler.of_thread_or_none()
        self.getting = Linkable()
        self.putting = Linkable()
        self.called_getters = Linkable()
        self.called_putters = Linkable()

    @property
    def getters(self) -> deque[Waiter]:
        """Who waits in :meth:`get`, as a new deque."""
        return deque(_parties(self.called_getters) + _parties(self.getting))

    @property
    def putters(self) -> deque[tuple[object, Waiter]]:
        """What is offered, and by whom, as a new deque."""
        parties = _parties(self.called_putters) + _parties(self.putting)
        return deque([_offer_of(party) for party in parties])

    @property
    def balance(self) -> int:
        """How many putters wait, minus how many getters."""
        return self.n_putters() - self.n_getters()

    def n_getters(self) -> int:
        """How many wait in :meth:`get`."""
        return self.called_getters.n_links + self.getting.n_links

    def n_putters(self) -> int:
        """How many wait in :meth:`put`."""
        return self.called_putters.n_links + self.putting.n_links

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at 0x{id(self):x} {self._describe()}>"

    def __str__(self) -> str:
        return f"<{type(self).__name__} {self._describe()}>"

    def _describe(self) -> str:
        text = ""
        if self.n_getters():
            text += f" getters[{self.n_getters()}]"
        if self.n_putters():
            text += f" putters[{self.n_putters()}]"
        return text

    def qsize(self) -> int:
        """Return 0."""
        return 0

    def empty(self) -> bool:
        """Return True."""
        return True

    def full(self) -> bool:
        """Return True."""
        return True

    def put(
        self, item: object, block: bool = True, timeout: float | Timeout | None = None
    ) -> None:
        """Offer an item until a getter takes it.

        Args:
            item: Any object.
            block: Whether to wait; without, as with a *timeout* of 0.
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            Full: Nobody took it in time.

        Blocking:
            Switches to the hub; the getter goes on first. In the hub it never waits.
        Cancellation:
            The item is no longer offered, unless it was taken before.
        Thread safety:
            From any thread.
        """
        if Shared.is_in_hub():
            is_taken = self.put_from_hub(item)
        else:
            is_taken = self.come(False, item, timeout if block else 0).is_served
        if not is_taken:
            raise timeout if block and isinstance(timeout, Timeout) else Full

    def put_nowait(self, item: object) -> None:
        """Offer an item for a moment; ``put(item, False)``."""
        self.put(item, False)

    def get(self, block: bool = True, timeout: float | Timeout | None = None) -> object:
        """Take an item from a putter.

        Args:
            block: Whether to wait; without, as with a *timeout* of 0.
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            Empty: Nobody offered an item in time.

        Blocking:
            Switches to the hub; getters go on in the order in which they came. In
            the hub it never waits.
        Cancellation:
            No item is taken.
        Thread safety:
            From any thread.
        """
        if Shared.is_in_hub():
            return self.get_from_hub()
        party = self.come(True, None, timeout if block else 0)  # switches
        if not party.is_served:
            raise timeout if block and isinstance(timeout, Timeout) else Empty
        return party.item

    def get_nowait(self) -> object:
        """Take an item from a putter; ``get(False)``."""
        return self.get(False)

    def next(self) -> object:
        """Return the next item; Python 2's name of ``__next__``."""
        return self.__next__()

    # -- meeting --------------------------------------------------------------------

    def come(self, gets: bool, item: object, timeout: float | Timeout | None) -> Party:
        """Wait for somebody at the other side; the party tells whether one came."""
        party = Party.__new__(Party)
        party.gets = gets
        party.item = item
        if Scheduler.is_ending():
            return party  # a finalizer at exit; nobody is left who could come
        party.prepare(Shared.waiting_loop())
        if timeout is None or not isinstance(timeout, BaseException):
            self.meet(party, timeout)  # switches
        elif party.lock is not None and isinstance(timeout, Timeout):
            # It expires in another thread, if ever.
            self.meet(party, timeout.seconds)
        else:
            self.meet_under(party, timeout)  # switches
        return party

    def meet_under(self, party: Party, timeout: Timeout) -> int:
        """meet() under a Timeout object."""
        start_given(timeout)
        try:
            self.meet(party, None)  # switches
        except BaseException as error:
            if error is not timeout:
                raise
        finally:
            # Not cancel(), which may be Python code and let others run.
            stop_given(timeout)
        return 0

    def meet(self, party: Party, timeout: float | None) -> int:
        """Line up, and wait until served, or the time has passed."""
        deadline = 0.0
        if timeout is not None:
            timeout = as_seconds(timeout)
            deadline = _now(party) + timeout
        side = self.getting if party.gets else self.putting
        side.append_node(party)
        try:
            self.settle()
            while True:
                is_late = party.park(self, timeout)  # switches
                # Reset before the looks below. Whoever serves or calls us from here on
                # wakes us again; with the reset after them, one that came in between
                # would believe us told, and we would wait on.
                party.is_told = False
                if party.gets and party.is_called:
                    self.serve(party)
                if party.is_served or is_late:
                    return 0
                # It was called, but the one that it was to meet has left.
                if timeout is not None:
                    timeout = deadline - _now(party)
        finally:
            self.leave(party)

    def serve(self, getter: Party) -> int:
        """Let a called getter take the item of the first called putter."""
        putter: Party | None = self.called_putters.first  # type: ignore[assignment]  # none else
        if putter is not None:
            self.called_putters.remove_node(putter)
            self.called_getters.remove_node(getter)
            getter.item = putter.item
            # Set before it is told: as soon as it is, it looks at this, in its thread.
            getter.is_served = putter.is_served = True
            putter.call()
        return 0

    def leave(self, party: Party) -> int:
        """Take a party out, served or not; others may meet instead."""
        if party.gets:
            self.getting.remove_node(party)
            self.called_getters.remove_node(party)
        else:
            self.putting.remove_node(party)
            self.called_putters.remove_node(party)
        return self.settle()

    def settle(self) -> int:
        """Call those who can meet, until all is in order (CHAN1)."""
        while True:
            getter: Party | None = None
            putter: Party | None = None
            excess = self.called_getters.n_links - self.called_putters.n_links
            if excess <= 0:
                getter = self.getting.first  # type: ignore[assignment]  # none else
            if excess >= 0:
                putter = self.putting.first  # type: ignore[assignment]  # none else
            if excess == 0 and (getter is None or putter is None):
                return 0
            if getter is not None:
                self.getting.remove_node(getter)
                self.called_getters.append_node(getter)
                getter.is_called = True
            if putter is not None:
                self.putting.remove_node(putter)
                self.called_putters.append_node(putter)
                putter.is_called = True
            if getter is None and putter is None:
                self.step_back(excess > 0)
                continue
            # The lists are in order (CHAN1). Telling may run Python code, and others
            # may change them: the next round looks at them anew.
            if getter is not None and not getter.call():
                # Its thread has ended.
                self.called_getters.remove_node(getter)
            if putter is not None:
                putter.call()

    def step_back(self, gets: bool) -> int:
        """Nobody is left for the last one called: it waits on, before all others."""
        called = self.called_getters if gets else self.called_putters
        party: Party = called.last_node()  # type: ignore[assignment]  # none else
        called.remove_node(party)
        party.is_called = False
        side = self.getting if gets else self.putting
        return side.append_waiter_first(party)

    # -- in the hub -------------------------------------------------------------------

    def put_from_hub(self, item: object) -> bool:
        """Let the first waiting getter, if it is of this thread, take an item now."""
        getter: Party | None = self.called_getters.first  # type: ignore[assignment]  # none else
        if getter is None:
            getter = self.getting.first  # type: ignore[assignment]  # none else
        if getter is None or getter.lock is not None or not getter.loop.is_current():
            return False
        putter = Party.__new__(Party)
        putter.item = item
        # It is told already: nobody waits for it.
        putter.is_called = putter.is_told = True
        self.getting.remove_node(getter)
        if not getter.is_called:
            getter.is_called = True
            self.called_getters.append_waiter_first(getter)
        self.called_putters.append_waiter_first(putter)
        try:
            getter.switch(None)  # switches
        finally:
            self.leave(putter)
        return putter.is_served

    def get_from_hub(self) -> object:
        """Take the first item that is offered, or raise."""
        putter: Party | None = self.called_putters.first  # type: ignore[assignment]  # none else
        if putter is None:
            putter = self.putting.first  # type: ignore[assignment]  # none else
            if putter is None:
                raise Empty
        self.putting.remove_node(putter)
        self.called_putters.remove_node(putter)
        putter.is_served = True
        putter.call()
        self.settle()
        return putter.item


def _parties(side: Linkable) -> list[Waiter]:
    found: list[Waiter] = []
    node = side.first
    while node is not None:
        found.append(node)  # type: ignore[arg-type]  # there are no links
        node = node.following
    return found


def _offer_of(waiter: Waiter) -> tuple[object, Waiter]:
    party: Party = waiter  # type: ignore[assignment]  # none else
    return (party.item, party)


def _now(party: Party) -> float:
    if party.lock is None:
        return party.loop.clock()
    return monotonic()
