"""Patches the standard library module by module, each with its counterpart here.

Every function imports what it needs when it is called: what a program does not patch
is not loaded. Each takes the :class:`Call` that it is part of.
"""

from __future__ import annotations

import os as _stdlib_os
import sys

from gevent._base.config import validate_bool
from gevent.patch.attributes import get_original, is_object_patched
from gevent.patch.modules import patch_twin

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from gevent.patch.call import Call

__all__ = (
    "patch_dns",
    "patch_os",
    "patch_queue",
    "patch_select",
    "patch_selectors",
    "patch_signal",
    "patch_socket",
    "patch_ssl",
    "patch_subprocess",
    "patch_time",
)

# They would block the whole thread, with all its greenlets.
_KERNEL_POLLERS = ("epoll", "kqueue", "kevent", "devpoll")
_KERNEL_SELECTORS = ("EpollSelector", "KqueueSelector", "DevpollSelector")

_QUEUES = ("SimpleQueue", "PriorityQueue", "LifoQueue")
# A boolean; true keeps `queue.Queue`, whose attributes some programs reach into.
_KEEP_QUEUE = "GEVENT_MONKEY_DISABLE_QUEUE_QUEUE"


def patch_os(call: Call) -> None:
    """Patch ``os``."""
    from gevent.net import os as home

    if patch_twin("os", home, call) is not None:
        _patch_process_locks(call)
        _adjust_connections(sys.modules.get("multiprocessing.connection"), home, call)


def _patch_process_locks(call: Call) -> None:
    """Patch what ``multiprocessing`` makes its locks of, where there is such."""
    from gevent.net.process.semlock import make_class

    try:
        __import__("_multiprocessing")
        native = sys.modules["_multiprocessing"]
        kind = make_class(native.SemLock)
    except (ImportError, AttributeError, TypeError):
        return
    if not is_object_patched("_multiprocessing", "SemLock"):
        call.patch_item(native, "SemLock", kind)


def _adjust_connections(
    connections: ModuleType | None, home: ModuleType, call: Call
) -> None:
    """Give the pipes of ``multiprocessing`` the functions that they have copies of."""
    kind = getattr(connections, "Connection", None)
    for method, name in (("_recv", "read"), ("_send", "write")):
        function = getattr(kind, method, None)
        defaults = (get_original("os", name),)
        if function is not None and function.__defaults__ == defaults:
            call.undo_by(setattr, function, "__defaults__", defaults)
            function.__defaults__ = (getattr(home, name),)


def patch_time(call: Call) -> None:
    """Patch ``time.sleep``."""
    from gevent.sync import time as home

    patch_twin("time", home, call)


def patch_socket(call: Call, dns: bool) -> None:
    """Patch ``socket``, with or without the look-up of names."""
    from gevent.net import socket as home

    names: list[str] = getattr(home, "__implements__")  # noqa: B009  # put in by mirror
    items = [name for name in names if dns or name not in home.__dns__]
    patch_twin("socket", home, call, items)


def patch_dns(call: Call) -> None:
    """Patch the look-up of names in ``socket``."""
    from gevent.net import socket as home

    patch_twin("socket", home, call, home.__dns__)


def patch_select(call: Call, aggressive: bool) -> None:
    """Patch ``select``; *aggressive* removes what is not cooperative."""
    from gevent.net import select as home

    module = patch_twin("select", home, call)
    if module is None:
        return
    if aggressive:
        _remove(call, module, _KERNEL_POLLERS)
    if "selectors" in sys.modules:
        _adjust_selectors(call, sys.modules["selectors"], home)


def patch_selectors(call: Call, aggressive: bool) -> None:
    """Patch ``selectors``; *aggressive* removes what is not cooperative."""
    from gevent.net import select, selectors

    module = patch_twin("selectors", selectors, call)
    if module is None:
        return
    if aggressive:
        _remove(call, module, _KERNEL_SELECTORS)
    _adjust_selectors(call, module, select)


def _adjust_selectors(call: Call, selectors: ModuleType, select: ModuleType) -> None:
    """Give the selectors that stay the cooperative functions: they have copies."""
    call.assign(selectors.SelectSelector, "_select", staticmethod(select.select))
    if hasattr(selectors, "PollSelector"):
        call.assign(selectors.PollSelector, "_selector_cls", select.poll)


def _remove(call: Call, module: ModuleType, names: tuple[str, ...]) -> None:
    for name in names:
        call.remove_item(module, name)


def patch_ssl(call: Call) -> None:
    """Patch ``ssl``; say so if somebody copied its classes before."""
    from gevent.patch.tls import describe_holders

    too_late = describe_holders()
    from gevent.net import ssl as home

    if patch_twin("ssl", home, call) is not None and too_late is not None:
        call.add(too_late)


def patch_subprocess(call: Call) -> None:
    """Patch ``subprocess``."""
    from gevent.net import subprocess as home

    if patch_twin("subprocess", home, call) is not None:
        call.at_the_end(_let_multiprocessing_fork)


def _let_multiprocessing_fork() -> None:
    """Choose the only way of ``multiprocessing`` that starts no server of its own.

    It is the default where this does nothing.
    """
    is_needed = sys.version_info >= (3, 14) or sys.platform == "darwin"
    if not is_needed:
        return
    import multiprocessing

    if multiprocessing.get_start_method(allow_none=True) is None:
        multiprocessing.set_start_method("fork")


def patch_signal(call: Call) -> None:
    """Patch ``signal``."""
    from gevent.net import signal as home

    patch_twin("signal", home, call)


def patch_queue(call: Call) -> None:
    """Patch ``queue``."""
    from gevent.sync import queue as home
    from gevent.sync.queue_waiters import Mode

    keep = validate_bool(_stdlib_os.environ.get(_KEEP_QUEUE, ""))
    patch_twin("queue", home, call, [*_QUEUES, *(() if keep else ("Queue",))])
    call.undo_by(setattr, Mode, "follows_stdlib", Mode.follows_stdlib)
    Mode.follows_stdlib = True
