"""Who is in a group or pool: the native part of both.

Invariants:

* GROUP1  A member is in ``greenlets`` from :meth:`GroupMembers.take_in` until it has
  ended, when this object, its link, is called in the hub, or until somebody discards
  it.
* GROUP2  ``empty`` is set exactly while there are no members.
* GROUP3  ``slots`` of a pool lacks one unit per member (and what a caller of ``add``
  has just taken, or whoever assigned to ``counter``). Only the discarding that takes a
  member out gives its unit back.

Both are dictionaries without values: they keep the order, in which members are killed.

It does not know the group: members then do not keep a dropped group alive.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING
from gevent._hub.greenlet import Greenlet
from gevent.sync.event import Event
from gevent.sync.lock import Semaphore

if TYPE_CHECKING:
    from greenlet import greenlet as raw_greenlet

__all__ = ("GroupMembers", "make_greenlet")


class GroupMembers:
    """The members of a group, and the link that removes them when they end."""

    greenlets: dict[raw_greenlet, None]
    dying: dict[raw_greenlet, None]
    empty: Event
    slots: Semaphore | None

    def __init__(self, slots: Semaphore | None):
        self.greenlets = {}
        self.dying = {}
        self.empty = Event()
        self.empty.set()
        self.slots = slots

    def take_in(self, greenlet: raw_greenlet) -> int:
        """Begin to track a greenlet; a raw one ends without telling."""
        self.greenlets[greenlet] = None
        self.empty.lower()
        if type(greenlet) is Greenlet:
            plain: Greenlet = greenlet
            if plain.take_sole_link(self):
                return 0
        rawlink = getattr(greenlet, "rawlink", None)
        if rawlink is not None:
            try:
                rawlink(self)
            except BaseException:
                self(greenlet)
                raise
        return 0

    def __call__(self, greenlet: raw_greenlet) -> None:
        """A member has ended, or is discarded; others are ignored."""
        # A member may be discarded when its link is queued already. Who comes second
        # does not find it; else its unit would be given back twice (GROUP3).
        if greenlet in self.greenlets:
            del self.greenlets[greenlet]
            if self.dying:
                self.dying.pop(greenlet, None)
            if self.slots is not None:
                self.slots.release()
            if not self.greenlets:
                self.empty.set()


def make_greenlet(
    kind: type[Greenlet], args: tuple[object, ...], kwargs: dict[str, object]
) -> Greenlet:
    """Return ``kind(*args, **kwargs)``, natively where that is a function's."""
    if kind is Greenlet and args and callable(args[0]):
        made = Greenlet.__new__(Greenlet)
        made.set_up(args[0], args[1:], kwargs)
        return made
    return kind(*args, **kwargs)  # type: ignore[arg-type]  # it checks
