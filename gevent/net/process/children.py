"""Child processes that were started here, and waiting for these and all others.

The loop reaps what was started here and keeps the status until somebody asks; other
children are waited for without being reaped, and then asked for.

States of a watched child::

    running --ended--> ended (status kept) --asked for--> forgotten

Invariants:

* CHILD1  A process id is in the table from its start until its status was handed out,
  or a minute after its end.
* CHILD2  Only watched processes are reaped in the loop; for others a greenlet waits on
  a pidfd, or a thread in ``waitid`` with ``WNOWAIT``, which takes nothing away.
* CHILD3  A forked child watches nothing: its parent's children are not its own.
* CHILD4  Whoever reaps a watched child, the loop or a call, calls :func:`_keep` or
  takes it out; nobody waits for it after that. A status is handed out once, but to all
  who waited for that process id; a ``Popen`` gets it beside them.
* CHILD5  Who waits for any of several links its event before it looks a last time; who
  keeps a status does that before it looks who is linked. So one of the two sees the
  other. The same holds between who waits and a guard: ``Guard.tell``, ``Guard.end``.

Threads: the table is the process's; each step on it is one operation of a dict or list.
The watcher of a child belongs to the thread that started it; another thread that reaps
it leaves word in ``taken`` (``gevent._loop.children``).
"""

from __future__ import annotations

import os

from greenlet import getcurrent

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING, NamedTuple, cast
from gevent._base.light import SIGCHLD
from gevent._hub.hub import get_hub, get_hub_if_exists
from gevent._loop.children import ANY_PID, open_pidfd, reapers, taken
from gevent.sync.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._loop.loop import Loop
    from gevent._loop.watchers import child

__all__ = ("disown", "settle", "wait_for", "wait_for_id", "watch")

# How long the status of an ended child is kept, in seconds.
STATUS_KEPT = 60.0
# Between two looks where nothing tells of a change, in seconds.
STEP = 0.05
# The same for a thread that waits as a whole, mostly for the word of another one.
LOOK_AGAIN = 0.001


class Ended(NamedTuple):
    """What is known of an ended process; all 0 and None: nothing yet."""

    pid: int
    status: int
    # A ``resource.struct_rusage``; None: nobody could tell.
    usage: object


_NOTHING = Ended(0, 0, None)


class WatchedChild:
    """One child process that was started here."""

    __slots__ = (
        "end",
        "ended_at",
        "group",
        "has_callback",
        "n_waiting",
        "outcome",
        "watcher",
    )

    def __init__(self, watcher: child, has_callback: bool):
        self.watcher: child = watcher
        self.has_callback: bool = has_callback
        self.group: int = _group_of(watcher.pid, 0)
        self.outcome: Ended | None = None
        self.ended_at: float = 0.0
        self.end: Event = Event()
        self.n_waiting: int = 0


class Table(dict[int, WatchedChild]):
    """Process ids and what is known of them, for the process that *owner* names."""

    def __init__(self) -> None:
        self.owner: int = os.getpid()
        # Set when any watched child ends.
        self.waits_for_any: list[Event] = []
        # What threads wait for, and who does; until such a wait has ended.
        self.sentinels: dict[tuple[int, int, int], Guard] = {}


_tables = [Table()]


def _watched() -> Table:
    """Return the table; a new one after a fork (CHILD3)."""
    table = _tables[0]
    if table.owner != originals.get("os", "getpid")():
        table = _tables[0] = Table()
        taken.clear()
    return table


