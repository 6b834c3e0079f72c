"""Makes the standard library cooperative: the home of ``gevent.monkey``.

Every function imports what it needs when it is called, so that importing this module
loads nothing that a program may want to patch, or not to patch.
"""

from __future__ import annotations

from gevent._base.publish import publish
from gevent.patch import twins
from gevent.patch.attributes import (
    get_original,
    is_module_patched,
    is_object_patched,
)
from gevent.patch.attributes import is_anything_patched as is_anything_patched
from gevent.patch.attributes import patch_item as patch_item
from gevent.patch.attributes import remove_item as remove_item
from gevent.patch.attributes import saved as saved
from gevent.patch.call import Call
from gevent.patch.command import main
from gevent.patch.everything import patch_everything
from gevent.patch.modules import patch_module
from gevent.patch.threads import patch_threads
from gevent.patch.warn import MonkeyPatchWarning

__all__ = (
    "MonkeyPatchWarning",
    "get_original",
    "is_module_patched",
    "is_object_patched",
    "main",
    "patch_all",
    "patch_builtins",
    "patch_contextvars",
    "patch_dns",
    "patch_module",
    "patch_os",
    "patch_queue",
    "patch_select",
    "patch_selectors",
    "patch_signal",
    "patch_socket",
    "patch_ssl",
    "patch_subprocess",
    "patch_sys",
    "patch_thread",
    "patch_time",
)


def patch_all(
    socket: bool = True,
    dns: bool = True,
    time: bool = True,
    select: bool = True,
    thread: bool = True,
    os: bool = True,
    ssl: bool = True,
    subprocess: bool = True,
    sys: bool = False,
    aggressive: bool = True,
    Event: bool = True,
    builtins: bool = True,
    signal: bool = True,
    queue: bool = True,
    contextvars: bool = True,
    **kwargs: object,
) -> bool | None:
    """Make the standard library cooperative; as early in the program as possible.

    A second call patches what no call before asked for; nothing is unpatched.

    Args:
        socket: Whether to patch ``socket``.
        dns: Whether that includes the look-up of names.
        time: Whether to patch ``time.sleep``.
        select: Whether to patch ``select`` and ``selectors``.
        thread: Whether to patch ``_thread`` and ``threading``.
        os: Whether to patch ``os``: child processes and ``close``.
        ssl: Whether to patch ``ssl``.
        subprocess: Whether to patch ``subprocess``.
        sys: Does nothing (deprecated).
        aggressive: Whether to remove what cannot be made cooperative.
        Event: Whether to patch ``threading.Event``.
        builtins: Does nothing (deprecated).
        signal: Whether to patch ``signal``: handlers of SIGCHLD.
        queue: Whether to patch ``queue``.
        contextvars: Does nothing (deprecated).
        kwargs: For subscribers to the events.

    Returns:
        True when something was patched, False when a subscriber to
        ``GeventWillPatchAllEvent`` was against it, None when nothing was left to do.

    Blocking:
        Never switches.
    Thread safety:
        Only in the main thread, before there are others; elsewhere it warns.
    """
    arguments = {
        "socket": socket,
        "dns": dns,
        "time": time,
        "select": select,
        "thread": thread,
        "os": os,
        "ssl": ssl,
        "subprocess": subprocess,
        "sys": sys,
        "aggressive": aggressive,
        "Event": Event,
        "builtins": builtins,
        "signal": signal,
        "queue": queue,
        "contextvars": contextvars,
    }
    with Call() as call:
        return patch_everything(arguments, kwargs, call, saved)


def patch_os() -> None:
    """Replace what ``os`` has for child processes, and ``os.close``."""
    with Call() as call:
        twins.patch_os(call)


def patch_time() -> None:
    """Replace ``time.sleep``."""
    with Call() as call:
        twins.patch_time(call)


def patch_contextvars() -> None:
    """Do nothing: greenlets have contexts of their own (deprecated)."""


def patch_thread(
    threading: bool = True,
    _threading_local: bool = True,
    Event: bool = True,
    logging: bool = True,
    existing_locks: bool = True,
) -> None:
    """Replace ``_thread``, so that threads are greenlets.

    Args:
        threading: Whether to patch ``threading``, too.
        _threading_local: Whether to patch ``_threading_local``, too.
        Event: Whether *threading* includes ``threading.Event``.
        logging: Whether ``logging`` gets new locks.
        existing_locks: Whether import locks and Python RLocks that this thread holds
            stay held, and locks of the program that nobody holds, made before, are
            made cooperative, where that is possible.

    Thread safety:
        Only in the main thread, before there are others; elsewhere it warns.
    """
    with Call() as call:
        patch_threads(call, threading, _threading_local, Event, logging, existing_locks)


def patch_socket(dns: bool = True, aggressive: bool = True) -> None:
    """Replace the sockets of ``socket``.

    Args:
        dns: Whether to patch the look-up of names, too.
        aggressive: Does nothing (deprecated).
    """
    del aggressive
    with Call() as call:
        twins.patch_socket(call, dns)


def patch_dns() -> None:
    """Replace the functions of ``socket`` that look names up."""
    with Call() as call:
        twins.patch_dns(call)


def patch_ssl() -> None:
    """Replace the sockets and contexts of ``ssl``.

    Warns if somebody holds the unpatched ``SSLContext``.
    """
    with Call() as call:
        twins.patch_ssl(call)


def patch_select(aggressive: bool = True) -> None:
    """Replace ``select.select`` and ``select.poll``.

    Args:
        aggressive: Whether to remove ``epoll`` and the like, which block the thread.
    """
    with Call() as call:
        twins.patch_select(call, aggressive)


def patch_selectors(aggressive: bool = True) -> None:
    """Replace ``selectors.DefaultSelector``.

    Args:
        aggressive: Whether to remove the selectors that block the thread.
    """
    with Call() as call:
        twins.patch_selectors(call, aggressive)


def patch_subprocess() -> None:
    """Replace ``subprocess.Popen`` and the functions that use it."""
    with Call() as call:
        twins.patch_subprocess(call)


def patch_builtins() -> None:
    """Do nothing (deprecated)."""


def patch_signal() -> None:
    """Replace ``signal.signal``, ``getsignal`` and ``set_wakeup_fd``.

    Patch ``os`` as well, so that both agree on who hears of child processes.
    """
    with Call() as call:
        twins.patch_signal(call)


def patch_queue() -> None:
    """Replace the classes of ``queue``.

    ``queue.Queue`` stays with ``GEVENT_MONKEY_DISABLE_QUEUE_QUEUE=1``.
    """
    with Call() as call:
        twins.patch_queue(call)


def patch_sys(stdin: bool = True, stdout: bool = True, stderr: bool = True) -> None:
    """Do nothing: the standard streams are the program's own (deprecated)."""
    del stdin, stdout, stderr


publish(__name__, "gevent.monkey")
