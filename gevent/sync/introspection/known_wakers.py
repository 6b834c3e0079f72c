"""Who alone can wake a greenlet that waits, where that is known for certain.

A *need* is what has to happen so that somebody goes on: one of several, or all of
them. It is made of greenlets, and only where nobody else could do it: a greenlet's own
end, a reentrant lock's owner, the members of a pool that is full or that has to become
empty, a thread, and what the program declared. For everything else (a socket, a lock
without an owner, a queue, an event) there is no need here: anybody may wake who waits.

That a program may kill whomever it likes is left out.
"""

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING

from greenlet import greenlet as raw_greenlet

from gevent._loop.watchers import Armable
from gevent._native.interpreter.live_objects import find_live
from gevent._native.scheduling.scheduler import Linkable
from gevent.sync.event import Event
from gevent.sync.group_members import GroupMembers
from gevent.sync.lock import ReentrantLock, Semaphore
from gevent.sync.queue import SimpleQueue
from gevent.sync.taskgroup import TaskGroup
from gevent.sync.threads.joinable import ThreadHandle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ("KnownWakers", "Need", "declare_wakers", "objects_to_look_at")

# What wait(), iwait() and joinall() are given that can be looked at without running
# code of the program's.
COLLECTIONS = (list, tuple, set, frozenset)

_declared: weakref.WeakKeyDictionary[object, tuple[weakref.ref[raw_greenlet], ...]]
_declared = weakref.WeakKeyDictionary()


def objects_to_look_at() -> list[object]:
    """Return the greenlets, pools, handles of threads and watchers that there are."""
    return find_live((raw_greenlet, GroupMembers, ThreadHandle, Armable))


def declare_wakers(subject: object, *greenlets: raw_greenlet) -> None:
    """Say who alone wakes those who wait for an object.

    For what has no holder that could be known: the greenlets that put into a queue,
    set an event, release a semaphore. ``find_deadlocks`` relies on it.

    Args:
        subject: A lock, event, result or queue.
        greenlets: All that ever will; none takes an earlier declaration back.

    Raises:
        TypeError: *subject* cannot be remembered without keeping it alive, or one of
            *greenlets* is none.

    Blocking:
        Never switches.
    Thread safety:
        From any thread.
    """
    for each in greenlets:
        if not isinstance(each, raw_greenlet):
            raise TypeError(f"a greenlet is expected, not {each!r}")
    if greenlets:
        _declared[subject] = tuple(map(weakref.ref, greenlets))
    else:
        _declared.pop(subject, None)


class Need:
    """What has to happen first: one of these, or all of them.

    Attributes:
        wants_all: Whether all of *parts* have to happen; else one is enough. Of no
            parts, none can: a lock whose owner has ended.
        parts: Greenlets that have to act, and needs.
    """

    __slots__ = ("parts", "wants_all")

    parts: list[raw_greenlet | Need]
    wants_all: bool

    def __init__(self, parts: Iterable[raw_greenlet | Need], wants_all: bool = False):
        self.parts = list(parts)
        self.wants_all = wants_all

    def greenlets(self) -> list[raw_greenlet]:
        """Return the greenlets in it, once each, in order."""
        found: dict[raw_greenlet, None] = {}
        for part in self.parts:
            if isinstance(part, Need):
                found.update(dict.fromkeys(part.greenlets()))
            else:
                found[part] = None
        return list(found)


