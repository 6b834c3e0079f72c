"""Sends the events of patching.

Nearly always nobody listens. Then neither ``gevent.events`` with its interfaces is
imported nor ``importlib.metadata``, which takes 20 ms and imports modules that the
program is about to patch.
"""

from __future__ import annotations

import os
import sys

from gevent._base.emission import listening

__all__ = ("ask", "tell")

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from gevent.patch.call import Call

# How the names of the groups of entry points begin, in a file of any distribution.
_GROUPS = b"gevent.plugins.monkey."

# sys.path -> whether a distribution there declares one; the latest only.
_plugged: dict[tuple[str, ...], bool] = {}


def ask(call: Call, class_name: str, *args: object) -> bool:
    """Send a will-patch event.

    Args:
        call: Signals wait for its end, but may come while subscribers run.
        class_name: Name of a class in ``gevent.events``.
        args: Its arguments.

    Returns:
        False if somebody raised ``DoNotPatch``.

    Raises:
        BaseException: Whatever else a subscriber or an entry point raises.
    """
    if not _anybody():
        return True
    from gevent._base import events

    try:
        with call.open_to_signals():
            events.notify_and_call_entry_points(getattr(events, class_name)(*args))
    except events.DoNotPatch:
        return False
    return True


def tell(call: Call, class_name: str, *args: object) -> None:
    """Send a did-patch event; see :func:`ask`."""
    if _anybody():
        from gevent._base import events

        with call.open_to_signals():
            events.notify_and_call_entry_points(getattr(events, class_name)(*args))


def _anybody() -> bool:
    return listening() or _has_plugins()


def _has_plugins() -> bool:
    searched = tuple(sys.path)
    if searched not in _plugged:
        _plugged.clear()
        _plugged[searched] = _has_unusual_finder() or any(map(_declares_one, searched))
    return _plugged[searched]


def _has_unusual_finder() -> bool:
    """Whether distributions may be found in other ways than by looking into folders."""
    return any(
        hasattr(finder, "find_distributions")
        and getattr(finder, "__module__", "") != "_frozen_importlib_external"
        for finder in sys.meta_path
    )


def _declares_one(place: str) -> bool:
    """Whether a distribution in a place of ``sys.path`` has an entry point for us."""
    try:
        names = os.listdir(place or os.curdir)
    except NotADirectoryError:
        # An archive: have it looked into properly.
        return True
    except OSError:
        return False
    return any(
        _GROUPS in _content(os.path.join(place, name, "entry_points.txt"))
        for name in names
        if name.endswith((".dist-info", ".egg-info", ".egg", "EGG-INFO"))
    )


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
