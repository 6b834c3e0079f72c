"""``patch_all``: the order in which modules are patched, and what was asked before.

A second call that asks for more patches all that any call asked for, which changes
nothing where it was done before. Nothing is ever unpatched.
"""

from __future__ import annotations

import sys

from gevent.patch import twins
from gevent.patch.announce import ask, tell
from gevent.patch.threads import patch_threads

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from gevent.patch.call import Call

    _Settings: TypeAlias = Mapping[str, object]

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


def _patch_polling(settings: _Settings, call: Call) -> None:
    both = [twins.patch_select, twins.patch_selectors]
    if sys.version_info >= (3, 14):
        # The other order would make a hub there.
        both.reverse()
    for patch in both:
        patch(call, bool(settings["aggressive"]))


# The argument of `patch_all` that asks for it, and how it is done; in this order.
_STEPS: tuple[tuple[str, Callable[[_Settings, Call], object]], ...] = (
    ("os", lambda _, w: twins.patch_os(w)),
    ("thread", lambda s, w: patch_threads(w, Event=bool(s["Event"]))),
    ("time", lambda _, w: twins.patch_time(w)),
    ("socket", lambda s, w: twins.patch_socket(w, bool(s["dns"]))),
    ("select", _patch_polling),
    ("ssl", lambda _, w: twins.patch_ssl(w)),
    ("subprocess", lambda _, w: twins.patch_subprocess(w)),
    ("signal", lambda _, w: twins.patch_signal(w)),
    ("queue", lambda _, w: twins.patch_queue(w)),
)


def patch_everything(
    arguments: _Settings,
    others: _Settings,
    call: Call,
    saved: dict[str, dict[str, object]],
) -> bool | None:
    """Patch what *arguments* or a call before ask for, unless that was all done.

    Args:
        arguments: A value for every name of ``DEFAULTS``.
        others: What subscribers get besides.
        call: Of which it is a part.
        saved: Where the settings are remembered; programs put another one there.

    Returns:
        True when something was patched, False when a subscriber was against all of
        it, None when there was nothing to do.
    """
    before = saved.get(_SETTINGS)
    news = _what_is_new(arguments, before, call)
    if not any(news.values()):
        return None
    if not ask(call, "GeventWillPatchAllEvent", news, others):
        # Not remembered: the next call may be allowed.
        return False
    call.undo_by(_forget_settings, saved, before)
    settings = saved[_SETTINGS] = {**(before or arguments), **news}
    _warn_about_signals(settings, call)
    for argument, patch in _STEPS:
        if settings[argument]:
            patch(settings, call)
    call.commit()
    tell(call, "GeventDidPatchBuiltinModulesEvent", news, others)
    tell(call, "GeventDidPatchAllEvent", news, others)
    return True


def _what_is_new(
    arguments: _Settings, before: _Settings | None, call: Call
) -> _Settings:
    if before is None:
        return arguments
    if dict(arguments) != before:
        call.add(
            "Patching more than once will result in the union of all True parameters "
            "being patched"
        )
    return {
        name: value
        for name, value in arguments.items()
        if value and not before.get(name)
    }


def _forget_settings(
    saved: dict[str, dict[str, object]], before: dict[str, object] | None
) -> None:
    if before is None:
        saved.pop(_SETTINGS, None)
    else:
        saved[_SETTINGS] = before


def _warn_about_signals(settings: _Settings, call: Call) -> None:
    if settings["signal"] and not settings["os"]:
        call.add(
            "Patching signal but not os will result in SIGCHLD handlers installed "
            "after this not being called and os.waitpid may not function correctly if "
            "gevent.subprocess is used. This may raise an error in the future."
        )