class KnownWakers:
    """Answers for one look at the process.

    Args:
        objects: Pools, greenlets, handles of threads and watchers; others are ignored.

    Attributes:
        fired: Watchers whose callback is to run.
        is_announcing: Whether somebody is about to tell of something that happened.
    """

    is_announcing = False

    def __init__(self, objects: Iterable[object]):
        self._full_pools: dict[int, GroupMembers] = {}
        self._filled_pools: dict[int, GroupMembers] = {}
        self._threads: dict[int, int] = {}  # id of a lock or event: ident
        self._greenlets: dict[int, raw_greenlet] = {}
        self.fired: list[Armable] = []
        self._needs: dict[int, tuple[object, Need | None]] = {}
        for each in objects:
            kind = type(each)
            if issubclass(kind, raw_greenlet):
                self._greenlets[id(each)] = each  # type: ignore[assignment]
            elif kind is GroupMembers:
                self._note_members(each)  # type: ignore[arg-type]  # is one
            elif kind is ThreadHandle:
                self._note_handle(each)  # type: ignore[arg-type]  # is one
            elif isinstance(each, Armable) and each.pending:
                self.fired.append(each)
        self._note_threads()

    def _note_members(self, members: GroupMembers) -> None:
        self._filled_pools[id(members.empty)] = members
        if members.slots is not None:
            self._full_pools[id(members.slots)] = members

    def _note_handle(self, handle: ThreadHandle) -> None:
        if handle.ident is not None:
            self._threads[id(handle._end)] = handle.ident

    def _note_threads(self) -> None:
        """Until 3.12 a thread holds a lock that its end releases."""
        threading = sys.modules.get("threading")
        active: dict[int, object] = dict(getattr(threading, "_active", None) or {})
        for ident, thread in active.items():
            lock: object = getattr(thread, "_tstate_lock", None)
            if isinstance(lock, Semaphore):
                self._threads[id(lock)] = ident

    def greenlets(self) -> Iterable[raw_greenlet]:
        """Return the greenlets among the objects."""
        return self._greenlets.values()

    def need_of(self, subject: object) -> Need | None:
        """Return what has to happen for whoever waits for *subject*; None: anything."""
        key = id(subject)
        if key not in self._needs:
            # With the subject: the number is its own as long as it lives.
            self._needs[key] = subject, self._find_need(subject)
        return self._needs[key][1]

    def _find_need(self, subject: object) -> Need | None:
        if subject is None or isinstance(subject, str):
            return None
        if type(subject) in COLLECTIONS:
            return self._need_of_all(subject)  # type: ignore[arg-type]  # a collection
        declared = self._declared_for(subject)
        if declared is not None:
            return declared
        if isinstance(subject, raw_greenlet):
            return None if subject.dead else Need([subject])
        if isinstance(subject, TaskGroup):
            # Cancelled, its members are about to end, whatever they wait for.
            if subject.scope.cancel_called:
                return None
            return Need(subject, wants_all=True)
        if isinstance(subject, ReentrantLock):
            return _need_of_lock(subject)
        if isinstance(subject, Semaphore):
            return None if subject.counter > 0 else self._need_of_semaphore(subject)
        if isinstance(subject, Event):
            return None if subject.is_set() else self._need_of_event(subject)
        return None

    def _need_of_all(self, subjects: Iterable[object]) -> Need | None:
        """Of a wait for several: whether for one or for all of them is not known.

        Of those that have ended it has been told, if nothing is about to be told.
        """
        pending = list(subjects)
        if not self.is_announcing:
            pending = [each for each in pending if not _has_ended(each)]
        needs = [self.need_of(each) for each in pending]
        known = [each for each in needs if each is not None]
        return Need(known) if known and len(known) == len(needs) else None

    def _declared_for(self, subject: object) -> Need | None:
        if not isinstance(subject, Linkable | SimpleQueue):
            return None
        references = _declared.get(subject)
        if references is None or _is_ready(subject):
            return None
        greenlets = [reference() for reference in references]
        return Need([each for each in greenlets if each is not None and not each.dead])

    def _need_of_semaphore(self, subject: Semaphore) -> Need | None:
        members = self._full_pools.get(id(subject))
        if members is None:
            return self._need_of_thread(subject)
        if not members.greenlets or members.dying:
            return None
        return Need(members.greenlets)

    def _need_of_event(self, subject: Event) -> Need | None:
        members = self._filled_pools.get(id(subject))
        if members is None:
            return self._need_of_thread(subject)
        if members.dying:
            return None
        return Need(members.greenlets, wants_all=True)

    def _need_of_thread(self, subject: object) -> Need | None:
        ident = self._threads.get(id(subject))
        if ident is None:
            return None
        # In a patched program the ident of a thread is the id of its greenlet.
        greenlet = self._greenlets.get(ident)
        return None if greenlet is None or greenlet.dead else Need([greenlet])


def _need_of_lock(lock: ReentrantLock) -> Need | None:
    owner = lock._owner
    if owner is None:
        return None
    # Whoever holds it when it ends will not release it any more; nobody else may.
    return Need([] if owner.dead else [owner])


def _has_ended(subject: object) -> bool:
    return isinstance(subject, raw_greenlet) and subject.dead


def _is_ready(subject: object) -> bool:
    """Whether somebody who waits for it may be about to be woken."""
    if isinstance(subject, Semaphore):
        return subject.counter > 0
    if isinstance(subject, SimpleQueue):
        n_getters, n_putters = subject._n_waiting()
        is_stuck = subject.qsize() == 0 if n_putters == 0 else subject.full()
        return not is_stuck or (n_getters > 0 and n_putters > 0)
    ready: Callable[[], object] | None = getattr(subject, "ready", None)
    return ready is not None and bool(ready())
