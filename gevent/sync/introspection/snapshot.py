"""A picture of all hubs of the process, made of what JSON has.

It is taken between any two steps of the program, from a signal handler too. So it
never switches, changes nothing, and runs no code of the program's: objects of its
classes are named by class and address, not by their ``repr``.

For how long a greenlet has waited is not in it: nobody writes that down when one
parks, because it would cost every switch. What is known is when a wait gives up.
"""

from __future__ import annotations

import _socket
import gc
import os
import sys
from contextlib import suppress
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast, final

from greenlet import getcurrent
from greenlet import greenlet as raw_greenlet

from gevent._base import originals
from gevent._base.version import __version__
from gevent._hub.greenlet import parts_known_of
from gevent._hub.hub import live_hubs
from gevent._hub.waits import waits_of
from gevent._loop.watchers import Armable
from gevent._native.io.descriptor import Descriptor
from gevent.sync.introspection.deadlocks import (
    Sample,
    deadlocks_among,
    is_polling,
)
from gevent.sync.introspection.frames import walk_callers
from gevent.sync.introspection.known_wakers import KnownWakers, objects_to_look_at
from gevent.sync.lock import ReentrantLock, Semaphore
from gevent.sync.queue import SimpleQueue
from gevent.sync.threads.threadpool import ThreadPool

if TYPE_CHECKING:
    from types import CodeType, FrameType

    from gevent._hub.hub import Hub
    from gevent._hub.waits import Wait
    from gevent._loop.loop import Loop
    from gevent.sync.introspection.deadlocks import Deadlock

__all__ = ("Snapshot", "take_snapshot")

# What lies below is ours.
_PACKAGE = __file__.rpartition("sync")[0]
# Of a collection, or of the members of a pool: more than that nobody reads.
MOST_NAMES = 8
# Of one stack.
MOST_FRAMES = 100


class WaitPicture(TypedDict):
    """What a greenlet waits for."""

    kind: str
    text: str
    object: NotRequired[str]
    fd: NotRequired[int]
    peer: NotRequired[str]
    holders: NotRequired[list[str]]
    seconds_left: NotRequired[float]


class GreenletPicture(TypedDict):
    """One greenlet; others refer to it by ``id``."""

    id: str
    kind: str
    name: str
    state: str
    hub: int | None
    spawner: str | None
    spawned_at: str | None
    waits_for: WaitPicture | None
    stack: NotRequired[list[str]]


class PoolPicture(TypedDict):
    """A pool of native threads."""

    limit: int
    threads: int
    busy: int
    queued: int


class HubPicture(TypedDict):
    """One hub and its loop."""

    number: int
    thread: int
    thread_name: str | None
    is_main: bool
    loop: str
    iteration: int
    is_polling: bool
    lag: float
    parked: int
    pending: int
    switches: int
    watchers: dict[str, int]
    threadpool: PoolPicture | None
    resolver: str | None


class StuckPicture(TypedDict):
    """One greenlet of a dead-lock."""

    greenlet: str
    waits_for: str
    holders: list[str]
    stack: list[str]


class DeadlockPicture(TypedDict):
    """One dead-lock."""

    circle: list[StuckPicture]
    behind: list[str]


@final
class Snapshot(TypedDict):
    """The whole picture."""

    pid: int
    program: str
    python: str
    gevent: str
    time: float
    hubs: list[HubPicture]
    greenlets: list[GreenletPicture]
    n_finished: int
    deadlocks: list[DeadlockPicture]
    took: float


def take_snapshot(
    with_stacks: bool = False, frame: FrameType | None = None
) -> Snapshot:
    """Return a picture of all hubs and greenlets of the process.

    Args:
        with_stacks: Whether to show the stack of each greenlet.
        frame: Where the current greenlet stands; None: at the caller.

    Blocking:
        Never switches; milliseconds for some thousand greenlets.
    Thread safety:
        From any thread.
    """
    frame = sys._getframe(1) if frame is None else frame
    # Thousands of new objects would make the collector run, and find nothing.
    collects = gc.isenabled()
    gc.disable()
    try:
        return _draw(with_stacks, frame)
    finally:
        if collects:
            gc.enable()


