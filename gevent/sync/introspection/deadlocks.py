"""Dead-locks: greenlets that wait for each other in a circle, while others run.

Who is stuck is the largest set of parked greenlets each of which needs another of the
set to act first, and nobody else could act (``known_wakers`` says who could). So what
is not known never makes a report. A wait with a time-out, or under a ``Timeout``, ends
by itself; whoever has been woken, or has an exception on its way, will go on. These
are not stuck.

A set that is stuck stays so. Hubs of other threads go on while they are looked at: if
one has switched meanwhile, its greenlets count as free. What such a thread runs at the
moment of the look cannot be seen, and may be a ``kill``: so only what is still there
after that has ended is reported.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from greenlet import greenlet as raw_greenlet

from gevent._base import originals
from gevent._hub.greenlet import call_known_of, parts_known_of
from gevent._hub.hub import live_hubs
from gevent._hub.waits import describe_subject, describe_waiter, waits_of
from gevent._loop.watchers import Armable
from gevent._native.scheduling.scheduler import Linkable, callback
from gevent.sync.introspection.frames import walk_callers
from gevent.sync.introspection.known_wakers import (
    COLLECTIONS,
    KnownWakers,
    Need,
    objects_to_look_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gevent._hub.waits import Wait
    from gevent._loop.loop import Loop

__all__ = ("Deadlock", "StuckGreenlet", "find_deadlocks")

# How long other threads get for what they run at the moment, in seconds and steps.
_STEP = 0.001
_N_STEPS = 20


@dataclass(frozen=True)
class StuckGreenlet:
    """A greenlet that waits and cannot be woken.

    Attributes:
        greenlet: Which.
        subject: What it waits for.
        holders: The stuck greenlets that would have to act first. Empty: who could has
            ended, such as the owner of a lock.
    """

    greenlet: raw_greenlet
    subject: object
    holders: tuple[raw_greenlet, ...]

    def stack(self) -> list[str]:
        """Return where it waits, as lines for people, the innermost call last."""
        callers = walk_callers(self.greenlet.gr_frame)
        stack = traceback.StackSummary.extract(callers)
        stack.reverse()
        return "".join(stack.format()).splitlines()

    def __str__(self) -> str:
        held = ", ".join(map(describe_waiter, self.holders)) or "nobody that is left"
        subject = describe_subject(self.subject)
        return f"{describe_waiter(self.greenlet)} waits for {subject}, held by {held}"


@dataclass(frozen=True)
class Deadlock:
    """One circle of greenlets, or one greenlet that waits for what nobody can give.

    Attributes:
        circle: Who waits for whom: each for one of the others, if there are others.
        behind: Who waits for those, directly or not, without being waited for.
    """

    circle: tuple[StuckGreenlet, ...]
    behind: tuple[StuckGreenlet, ...]

    @property
    def key(self) -> frozenset[tuple[int, int]]:
        """Which greenlets wait for which objects: equal if it is found again."""
        return frozenset((id(each.greenlet), id(each.subject)) for each in self.circle)

    def format(self) -> str:
        """Return greenlets, objects, holders and stacks as text for people."""
        lines = [f"Dead-lock of {len(self.circle)}"]
        for each in self.circle:
            lines += [f"  {each}", *("    " + line for line in each.stack())]
        lines += [f"  behind it: {each}" for each in self.behind]
        return "\n".join(lines)


def find_deadlocks() -> list[Deadlock]:
    """Find the greenlets, of all threads, that wait for each other for ever.

    Seen are: ``join``, ``get`` and whatever else waits for greenlets; ``RLock`` by its
    owner; pools that are full or that somebody joins; ends of patched threads; and what
    :func:`declare_wakers` was called for. Locks without an owner, queues and events
    count as "somebody may wake it" unless declared. Nothing is reported on suspicion.

    Returns:
        One entry for each circle, and none if no dead-lock is known.

    Blocking:
        Never switches. Asks the collector for all objects: milliseconds. If it finds
        greenlets of other threads, it lets these go on for up to 20 ms and looks again;
        one that has run all that time, and not switched, may yet wake them.
    Thread safety:
        From any thread; not from a switch hook, during which nothing is certain.
    """
    found = _look()
    return _confirmed(found) if found else []


def _look() -> list[Deadlock]:
    before = Sample()
    return deadlocks_among(KnownWakers(objects_to_look_at()), before)


def _confirmed(found: list[Deadlock]) -> list[Deadlock]:
    """Return what is still so when other threads have done what they were at."""
    own = originals.get("_thread", "get_ident")()
    others = [loop for hub, loop in live_hubs() if hub.thread_ident != own]
    if not others:
        return found
    running = _let_go_on([each for each in others if not is_polling(each)])
    unsure = {each.greenlet for loop in running for each in waits_of(loop)}
    certain = {each.key for each in found}
    return [
        each
        for each in _look()
        if each.key in certain
        and not any(one.greenlet in unsure for one in each.circle)
    ]


def _let_go_on(loops: list[Loop]) -> list[Loop]:
    """Wait a little; return the loops that did the same thing all the time."""
    seen = {each: _progress_of(each) for each in loops}
    for _ in range(_N_STEPS):
        seen = {
            loop: progress
            for loop, progress in seen.items()
            if _progress_of(loop) == progress and not is_polling(loop)
        }
        if not seen:
            break
        originals.get("time", "sleep")(_STEP)
    return list(seen)


def _progress_of(loop: Loop) -> tuple[int, int]:
    """Return what changes when a loop has done something, or was destroyed."""
    try:
        return loop.n_switches, loop.iteration
    except ValueError:
        return -1, -1


def is_polling(loop: Loop) -> bool:
    """Whether it waits for events, or has been woken by the signal that asks."""
    return bool(loop.in_poll) or loop.is_between_polls()


def deadlocks_among(known: KnownWakers, before: Sample) -> list[Deadlock]:
    """find_deadlocks() for who has asked the collector, and taken a sample before."""
    waits = _hopeless_waits(known, before)
    known.is_announcing = any(_is_announcing(loop) for _, loop in live_hubs())
    if not waits:
        return []
    needs = _needs_of(waits, known)
    stuck = _stuck_ones(needs)
    holders = {
        each: tuple(part for part in needs[each].greenlets() if part in stuck)
        for each in needs
        if each in stuck
    }
    found = {
        each: StuckGreenlet(each, waits[each].subject, names)
        for each, names in holders.items()
    }
    return [
        Deadlock(
            tuple(found[each] for each in circle), tuple(found[each] for each in behind)
        )
        for circle, behind in _circles(holders)
    ]


class Sample:
    """Who is parked, and who is about to be acted on, at this moment.

    Two of them, before and after the collector was asked, because loops of other
    threads go on meanwhile: what was about to happen in one of them has been seen, even
    if it is over when the other things are looked at.
    """

    def __init__(self) -> None:
        self.waits: dict[raw_greenlet, Wait] = {}
        self.due: set[raw_greenlet] = set()
        for _, loop in live_hubs():
            before = _progress_of(loop)
            waits = waits_of(loop)
            self.due.update(_who_is_due(loop))
            if _progress_of(loop) == before:
                self.waits.update({each.greenlet: each for each in waits})

    def has(self, wait: Wait) -> bool:
        """Whether a greenlet waited for the same thing."""
        own = self.waits.get(wait.greenlet)
        return own is not None and own.subject is wait.subject


def _hopeless_waits(known: KnownWakers, before: Sample) -> dict[raw_greenlet, Wait]:
    """Return who is parked, has no time-out, and is not woken or thrown at."""
    after = Sample()
    due = before.due | after.due
    for each in known.greenlets():
        due.update(_named_by(*call_known_of(each)))
    for watcher in known.fired:
        due.update(_named_by(watcher.callback, watcher.args))
    return {
        greenlet: each
        for greenlet, each in after.waits.items()
        if greenlet not in due
        and each.seconds_left is None
        and not each.is_woken
        and before.has(each)
    }


def _who_is_due(loop: Loop) -> Iterator[raw_greenlet]:
    """Yield whom a timer, or something that is queued, is about to act on."""
    for each in (*loop.due_for(), *list(loop.inbox)):
        if isinstance(each, raw_greenlet):
            yield each
        elif isinstance(each, callback | Armable):
            yield from _named_by(each.callback, each.args)
    for watcher in list(loop.kept):
        yield from _named_by(watcher.callback, watcher.args)


def _is_announcing(loop: Loop) -> bool:
    """Whether it has queued what tells waiters of something that has happened."""
    return any(
        isinstance(each, Linkable) or (isinstance(each, raw_greenlet) and each.dead)
        for each in loop.due_for()
    )


def _named_by(function: object, args: object) -> Iterator[raw_greenlet]:
    """Yield the greenlets that a call is about: ``greenlet.kill``, for instance."""
    if isinstance(args, tuple):
        given = cast("tuple[object, ...]", args)
        for each in given:
            if isinstance(each, raw_greenlet):
                yield each
            elif type(each) in COLLECTIONS:
                members = cast("list[object]", each)  # those of a `killall`
                yield from (one for one in members if isinstance(one, raw_greenlet))
    owner: object = getattr(function, "__self__", None)
    if isinstance(owner, raw_greenlet):
        yield owner
        # One that is to start then, and will call a method of another one.
        target: object = getattr(parts_known_of(owner)[1], "__self__", None)
        if isinstance(target, raw_greenlet):
            yield target


def _needs_of(
    waits: dict[raw_greenlet, Wait], known: KnownWakers
) -> dict[raw_greenlet, Need]:
    needs: dict[raw_greenlet, Need] = {}
    for greenlet, wait in waits.items():
        need = known.need_of(wait.subject)
        if need is not None:
            needs[greenlet] = need
    return needs


def _stuck_ones(needs: dict[raw_greenlet, Need]) -> set[raw_greenlet]:
    """Return the largest set whose members all need another member first.

    Freedom spreads from those who may act to those who need them; each part is looked
    at once.
    """
    # By id: a Need has no other identity, and greenlets of users may define __eq__.
    parents: dict[int, list[raw_greenlet | Need]] = {}
    missing: dict[int, int] = {}
    free: list[raw_greenlet | Need] = []
    is_free: set[int] = set()
    waiting: list[raw_greenlet | Need] = list(needs)
    seen: set[int] = set(map(id, waiting))
    while waiting:
        each = waiting.pop()
        if isinstance(each, Need):
            parts = each.parts
            missing[id(each)] = len(parts) if each.wants_all else min(1, len(parts))
            if each.wants_all and not parts:
                free.append(each)
        elif each in needs:
            parts = [needs[each]]
            missing[id(each)] = 1
        else:
            free.append(each)
            continue
        for part in parts:
            parents.setdefault(id(part), []).append(each)
            if id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)
    while free:
        each = free.pop()
        if id(each) in is_free:
            continue
        is_free.add(id(each))
        for parent in parents.get(id(each), ()):
            missing[id(parent)] -= 1
            if missing[id(parent)] == 0:
                free.append(parent)
    return {each for each in needs if id(each) not in is_free}


def _circles(
    holders: dict[raw_greenlet, tuple[raw_greenlet, ...]],
) -> Iterator[tuple[list[raw_greenlet], list[raw_greenlet]]]:
    """Yield each circle with those who wait for it; every one belongs to one."""
    circles: list[list[raw_greenlet]] = []
    place: dict[raw_greenlet, int] = {}
    behind: list[list[raw_greenlet]] = []
    for start in holders:
        path: dict[raw_greenlet, None] = {}
        at = start
        while at not in place and at not in path:
            path[at] = None
            if not holders[at]:
                break
            at = holders[at][0]
        if at in place:
            number = place[at]
            circle: list[raw_greenlet] = []
        else:
            number = len(circles)
            walked = list(path)
            circle = walked[walked.index(at) :]
            circles.append(circle)
            behind.append([])
        for each in path:
            place[each] = number
            if each not in circle:
                behind[number].append(each)
    yield from zip(circles, behind, strict=True)
