from collections.abc import Callable
from sys import getswitchinterval, setswitchinterval
from typing import NamedTuple, ParamSpec, TypeVar

from gevent._config import config
from gevent._hub.hub import GreenletExit, getcurrent, spawn_raw
from gevent.cancellation import (
    CancelScope,
    check_cancelled,
    fail_after,
    move_on_after,
)
from gevent.exceptions import Cancelled
from gevent.greenlet import Greenlet, joinall, killall
from gevent.hub import get_hub, idle, iwait, kill, reinit, sleep, wait
from gevent.hub import signal as signal_handler
from gevent.os import fork
from gevent.runner import run
from gevent.taskgroup import TaskGroup
from gevent.timeout import Timeout, with_timeout

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

_P = ParamSpec("_P")
_T = TypeVar("_T")

__version__: str

class _VersionInfo(NamedTuple):
    major: int
    minor: int
    micro: int
    releaselevel: str
    serial: int

version_info: _VersionInfo

# Greenlet.spawn and Greenlet.spawn_later, as they are for that class.
def spawn(
    run: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> Greenlet[_P, _T]: ...
def spawn_later(
    seconds: float, run: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> Greenlet[_P, _T]: ...