def _draw(with_stacks: bool, frame: FrameType) -> Snapshot:
    clock = originals.get("time", "perf_counter")
    began = clock()
    view = _View(with_stacks, frame)
    picture: Snapshot = {
        "pid": os.getpid(),
        "program": " ".join(sys.orig_argv[:6]),
        "python": f"{sys.implementation.name} {sys.version.split()[0]}",
        "gevent": __version__,
        "time": originals.get("time", "time")(),
        "hubs": view.draw_hubs(),
        "greenlets": [view.draw_greenlet(each) for each in view.greenlets],
        "n_finished": view.n_finished,
        "deadlocks": [_draw_deadlock(each) for each in view.deadlocks],
        "took": 0.0,
    }
    picture["took"] = clock() - began
    return picture


class _View:
    """What is looked up more than once while one picture is made."""

    def __init__(self, with_stacks: bool, frame: FrameType):
        pairs = live_hubs()
        self.hubs = [hub for hub, _ in pairs]
        self.loops = [loop for _, loop in pairs]
        # First of all: they grow while the picture is made.
        self.lags = [_lag_of(loop) for loop in self.loops]
        before = Sample()
        objects = objects_to_look_at()
        self.known = KnownWakers(objects)
        self.deadlocks = deadlocks_among(self.known, before)
        self.current = getcurrent()
        found = {id(each): each for each in objects if isinstance(each, raw_greenlet)}
        found[id(self.current)] = self.current
        alive = [each for each in found.values() if not each.dead]
        self.n_finished = len(found) - len(alive)
        self.greenlets = alive
        self.alive = {id(each) for each in alive}
        self.with_stacks = with_stacks
        self.frame = frame
        # Of the greenlets that run in other threads.
        self.frames = sys._current_frames()
        self.thread = originals.get("_thread", "get_ident")()
        self.numbers = {id(hub): number for number, hub in enumerate(self.hubs)}
        self.waits: dict[int, Wait] = {
            id(wait.greenlet): wait for loop in self.loops for wait in waits_of(loop)
        }
        self.places: dict[object, str] = {}
        # By the id of what is waited for; the waits keep it alive.
        self.pictures: dict[int, WaitPicture] = {}

    # -- hubs -----------------------------------------------------------------------

    def draw_hubs(self) -> list[HubPicture]:
        pictures: list[HubPicture] = []
        for hub, loop in zip(self.hubs, self.loops, strict=True):
            with suppress(ValueError):  # its thread has destroyed it meanwhile
                pictures.append(self._draw_hub(hub, loop))
        return pictures

    def _draw_hub(self, hub: Hub, loop: Loop) -> HubPicture:
        # What it has made by now; its properties would make them.
        made: dict[str, object] = vars(hub)
        resolver = made.get("_resolver")
        return {
            "number": self.numbers[id(hub)],
            "thread": hub.thread_ident,
            "thread_name": _thread_name(hub.thread_ident),
            "is_main": bool(hub.main_hub),
            "loop": loop._describe(),
            "iteration": loop.iteration,
            "is_polling": is_polling(loop),
            "lag": self.lags[self.numbers[id(hub)]],
            "parked": loop.n_parked,
            "pending": loop.pendingcnt,
            "switches": loop.n_switches,
            "watchers": self._count_watchers(loop),
            "threadpool": _draw_pool(made.get("_threadpool")),
            "resolver": None if resolver is None else type(resolver).__qualname__,
        }

    def _count_watchers(self, loop: Loop) -> dict[str, int]:
        """Of each kind, what the program started; and descriptors waited for."""
        counts: dict[str, int] = {}
        started: list[object] = [*list(loop.kept), *loop.due_for()]
        for watcher in started:
            if not isinstance(watcher, Armable):
                continue
            kind = type(watcher).__name__
            counts[kind] = counts.get(kind, 0) + 1
        for wait in waits_of(loop):
            subject = wait.subject
            if isinstance(subject, Armable):
                kind = f"{type(subject).__name__} (waited for)"
            elif isinstance(subject, Descriptor):
                kind = "descriptor (waited for)"
            else:
                continue
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    # -- greenlets --------------------------------------------------------------------

    def draw_greenlet(self, greenlet: raw_greenlet) -> GreenletPicture:
        _, _, is_scheduled, origin = parts_known_of(greenlet)
        spawner = None if origin is None else origin.spawning_greenlet()
        if spawner is None or id(spawner) not in self.alive:
            spawner = greenlet.parent
        entries = [] if origin is None else origin.entries()
        wait = self.waits.get(id(greenlet))
        picture: GreenletPicture = {
            "id": _address(greenlet),
            "kind": type(greenlet).__qualname__,
            "name": self.name_of(greenlet),
            "state": self._state_of(greenlet, wait, is_scheduled),
            "hub": self._hub_of(greenlet),
            "spawner": None if spawner is None else _address(spawner),
            "spawned_at": self._place(*_outside(entries)) if entries else None,
            "waits_for": None if wait is None else self._draw_wait(wait),
        }
        if self.with_stacks:
            picture["stack"] = _stack_lines(self._frame_of(greenlet))
        return picture

    def name_of(self, greenlet: raw_greenlet) -> str:
        """Return what a greenlet was called, or what it runs."""
        name, function, *_ = parts_known_of(greenlet)
        if isinstance(name, str):
            return name
        if id(greenlet) in self.numbers:
            return f"hub {self.numbers[id(greenlet)]}"
        if function is None and greenlet.parent is None:
            return "main greenlet"
        return _name_of_function(function, greenlet)

    def _state_of(
        self, greenlet: raw_greenlet, wait: Wait | None, is_scheduled: bool
    ) -> str:
        number = self.numbers.get(id(greenlet))
        if number is not None and is_polling(self.loops[number]):
            return "polling"
        if greenlet is self.current:
            return "running"
        if wait is not None:
            return "woken" if wait.is_woken else "waiting"
        if not raw_greenlet.__bool__(greenlet):
            return "starting" if is_scheduled else "new"
        return "running" if self._runs_elsewhere(greenlet) else "switched out"

    def _runs_elsewhere(self, greenlet: raw_greenlet) -> bool:
        """Whether another native thread is in it: it has no frame that is put aside."""
        number = self._hub_of(greenlet)
        return (
            number is not None
            and self.hubs[number].thread_ident != self.thread
            and id(greenlet) not in self.waits
            and greenlet.gr_frame is None
            and raw_greenlet.__bool__(greenlet)
        )

    def _hub_of(self, greenlet: raw_greenlet) -> int | None:
        above: raw_greenlet | None = greenlet
        while above is not None:
            number = self.numbers.get(id(above))
            if number is not None:
                return number
            above = above.parent
        for number, hub in enumerate(self.hubs):
            if hub.parent is greenlet:
                return number
        return None

    def _frame_of(self, greenlet: raw_greenlet) -> FrameType | None:
        if greenlet is self.current:
            return self.frame
        if self._runs_elsewhere(greenlet):
            hub = self.hubs[self._hub_of(greenlet) or 0]
            return self.frames.get(hub.thread_ident)
        return greenlet.gr_frame

    def _place(self, code: CodeType, offset: int) -> str:
        """Return "file:line in function" of one place in code, computed once."""
        place = self.places.get((code, offset))
        if place is None:
            place = self.places[code, offset] = _describe_place(code, offset)
        return place

    # -- what they wait for --------------------------------------------------------

    def _draw_wait(self, wait: Wait) -> WaitPicture:
        subject = wait.subject
        picture = self.pictures.get(id(subject))
        if picture is None:
            picture = self.pictures[id(subject)] = self._draw_subject(subject)
            need = self.known.need_of(subject)
            if need is not None:
                holders = need.greenlets()[:MOST_NAMES]
                picture["holders"] = [_address(each) for each in holders]
        if wait.seconds_left is None:
            return picture
        return {**picture, "seconds_left": round(wait.seconds_left, 3)}

    def _draw_subject(self, subject: object) -> WaitPicture:
        if subject is None:
            return {"kind": "switch", "text": "somebody to switch to it"}
        if isinstance(subject, str):
            return {"kind": subject, "text": subject}
        if type(subject) in (list, tuple, set, frozenset):
            return self._draw_collection(cast("list[object]", subject))
        kind = type(subject).__qualname__
        picture: WaitPicture = {
            "kind": kind,
            "text": f"{kind} at {_address(subject)}{self._describe_state(subject)}",
            "object": _address(subject),
        }
        fd = _fd_of(subject)
        if fd is not None:
            picture["fd"] = fd
            picture["text"] += f" fd={fd}"
            peer = _peer_of(fd)
            if peer is not None:
                picture["peer"] = peer
                picture["text"] += f" peer={peer}"
        return picture

    def _draw_collection(self, subjects: list[object]) -> WaitPicture:
        members = list(subjects)
        shown = [self._draw_subject(each)["text"] for each in members[:MOST_NAMES]]
        more = ", ..." if len(members) > MOST_NAMES else ""
        text = f"{len(members)} objects: {', '.join(shown)}{more}"
        return {"kind": "several", "text": text, "object": _address(subjects)}

    def _describe_state(self, subject: object) -> str:
        """What is worth knowing of an object of ours."""
        if isinstance(subject, raw_greenlet):
            return f" ({self.name_of(subject)})"
        if isinstance(subject, ReentrantLock):
            return f" taken {subject._count} times"
        if isinstance(subject, Semaphore):
            return f" counter={subject.counter}"
        if isinstance(subject, SimpleQueue) and _is_ours(subject):
            return f" items={subject.qsize()}"
        return ""


