"""Which loop of asyncio runs where a future ends, told by greenlet.

asyncio knows one running loop per native thread. Since 3.14 it asks for that one when a
future of ``concurrent.futures`` ends: the loop that runs there is told, but not woken.
A greenlet that is a thread ends such a future in the native thread of the loop, which
meanwhile waits in another greenlet, and must be woken.
"""

from __future__ import annotations

import sys
from functools import wraps

from greenlet import getcurrent

# Spelled out instead of imported: typing costs more than all of this module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ("forget_loop", "is_thread", "own_loop", "wake_loops")

_NEEDS_WAKING = sys.version_info >= (3, 14)


# By numbers of greenlets. In a forked child those of other threads stay, never to run
# again, and no other greenlet gets their numbers.
#
# The loop that runs in a greenlet that is a thread, by its number.
_loops: dict[int, object] = {}
# The loop that runs in the other greenlets of a native thread, by number of its root;
# in a forked child as above.
_others: dict[int, object] = {}

# How asyncio calls what asks for the running loop, or sets it.
_ASKING = ("_get_running_loop", "get_running_loop", "get_event_loop", "_get_event_loop")


def own_loop(ident: int) -> None:
    """Let a greenlet be a thread, in which no loop runs yet."""
    _loops[ident] = None


def is_thread(ident: int) -> bool:
    """Tell whether a greenlet is a thread, other than the root of a native one."""
    return ident in _loops


def forget_loop(ident: int) -> None:
    """The thread has ended."""
    _loops.pop(ident, None)


def _place() -> tuple[dict[int, object], int]:
    """Return where the loop of the current thread is kept, and under which number."""
    current = getcurrent()
    while id(current) not in _loops:
        parent = current.parent
        if parent is None:
            return _others, id(current)
        current = parent
    return _loops, id(current)


def _note_owner(loop: object) -> None:
    """Say whose the loop is that runs in the calling native thread, if one does."""
    ident: int | None = getattr(loop, "_thread_id", None)
    if loop is None:
        return
    if ident in _loops:
        _loops[ident] = loop
    else:
        root = getcurrent()
        while root.parent is not None:
            root = root.parent
        _others[id(root)] = loop


def separate_loops() -> None:
    """Let asyncio keep apart the loops of the threads in one native thread."""
    events = sys.modules.get("asyncio.events")
    if events is None or hasattr(events, "_gevent_set_running_loop"):
        return
    names = vars(events)
    if getattr(names.get("__spec__"), "_initializing", False):
        return
    native_get: Callable[[], object] = names["_get_running_loop"]
    native_set: Callable[[object], object] = names["_set_running_loop"]

    def refresh() -> None:
        places, number = _place()
        running = native_get()
        wanted = places.get(number)
        if number not in places and not any(
            running is each for each in _loops.values()
        ):
            # It was there before it was asked for here.
            return
        if wanted is not running:
            native_set(wanted)

    def _set_running_loop(loop: object) -> None:
        """Set the running loop of the current thread, which may be a greenlet."""
        places, number = _place()
        if loop is None and places is _others:
            places.pop(number, None)
        else:
            places[number] = loop
        native_set(loop)

    def asking(native: Callable[..., object]) -> Callable[..., object]:
        @wraps(native)
        def ask(*args: object, **kwargs: object) -> object:
            refresh()
            return native(*args, **kwargs)

        return ask

    _note_owner(native_get())
    replacements: dict[str, object] = {
        name: asking(names[name]) for name in _ASKING if name in names
    }
    replacements["_set_running_loop"] = _set_running_loop
    names["_gevent_set_running_loop"] = _set_running_loop
    for name, replacement in replacements.items():
        names[name] = replacement
        package = vars(sys.modules["asyncio"])
        if name in package:
            package[name] = replacement


class _Events:
    """``asyncio.events`` as ``asyncio.futures`` sees it."""

    def __init__(self, events: ModuleType) -> None:
        self._events = events

    def __getattr__(self, name: str) -> object:
        return getattr(self._events, name)

    def _get_running_loop(self) -> object:
        """Return the loop that runs in the current thread, which may be a greenlet."""
        loop: object = self._events._get_running_loop()
        # Loops in C do not say in which thread they run.
        ident: int | None = getattr(loop, "_thread_id", None)
        if ident is None or ident == sys.modules["threading"].get_ident():
            return loop
        return None


def wake_loops() -> None:
    """Let futures wake loops, if asyncio is there; called for each new thread.

    Not done while patching: that would load asyncio.
    """
    separate_loops()
    futures = sys.modules.get("asyncio.futures") if _NEEDS_WAKING else None
    events = getattr(futures, "events", None)
    if events is not None and not isinstance(events, _Events):
        vars(futures)["events"] = _Events(events)
