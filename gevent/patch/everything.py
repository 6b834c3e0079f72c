"""``patch_all``: the order in which modules are patched, and what was asked before.

A second call patches the difference: modules and parts of them that no call before
asked for. Nothing is ever unpatched.
"""

from __future__ import annotations

import sys

from gevent.patch import twins
from gevent.patch.announce import ask, tell
from gevent.patch.attributes import saved
from gevent.patch.threads import patch_threads

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from gevent.patch.warn import Warnings

    Settings: TypeAlias = Mapping[str, object]

__all__ = ("DEFAULTS", "patch_everything")

#: The arguments of ``patch_all`` and what they are unless given.
DEFAULTS = {
    "socket": True,
    "dns": True,
    "time": True,
    "select": True,
    "thread": True,
    "os": True,
    "ssl": True,
    "subprocess": True,
    "sys": False,
    "aggressive": True,
    "Event": True,
    "builtins": True,
    "signal": True,
    "queue": True,
    "contextvars": True,
}

# Where the settings are remembered, in `saved`: tools that look there know the name.
_SETTINGS = "_gevent_saved_patch_all_module_settings"


class _Step:
    """One module: the argument that asks for it, and those that say how."""

    def __init__(
        self,
        argument: str,
        patch: Callable[[Settings, Warnings], object],
        *details: str,
    ) -> None:
        self._argument = argument
        self._patch = patch
        self._details = details

    def run(self, settings: Settings, news: Settings, warnings: Warnings) -> None:
        """Patch the module if it is asked for and something about that is new."""
        names = (self._argument, *self._details)
        if settings[self._argument] and any(news.get(name) for name in names):
            self._patch(settings, warnings)


_POLLING = (
    _Step(
        "select",
        lambda s, w: twins.patch_select(w, bool(s["aggressive"])),
        "aggressive",
    ),
    _Step(
        "select",
        lambda s, w: twins.patch_selectors(w, bool(s["aggressive"])),
        "aggressive",
    ),
)
_STEPS = (
    _Step("os", lambda _, w: twins.patch_os(w)),
    _Step("thread", lambda s, w: patch_threads(w, Event=bool(s["Event"])), "Event"),
    _Step("time", lambda _, w: twins.patch_time(w)),
    _Step("socket", lambda s, w: twins.patch_socket(w, bool(s["dns"])), "dns"),
    # Since 3.14 the other order would make a hub.
    *(_POLLING if sys.version_info < (3, 14) else reversed(_POLLING)),
    _Step("ssl", lambda _, w: twins.patch_ssl(w)),
    _Step("subprocess", lambda _, w: twins.patch_subprocess(w)),
    _Step("signal", lambda _, w: twins.patch_signal(w)),
    _Step("queue", lambda _, w: twins.patch_queue(w)),
)


def patch_everything(
    arguments: Settings, others: Settings, warnings: Warnings
) -> bool | None:
    """Patch what *arguments* ask for and no call before did.

    Args:
        arguments: A value for every name of ``DEFAULTS``.
        others: What subscribers get besides.
        warnings: Where warnings go.

    Returns:
        True when something was patched, False when a subscriber was against all of
        it, None when there was nothing to do.
    """
    before = saved.get(_SETTINGS)
    news = _what_is_new(arguments, before, warnings)
    if not any(news.values()):
        return None
    if not ask("GeventWillPatchAllEvent", news, others):
        # Not remembered: the next call may be allowed.
        return False
    settings = saved[_SETTINGS] = {**(before or arguments), **news}
    _warn_about_signals(settings, warnings)
    for step in _STEPS:
        step.run(settings, news, warnings)
    tell("GeventDidPatchBuiltinModulesEvent", news, others)
    tell("GeventDidPatchAllEvent", news, others)
    return True


def _what_is_new(
    arguments: Settings, before: Settings | None, warnings: Warnings
) -> Settings:
    if before is None:
        return arguments
    if dict(arguments) != before:
        warnings.add(
            "Patching more than once: all that any of the calls asked for is patched, "
            "nothing is unpatched"
        )
    return {
        name: value
        for name, value in arguments.items()
        if value and not before.get(name)
    }


def _warn_about_signals(settings: Settings, warnings: Warnings) -> None:
    if settings["signal"] and not settings["os"]:
        warnings.add(
            "Patching signal but not os: handlers of SIGCHLD may not be called, and "
            "os.waitpid may take the status of children of gevent.subprocess"
        )