def _outside(entries: list[tuple[CodeType, int]]) -> tuple[CodeType, int]:
    """Return where the program was, rather than the code of ours that it had called."""
    for code, offset in entries:
        if not code.co_filename.startswith(_PACKAGE):
            return code, offset
    return entries[0]


def _draw_deadlock(deadlock: Deadlock) -> DeadlockPicture:
    return {
        "circle": [
            {
                "greenlet": _address(each.greenlet),
                "waits_for": f"{type(each.subject).__qualname__} at "
                f"{_address(each.subject)}",
                "holders": [_address(holder) for holder in each.holders],
                "stack": _stack_lines(each.greenlet.gr_frame),
            }
            for each in deadlock.circle
        ],
        "behind": [_address(each.greenlet) for each in deadlock.behind],
    }


def _lag_of(loop: Loop) -> float:
    """Return for how many seconds the loop has not looked at the clock; 0 in a poll."""
    if is_polling(loop):
        return 0.0
    return round(max(0.0, loop.wall_clock() - loop.now()), 6)


def _draw_pool(pool: object) -> PoolPicture | None:
    """Of a thread pool of ours; None: there is none yet, or it is another one."""
    if not isinstance(pool, ThreadPool):
        return None
    threads = pool.size
    return {
        "limit": pool.maxsize,
        "threads": threads,
        "busy": max(0, threads - len(pool._workers.idle)),
        "queued": len(pool.task_queue),
    }


