"""Coroutine-based networking: code that blocks only its own greenlet."""

from __future__ import annotations

from gevent._base.built import demand_greenlet as _demand_greenlet
from gevent._base.gil import demand_gil as _demand_gil
from gevent._base.pure import install_if_requested as _install_if_requested

_demand_gil()
_install_if_requested()
_demand_greenlet()

from sys import getswitchinterval, setswitchinterval

from gevent._base.checking import NamedTuple as _NamedTuple
from gevent._base.config import config
from gevent._base.exceptions import Cancelled
from gevent._base.version import __version__
from gevent._hub.cancellation import (
    CancelScope,
    check_cancelled,
    fail_after,
    move_on_after,
)
from gevent._hub.greenlet import Greenlet, joinall, killall
from gevent._hub.hub import (
    GreenletExit,
    get_hub,
    getcurrent,
    idle,
    kill,
    reinit,
    sleep,
    spawn_raw,
)
from gevent._hub.hub import signal as signal_handler
from gevent._hub.run_info import set_run_info as _set_run_info
from gevent._hub.timeout import Timeout, with_timeout
from gevent._hub.wait import iwait, wait
from gevent.net.os import fork
from gevent.sync import event as event  # programs expect it with the package
from gevent.sync.introspection import describe_run as _describe_run
from gevent.sync.introspection import find_deadlocks as _find_deadlocks
from gevent.sync.introspection.door import open_at_import as _open_door
from gevent.sync.runner import run
from gevent.sync.taskgroup import TaskGroup

_set_run_info(_describe_run, _find_deadlocks)
_open_door()


class _VersionInfo(_NamedTuple):
    """The parts of ``__version__`` (deprecated: parse that)."""

    major: int
    minor: int
    micro: int
    releaselevel: str
    serial: int


_major, _minor, _micro = (int(part) for part in __version__.split("."))
version_info = _VersionInfo(_major, _minor, _micro, "final", 0)

spawn = Greenlet.spawn
spawn_later = Greenlet.spawn_later

__all__ = (
    "CancelScope",
    "Cancelled",
    "Greenlet",
    "GreenletExit",
    "TaskGroup",
    "Timeout",
    "check_cancelled",
    "config",
    "fail_after",
    "fork",
    "get_hub",
    "getcurrent",
    "getswitchinterval",
    "idle",
    "iwait",
    "joinall",
    "kill",
    "killall",
    "move_on_after",
    "reinit",
    "run",
    "setswitchinterval",
    "signal_handler",
    "sleep",
    "spawn",
    "spawn_later",
    "spawn_raw",
    "wait",
    "with_timeout",
)