def _group_of(pid: int, otherwise: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return otherwise


def watch(
    pid: int,
    callback: Callable[[child], object] | None = None,
    loop: Loop | None = None,
    ref: bool = False,
) -> child:
    """Watch a child process, and keep its status for :func:`wait_for`.

    Args:
        pid: The process.
        callback: Called in the hub with the watcher when the process has ended.
        loop: The loop to watch in; None: this thread's.
        ref: Whether the watcher keeps the loop running.

    Returns:
        The watcher.
    """
    _forget_old()
    watcher = (loop or get_hub().loop).child(pid, ref=ref)
    watcher.start(_on_end, watcher, callback)
    # Word that a thread has left of an earlier process of this number, and nobody read:
    # it would pass for the end of this one.
    taken.pop(pid, None)
    _watched()[pid] = WatchedChild(watcher, callback is not None)
    return watcher


def disown(pid: int) -> None:
    """Watch a process no more: somebody else will reap it."""
    known = _watched().pop(pid, None)
    if known is not None:
        known.watcher.close()


def settle(watcher: child, status: int | None = None) -> None:
    """The owner of *watcher* knows how its process ended: nobody else is to be told.

    Args:
        watcher: What :func:`watch` returned; by now its process has ended.
        status: If the owner reaped it: what the system said.
    """
    known = _watched().get(watcher.pid)
    if known is None or known.watcher is not watcher:
        return
    if status is not None:
        known.has_callback = False
        _reaped(known, Ended(watcher.pid, status, None))
    if not known.n_waiting:
        _watched().pop(watcher.pid, None)


def _on_end(watcher: child, callback: Callable[[child], object] | None) -> None:
    """The loop reaped a watched child; in the hub."""
    known = _watched().get(watcher.pid)
    # Not so when the number was handed out and then given to another process.
    if known is not None and known.watcher is watcher:
        _keep(known, Ended(watcher.pid, watcher.rstatus, watcher.usage))
    if callback is not None:
        callback(watcher)


def _keep(known: WatchedChild, outcome: Ended) -> None:
    """Keep the status, and wake whoever waits for it."""
    if known.outcome is None:
        known.outcome = outcome
        known.ended_at = originals.get("time", "monotonic")()
        known.end.set()
        for event in tuple(_watched().waits_for_any):
            event.set()


def _forget_old() -> None:
    """Drop statuses that nobody asked for (CHILD1)."""
    limit = originals.get("time", "monotonic")() - STATUS_KEPT
    table = _watched()
    for pid, known in tuple(table.items()):
        if known.outcome is not None and known.ended_at < limit:
            table.pop(pid, None)


# -- waiting --------------------------------------------------------------------------


class Wish:
    """Which children a call asks for, in the terms of ``waitid``.

    Args:
        kind: ``P_PID``, ``P_PGID`` or ``P_ALL``.
        number: A process, a group.
    """

    def __init__(self, kind: int, number: int):
        self.kind = kind
        self.number = number

    def watched(self) -> list[WatchedChild]:
        """Return those in the table, the one that ended first at the head."""
        table = _watched()
        if self.kind == P_PID:
            found = [table[self.number]] if self.number in table else []
        else:
            found = [known for known in tuple(table.values()) if self._wants(known)]
        found.sort(key=_order)
        return found

    def _wants(self, known: WatchedChild) -> bool:
        if self.kind == P_ALL:
            return True
        if known.outcome is None:
            known.group = _group_of(known.watcher.pid, known.group)
        return known.group == self.number


class _Reaping:
    """Around a call that may reap: until its word is kept, nobody takes it for lost.

    Args:
        wish: What may be reaped.
    """

    def __init__(self, wish: Wish):
        self._pid = wish.number if wish.kind == P_PID else ANY_PID

    def __enter__(self) -> None:
        reapers.append(self._pid)

    def __exit__(self, *exception: object) -> None:
        # Not there in a child that a signal handler has forked meanwhile.
        try:
            reapers.remove(self._pid)
        except ValueError:
            pass


def _order(known: WatchedChild) -> float:
    return float("inf") if known.outcome is None else known.ended_at


# PyPy's os has no waitid.
P_ALL, P_PID, P_PGID = 0, 1, 2
_WEXITED: int = getattr(os, "WEXITED", 4)
_WNOWAIT: int = getattr(os, "WNOWAIT", 0)


def wish_of(pid: int) -> Wish:
    """Return what a process id stands for in ``waitpid``."""
    if pid > 0:
        return Wish(P_PID, pid)
    if pid == -1:
        return Wish(P_ALL, 0)
    return Wish(P_PGID, -pid if pid else os.getpgrp())


def wait_for(pid: int, options: int) -> Ended:
    """``os.wait4``, which blocks only the calling greenlet; see there."""
    wish = wish_of(pid)

    def ask() -> Ended | None:
        with _Reaping(wish):
            found = originals.get("os", "wait4")(pid, options | os.WNOHANG)
            reaped = Ended(*found)
            if reaped.pid:
                _note(reaped)
        return reaped if reaped.pid else None

    # The flags of ``waitpid`` for stops are those of ``waitid``.
    stops = options & (os.WUNTRACED | os.WCONTINUED)
    return _wait(wish, options, _WEXITED | stops, ask) or _NOTHING  # switches


def _wait(
    wish: Wish,
    options: int,
    changes: int,
    ask: Callable[[], Ended | None],
) -> Ended | None:
    """Wait for a child.

    Args:
        wish: Which.
        options: With ``WNOHANG``: look only.
        changes: What to wait for, in the terms of ``waitid``.
        ask: Asks the system, and does not wait.

    Returns:
        How it ended; None if none has.
    """
    while True:
        watched = wish.watched() if changes & _WEXITED else []
        outcome = _take_ended(watched)
        if outcome is not None:
            return outcome
        try:
            outcome = ask()
        except ChildProcessError:
            # Another thread's loop may have reaped it since, or be about to tell.
            if not (watched and any(map(_is_to_come, wish.watched()))):
                raise
        if outcome is not None or options & os.WNOHANG:
            return outcome
        hub = get_hub_if_exists()
        if hub is None or hub is getcurrent():
            _wait_as_a_whole(wish, changes)
        else:
            _wait_for_change(wish, watched, changes)  # switches


def _wait_as_a_whole(wish: Wish, changes: int) -> None:
    """Wait until it is worth looking again, in a thread whose greenlets all wait.

    Nothing is taken away (CHILD2): the loops of others would look for it all the time.
    """
    try:
        originals.get("os", "waitid")(wish.kind, wish.number, changes | _WNOWAIT)
    except (AttributeError, ChildProcessError):
        # No such function, or another thread has it and is about to tell.
        originals.get("time", "sleep")(LOOK_AGAIN)


def _is_to_come(known: WatchedChild) -> bool:
    return known.outcome is not None or not known.watcher.loop.closing


def _take_ended(watched: list[WatchedChild]) -> Ended | None:
    """Hand out the status of one that has ended, once (CHILD4)."""
    for known in watched:
        _look(known)
    for known in sorted(watched, key=_order):
        if known.outcome is not None:
            _watched().pop(known.outcome.pid, None)
            return known.outcome
    return None


def _look(known: WatchedChild) -> None:
    """Reap the child at once if it has ended and the loop has not noticed yet."""
    if known.outcome is not None:
        return
    pid = known.watcher.pid
    with _Reaping(Wish(P_PID, pid)):
        try:
            reaped = Ended(*originals.get("os", "wait4")(pid, os.WNOHANG))
        except ChildProcessError:
            return  # the loop has; its callback is on the way
        if reaped.pid:
            _reaped(known, reaped)


def _note(reaped: Ended) -> None:
    """The system handed something out: perhaps the end of a watched child (CHILD4)."""
    known = _watched().get(reaped.pid)
    status = reaped.status
    if known is not None and (os.WIFEXITED(status) or os.WIFSIGNALED(status)):
        _reaped(known, reaped)
        _watched().pop(reaped.pid, None)


def _reaped(known: WatchedChild, outcome: Ended) -> None:
    """Tell watcher and waiters that a call reaped the child (CHILD4)."""
    watcher = known.watcher
    loop, hub = watcher.loop, get_hub_if_exists()
    if hub is None or hub.loop is not loop:
        # Its loop finds nothing to reap, then.
        taken[outcome.pid] = outcome.status, outcome.usage
    elif not known.has_callback:
        watcher.close()
    elif watcher.active:
        # Nothing is left to wait for, but the callback is due, in the hub.
        loop.children.forget(watcher)
        watcher.usage = outcome.usage
        watcher.ended(outcome.status)
    _keep(known, outcome)


def _wait_for_change(wish: Wish, watched: list[WatchedChild], changes: int) -> None:
    """Wait until it is worth looking again."""
    table = _watched()
    if wish.kind == P_PID and changes == _WEXITED:
        known = watched[0] if watched else None
        if known is None or not known.watcher.active or known.watcher.loop.closing:
            _wait_for_process(wish.number)  # switches
        else:
            _wait_for_watched(known)  # switches
        return
    event = Event()
    table.waits_for_any.append(event)
    try:
        # Linked first, then the look (CHILD5). Another thread's loop may have reaped a
        # watched child since we looked: it found no event of ours to set, and the
        # system, asked again, has nothing to say about that child.
        if changes & _WEXITED and any(known.outcome for known in wish.watched()):
            return
        step = None if _start_sentinel(wish, changes, event) else STEP
        _wait_referenced(event, step)  # switches
    finally:
        table.waits_for_any.remove(event)


def _wait_for_watched(known: WatchedChild) -> None:
    """Wait for the end of a watched child, which stays known meanwhile."""
    known.n_waiting += 1
    try:
        _wait_referenced(known.end, None)  # switches
        # Another greenlet that waited may have run first, and taken the status out of
        # the table. All who waited get it, so it goes back for the caller (CHILD4).
        if known.outcome is not None:
            _watched().setdefault(known.outcome.pid, known)
    finally:
        known.n_waiting -= 1


def _wait_for_process(pid: int) -> None:
    """Wait for the end of any child, without reaping it (CHILD2)."""
    loop = get_hub().loop
    descriptor = open_pidfd(loop, pid)
    if descriptor is None:
        event = Event()
        step = None if _start_sentinel(Wish(P_PID, pid), _WEXITED, event) else STEP
        _wait_referenced(event, step)  # switches
        return
    try:
        get_hub().wait(loop.io(descriptor, 1))  # switches
    finally:
        originals.get("os", "close")(descriptor)


def _start_sentinel(wish: Wish, changes: int, event: Event) -> bool:
    """Let a thread wait for a change and set *event*; False where that cannot be."""
    if not hasattr(os, "waitid"):
        return False
    key = wish.kind, wish.number, changes
    sentinels = _watched().sentinels
    mine = Guard(sentinels, key)
    # Of several threads that come at once, whose guard is in the table starts it: each
    # has to know by one step. A second look could find that all leave it to another.
    guard = sentinels.setdefault(key, mine)
    if guard is mine:
        try:
            originals.get("_thread", "start_new_thread")(guard.stand, ())
        except BaseException as error:
            # Others may wait for it by now.
            guard.end()
            if isinstance(error, RuntimeError):
                return False
            raise
    guard.tell(event)
    return True


class Guard:
    """A thread that waits in the system for a change, and tells who waits here."""

    def __init__(
        self,
        sentinels: dict[tuple[int, int, int], Guard],
        key: tuple[int, int, int],
    ):
        self._sentinels = sentinels
        self._key = key
        self._events: list[Event] = []
        self._is_over = False

    def stand(self) -> None:
        """Wait; the body of the thread. Takes nothing away (CHILD2)."""
        kind, number, changes = self._key
        try:
            originals.get("os", "waitid")(kind, number, changes | _WNOWAIT)
        except OSError:
            pass  # no such child any more: the call itself says so
        finally:
            self.end()

    def tell(self, event: Event) -> None:
        """Set *event* at the end; from any thread, also after that."""
        # Linked first, then the look (CHILD5): the guard may end this moment, and it
        # does not look a second time who is linked.
        self._events.append(event)
        if self._is_over:
            event.set()

    def end(self) -> None:
        """Leave the table, and set all events."""
        # First, or who is told would come back and find this one again.
        if self._sentinels.get(self._key) is self:
            self._sentinels.pop(self._key, None)
        # Before the look who is linked (CHILD5).
        self._is_over = True
        for event in tuple(self._events):
            event.set()


def _wait_referenced(event: Event, timeout: float | None) -> None:
    """Wait for an end: a child that is waited for keeps the loop running."""
    loop = get_hub().loop
    loop.ref()
    try:
        event.wait(timeout)  # switches
    finally:
        loop.unref()


# -- waitid ---------------------------------------------------------------------------


def wait_for_id(kind: int, number: int, options: int) -> os.waitid_result | None:
    """``os.waitid``, which blocks only the calling greenlet; see there."""
    pid_of_fd = _pid_of_fd(number) if kind == getattr(os, "P_PIDFD", -1) else 0
    wish = Wish(P_PID, pid_of_fd) if pid_of_fd else Wish(kind, number)
    if wish.kind == P_PGID and not wish.number:
        wish.number = os.getpgrp()
    results: list[os.waitid_result | None] = []

    def look(flags: int) -> Ended | None:
        waitid = originals.get("os", "waitid")
        found = cast("os.waitid_result | None", waitid(kind, number, options | flags))
        results[:] = [found]
        return None if found is None else Ended(found.si_pid, _status_of(found), None)

    def ask() -> Ended | None:
        if options & os.WNOWAIT:
            return look(os.WNOHANG)
        with _Reaping(wish):
            ended = look(os.WNOHANG)
            if ended is not None:
                _note(ended)
        return ended

    changes = options & (os.WEXITED | os.WSTOPPED | os.WCONTINUED)
    if not changes or (kind not in (P_ALL, P_PID, P_PGID) and not pid_of_fd):
        look(0)
        return results[0]
    outcome = _wait(wish, options, changes, ask)  # switches
    if outcome is None or (results and results[0] is not None):
        return results[0] if results else None
    if options & os.WNOWAIT:
        _put_back(outcome)
    return _result_of(outcome)


def _put_back(outcome: Ended) -> None:
    """Who looked at a status without taking it leaves it for the next one."""
    table = _watched()
    watcher = get_hub().loop.child(outcome.pid, ref=False)
    known = table.setdefault(outcome.pid, WatchedChild(watcher, False))
    _keep(known, outcome)


def _pid_of_fd(descriptor: int) -> int:
    """Return the process of a pidfd; 0 if the system does not say."""
    try:
        with open(f"/proc/self/fdinfo/{descriptor}") as lines:
            found = [int(line[4:]) for line in lines if line.startswith("Pid:")]
    except (OSError, ValueError):
        return 0
    return max(0, *found, 0) if found else 0


def _status_of(found: os.waitid_result) -> int:
    """Return the status as ``waitpid`` has it."""
    if found.si_code == os.CLD_EXITED:
        return found.si_status << 8
    if found.si_code in (os.CLD_KILLED, os.CLD_DUMPED):
        return found.si_status | (0x80 if found.si_code == os.CLD_DUMPED else 0)
    return 0x7F  # stopped or continued: no end


def _result_of(outcome: Ended) -> os.waitid_result:
    """Return what ``waitid`` would have said."""
    status = outcome.status
    if os.WIFEXITED(status):
        code, number = os.CLD_EXITED, os.WEXITSTATUS(status)
    else:
        dumped = os.WCOREDUMP(status)
        code = os.CLD_DUMPED if dumped else os.CLD_KILLED
        number = os.WTERMSIG(status)
    return os.waitid_result((outcome.pid, os.getuid(), SIGCHLD, number, code))
