"""What the interpreter keeps per native thread, and a thread of greenlets has its own.

These are the functions of ``sys.settrace`` and ``sys.setprofile``, and the loop of
asyncio that runs: of all greenlets of a native thread those that are threads get their
own, all others share what the native thread has.
"""

from __future__ import annotations

import sys

import greenlet

from gevent._base.checking import TYPE_CHECKING
from gevent.sync.threads.running_loop import forget_loop, own_loop, wake_loops

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias, TypeVar

    _T = TypeVar("_T")
    _Hooks: TypeAlias = tuple[object, object]

__all__ = ("ThreadBody", "as_thread")

# Of threads that are traced, while they do not run; by number of the greenlet. No other
# gets that in a forked child, where those of lost threads stay.
_traced: dict[int, _Hooks] = {}
# What all other greenlets of a native thread have, by number of its root; in a forked
# child as above.
_shared: dict[int, _Hooks] = {}


def as_thread(function: Callable[..., _T], /, *args: object, **kwargs: object) -> _T:
    """Call a function, in a greenlet that is a thread from now on until it returns."""
    ident = id(greenlet.getcurrent())
    own_loop(ident)
    wake_loops()
    threading = sys.modules.get("threading")
    is_traced = threading is not None and (
        getattr(threading, "_trace_hook", None) is not None
        or getattr(threading, "_profile_hook", None) is not None
    )
    if is_traced:
        _begin(ident)
    try:
        return function(*args, **kwargs)
    finally:
        if is_traced:
            _end(ident)
        forget_loop(ident)


class ThreadBody:
    """A function as the body of a thread; reports tell of the function.

    Args:
        function: What the thread runs. SystemExit just ends the thread.
    """

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, /, *args: object, **kwargs: object) -> None:
        """Run it in the current greenlet, which is a thread now."""
        try:
            as_thread(self._function, *args, **kwargs)
        except SystemExit:
            # Ends a thread, not the program.
            return

    def __repr__(self) -> str:
        """Return what a greenlet says of such a function."""
        function = self._function
        if type(function).__name__ in ("function", "cython_function_or_method"):
            return function.__name__
        return repr(function)


def _begin(ident: int) -> None:
    _install()
    _shared[_root()] = _hooks()
    _traced[ident] = (None, None)
    _set_hooks((None, None))


def _end(ident: int) -> None:
    if _traced.pop(ident, None) is not None:
        _set_hooks(_shared.get(_root(), (None, None)))


def _root() -> int:
    current = greenlet.getcurrent()
    while current.parent is not None:
        current = current.parent
    return id(current)


def _hooks() -> _Hooks:
    return sys.gettrace(), sys.getprofile()


def _set_hooks(hooks: _Hooks) -> None:
    trace, profile = hooks
    sys.settrace(trace)  # type: ignore[arg-type]  # it is what was set
    sys.setprofile(profile)  # type: ignore[arg-type]  # it is what was set


class _Switched:
    """Sees each switch; calls who saw them before.

    Args:
        before: That, or None.
    """

    def __init__(self, before: Callable[..., object] | None) -> None:
        self._before = before

    def __call__(self, event: str, greenlets: tuple[object, object]) -> object:
        """Exchange the functions of who goes for those of who comes."""
        if event in ("switch", "throw"):
            origin, target = greenlets
            self._exchange(id(origin), id(target))
        if self._before is not None:
            return self._before(event, greenlets)
        return None

    def _exchange(self, origin: int, target: int) -> None:
        if origin in _traced:
            _traced[origin] = _hooks()
            if target not in _traced:
                _set_hooks(_shared.get(_root(), (None, None)))
        elif target in _traced:
            _shared[_root()] = _hooks()
        if target in _traced:
            _set_hooks(_traced[target])


def _install() -> None:
    """See the switches of the calling native thread; once needed, to its end."""
    before = greenlet.gettrace()
    if not isinstance(before, _Switched):
        greenlet.settrace(_Switched(before))
