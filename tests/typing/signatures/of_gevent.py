"""Every signature of ``gevent``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, assert_type

from gevent import spawn, spawn_later
from gevent.greenlet import Greenlet

_P = ParamSpec("_P")
_T = TypeVar("_T")


def of_spawn(run: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> None:
    assert_type(spawn(run, *args, **kwargs), Greenlet[_P, _T])


def of_spawn_later(
    seconds: float, run: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> None:
    assert_type(spawn_later(seconds, run, *args, **kwargs), Greenlet[_P, _T])
