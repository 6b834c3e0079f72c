"""The clocks of the module ``time``, replaced for threads that live in virtual time.

* CLOCK1  The functions are replaced while any thread lives in virtual time, for whom it
  was asked; in all other threads they call the real ones.
* CLOCK2  The last one to leave puts back what was there, unless somebody has replaced
  it meanwhile.

Threads: the lock guards who lives where and what is replaced.
"""

from __future__ import annotations

import os
import time
from _thread import allocate_lock, get_ident
from typing import TYPE_CHECKING

from gevent._hub.hub import sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent._loop.virtual import VirtualLoop

__all__ = ("replaced_clocks",)

NANOSECONDS = 10**9

# Which threads live in virtual time, and what was there before (CLOCK1). In a forked
# child only the thread that forked is left of them.
_loops: dict[int, VirtualLoop] = {}
_real: dict[str, Callable[..., object]] = {}
_lock = allocate_lock()


def _keep_survivor() -> None:
    me = get_ident()
    for each in [ident for ident in _loops if ident != me]:
        del _loops[each]


os.register_at_fork(after_in_child=_keep_survivor)


class replaced_clocks:
    """A context in which the clocks of the calling thread are those of a loop."""

    def __init__(self, loop: VirtualLoop):
        self._loop = loop

    def __enter__(self) -> None:
        with _lock:
            if not _loops:
                for name, function in _REPLACEMENTS.items():
                    _real[name] = getattr(time, name)
                    setattr(time, name, function)
            _loops[get_ident()] = self._loop

    def __exit__(self, *exc_info: object) -> None:
        with _lock:
            del _loops[get_ident()]
            if _loops:
                return
            for name, function in _REPLACEMENTS.items():
                if getattr(time, name) is function:
                    setattr(time, name, _real[name])


def _time() -> object:
    loop = _loops.get(get_ident())
    return _real["time"]() if loop is None else loop.wall_clock()


def _time_ns() -> object:
    loop = _loops.get(get_ident())
    if loop is None:
        return _real["time_ns"]()
    # Apart: the sum has no place for nanoseconds.
    return _nanoseconds(loop.wall_start) + _nanoseconds(loop.read_clock())


def _monotonic() -> object:
    loop = _loops.get(get_ident())
    return _real["monotonic"]() if loop is None else loop.read_clock()


def _monotonic_ns() -> object:
    loop = _loops.get(get_ident())
    if loop is None:
        return _real["monotonic_ns"]()
    return _nanoseconds(loop.read_clock())


def _perf_counter() -> object:
    loop = _loops.get(get_ident())
    return _real["perf_counter"]() if loop is None else loop.read_clock()


def _perf_counter_ns() -> object:
    loop = _loops.get(get_ident())
    if loop is None:
        return _real["perf_counter_ns"]()
    return _nanoseconds(loop.read_clock())


def _sleep(seconds: float, /) -> None:
    if get_ident() not in _loops:
        _real["sleep"](seconds)
        return
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    sleep(seconds)  # switches


def _nanoseconds(seconds: float) -> int:
    return round(seconds * NANOSECONDS)


_REPLACEMENTS: dict[str, Callable[..., object]] = {
    "time": _time,
    "time_ns": _time_ns,
    "monotonic": _monotonic,
    "monotonic_ns": _monotonic_ns,
    "perf_counter": _perf_counter,
    "perf_counter_ns": _perf_counter_ns,
    "sleep": _sleep,
}
