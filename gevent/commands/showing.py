"""Pictures of processes as text for terminals.

Names come from another process, which need not mean well: what is no printable
character is replaced, so that it cannot steer the terminal.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gevent.commands.asking import Blocked
    from gevent.sync.introspection.snapshot import (
        DeadlockPicture,
        GreenletPicture,
        HubPicture,
        Snapshot,
        WaitPicture,
    )

__all__ = ("blocked_lines", "clean", "stack_lines", "top_lines", "tree_lines")


def clean(text: str) -> str:
    """Return a text with what is not printable replaced."""
    return "".join(c if c.isprintable() else "?" for c in text)


def tree_lines(picture: Snapshot) -> Iterator[str]:
    """Yield the hubs, the tree of greenlets and the dead-locks."""
    yield from _head_lines(picture)
    yield ""
    known = {each["id"]: each for each in picture["greenlets"]}
    children: dict[str | None, list[GreenletPicture]] = {}
    for each in picture["greenlets"]:
        spawner = each["spawner"] if each["spawner"] in known else None
        children.setdefault(spawner, []).append(each)
    # No recursion: who spawns its successor makes a tree without branches.
    waiting = [(each, "", "") for each in reversed(children.get(None, []))]
    seen: set[str] = set()
    while waiting:
        each, before, below = waiting.pop()
        if each["id"] in seen:
            continue
        seen.add(each["id"])
        yield before + greenlet_line(each, known)
        own = [child for child in children.get(each["id"], []) if child is not each]
        for number, child in enumerate(reversed(own)):
            bar = "   " if number == 0 else "|  "
            waiting.append((child, f"{below}+- ", below + bar))
    yield from _deadlock_lines(picture, known)


def greenlet_line(each: GreenletPicture, known: dict[str, GreenletPicture]) -> str:
    """Return one line about one greenlet."""
    words = [clean(each["name"]), each["id"]]
    if each["kind"] not in ("Greenlet", "greenlet", "Hub"):
        words.append(f"({clean(each['kind'])})")
    wait = each["waits_for"]
    if wait is None:
        words.append(each["state"])
    else:
        words += [each["state"], "for", *_wait_words(wait, known)]
    if each["spawned_at"]:
        words.append(f"[{clean(each['spawned_at'])}]")
    return " ".join(words)


def _wait_words(wait: WaitPicture, known: dict[str, GreenletPicture]) -> Iterator[str]:
    yield clean(wait["text"])
    holders = wait.get("holders", [])
    # Of a greenlet, and of several, the text says it already.
    if holders and holders != [wait.get("object")] and wait["kind"] != "several":
        names = [
            f"{clean(known[each]['name'])} {each}" for each in holders if each in known
        ]
        yield f"needs {', '.join(names) or 'who has ended'}"
    if "seconds_left" in wait:
        # Less than none: the loop did not come to it yet.
        yield f"({max(0.0, wait['seconds_left']):.1f} s left)"


def _head_lines(picture: Snapshot) -> Iterator[str]:
    yield (
        f"process {picture['pid']}: {clean(picture['program'])} "
        f"({clean(picture['python'])}, gevent {clean(picture['gevent'])})"
    )
    states = Counter(each["state"] for each in picture["greenlets"])
    counts = ", ".join(f"{n} {state}" for state, n in states.most_common())
    yield f"greenlets: {counts}; {picture['n_finished']} finished and not dropped"
    for hub in picture["hubs"]:
        yield from _hub_lines(hub)


def _hub_lines(hub: HubPicture) -> Iterator[str]:
    name = clean(hub["thread_name"] or f"thread 0x{hub['thread']:x}")
    doing = "polling" if hub["is_polling"] else f"lag {hub['lag'] * 1000:.1f} ms"
    yield (
        f"hub {hub['number']} ({name}): {clean(hub['loop'])}, {doing}, "
        f"{hub['parked']} parked, {hub['switches']} switches"
    )
    if hub["watchers"]:
        counts = ", ".join(f"{n} {kind}" for kind, n in sorted(hub["watchers"].items()))
        yield f"  watchers: {clean(counts)}"
    pool = hub["threadpool"]
    if pool is not None:
        yield (
            f"  thread pool: {pool['threads']} of {pool['limit']} threads, "
            f"{pool['busy']} busy, {pool['queued']} queued"
        )
    if hub["resolver"]:
        yield f"  resolver: {clean(hub['resolver'])}"


def _deadlock_lines(
    picture: Snapshot, known: dict[str, GreenletPicture]
) -> Iterator[str]:
    for deadlock in picture["deadlocks"]:
        yield ""
        yield from _one_deadlock(deadlock, known)


def _one_deadlock(
    deadlock: DeadlockPicture, known: dict[str, GreenletPicture]
) -> Iterator[str]:
    def named(address: str) -> str:
        name = known[address]["name"] if address in known else "?"
        return f"{clean(name)} {address}"

    yield f"DEAD-LOCK of {len(deadlock['circle'])}:"
    for each in deadlock["circle"]:
        held = ", ".join(map(named, each["holders"])) or "nobody that is left"
        yield (
            f"  {named(each['greenlet'])} waits for {clean(each['waits_for'])}, "
            f"held by {held}"
        )
        for line in each["stack"]:
            yield f"      {clean(line)}"
    for address in deadlock["behind"]:
        yield f"  behind it: {named(address)}"


def stack_lines(picture: Snapshot) -> Iterator[str]:
    """Yield every greenlet with its stack, the innermost call first."""
    yield from _head_lines(picture)
    known = {each["id"]: each for each in picture["greenlets"]}
    for each in picture["greenlets"]:
        yield ""
        yield greenlet_line(each, known)
        for line in each.get("stack", []):
            yield f"    {clean(line)}"
    yield from _deadlock_lines(picture, known)


def top_lines(
    picture: Snapshot, before: Snapshot | None, most: int | None
) -> Iterator[str]:
    """Yield the hubs, and the greenlets counted by what they do.

    Args:
        picture: Of now.
        before: The one before it, for what happens per second.
        most: How many lines of greenlets; None: all.
    """
    yield from _head_lines(picture)
    if before is not None:
        seconds = max(picture["time"] - before["time"], 1e-9)
        old = {hub["thread"]: hub["switches"] for hub in before["hubs"]}
        for hub in picture["hubs"]:
            n = hub["switches"] - old.get(hub["thread"], hub["switches"])
            yield f"hub {hub['number']}: {n / seconds:.0f} switches per second"
    if picture["deadlocks"]:
        yield f"DEAD-LOCKS: {len(picture['deadlocks'])}; see `ps`"
    yield ""
    yield f"{'COUNT':>6}  {'STATE':<12}  {'WAITS FOR':<20}  NAME"
    counts = Counter(
        (
            each["state"],
            "" if each["waits_for"] is None else clean(each["waits_for"]["kind"]),
            clean(each["name"]),
        )
        for each in picture["greenlets"]
    )
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    for (state, kind, name), n in rows[:most]:
        yield f"{n:>6}  {state:<12}  {kind:<20}  {name}"


def blocked_lines(blocked: Blocked) -> Iterator[str]:
    """Yield where a process stands that runs no Python code."""
    yield (
        f"process {blocked['pid']} does not run Python code: it is in a call of C, or "
        f"waits for the GIL ({clean(blocked['state'])})"
    )
    if not blocked["c_functions"] and not blocked["python_functions"]:
        yield "it does not say where: it is uncompiled, or blocks the signal"
    for function in blocked["c_functions"]:
        yield f"    C       {clean(function)}"
    for function in blocked["python_functions"]:
        yield f"    Python  {clean(function)}"