def _thread_name(ident: int) -> str | None:
    """The name that ``threading`` knows, if the program uses it."""
    threading = sys.modules.get("threading")
    active: dict[int, object] = getattr(threading, "_active", {})
    name: object = getattr(active.get(ident), "_name", None)
    return name if isinstance(name, str) else None


def _address(each: object) -> str:
    return f"0x{id(each):x}"


def _is_ours(subject: object) -> bool:
    return type(subject).__module__.partition(".")[0] == "gevent"


def _name_of_function(function: object, greenlet: raw_greenlet) -> str:
    if isinstance(function, MethodType):
        function = function.__func__
    if isinstance(function, FunctionType):
        return function.__qualname__
    if function is not None:
        kind = type(function)
        if kind.__name__ in ("builtin_function_or_method", "cython_function_or_method"):
            return str(getattr(function, "__qualname__", kind.__qualname__))
        return kind.__qualname__
    return type(greenlet).__qualname__


def _fd_of(subject: object) -> int | None:
    """Return the descriptor that is waited for, if it is one."""
    if isinstance(subject, Armable | Descriptor):
        fd: object = getattr(subject, "fd", None)
        return fd if isinstance(fd, int) and fd >= 0 else None
    return None


def _peer_of(fd: int) -> str | None:
    """Return who is at the other end of a socket, if there is one."""
    peer: object
    try:
        # Copied: whatever happens here, the program's own stays open.
        number = os.dup(fd)
    except OSError:
        return None
    try:
        copy = _socket.socket(fileno=number)
    except OSError:
        os.close(number)  # it is something else
        return None
    try:
        peer = copy.getpeername()
    except OSError:
        return None
    finally:
        copy.close()
    if isinstance(peer, tuple):
        host, port, *_ = cast("tuple[object, ...]", peer)
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    return os.fsdecode(peer) if isinstance(peer, str | bytes) and peer else "unix"


def _describe_place(code: CodeType, offset: int) -> str:
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            break
    else:
        line = code.co_firstlineno
    return f"{code.co_filename}:{line} in {code.co_qualname}"


def _stack_lines(frame: FrameType | None) -> list[str]:
    """Return "file:line in function" of a frame and its callers, innermost first."""
    return [
        f"{each.f_code.co_filename}:{line} in {each.f_code.co_qualname}"
        for number, (each, line) in enumerate(walk_callers(frame))
        if number < MOST_FRAMES
    ]
