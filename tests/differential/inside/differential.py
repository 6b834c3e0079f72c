"""What programs use: :class:`Case`, :func:`each`, :func:`limit`, :func:`sequence`.

Runs inside the contender, which may be the reference or the bare standard library:
nothing of this tree can be imported, and the functions of the standard library are
taken before anything is patched.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 400  # characters of one value
_DEEPEST = 4  # containers in containers

# Taken before anything is patched.
_write = os.write
_listdir = os.listdir
_readlink = os.readlink


def each(*values: object) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Make one program of each value: it is the second argument."""

    def mark(function: Callable[..., object]) -> Callable[..., object]:
        function.values = values  # type: ignore[attr-defined]  # read by the worker
        return function

    return mark


def limit(seconds: float) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Let a program take longer than usual before it counts as hanging."""

    def mark(function: Callable[..., object]) -> Callable[..., object]:
        function.limit = seconds  # type: ignore[attr-defined]  # read by the worker
        return function

    return mark


def sequence(
    **operations: list[list[object]],
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Make programs of random sequences of operations: the second argument.

    Args:
        operations: The possible values of each argument, by the operation's name; an
            operation without arguments has an empty list. What the program gets is a
            list of lists: name, arguments. All of it goes through JSON.
    """

    def mark(function: Callable[..., object]) -> Callable[..., object]:
        function.operations = operations  # type: ignore[attr-defined]  # the worker's
        return function

    return mark


def describe(value: object, depth: int = 0) -> str:
    """Say what a value is, the same in every process."""
    if value is None or isinstance(value, bool | int | str | bytes | bytearray):
        return _cut(repr(value))
    if isinstance(value, float):
        return repr(round(value, 9))
    if isinstance(value, BaseException):
        return describe_error(value)
    if isinstance(value, type):
        return f"class {value.__name__}"
    if depth < _DEEPEST:
        inner = depth + 1
        kind = type(value).__name__
        if isinstance(value, tuple | list):
            items = ", ".join(describe(item, inner) for item in value)
            return _cut(f"{kind}({items})")
        if isinstance(value, set | frozenset):
            items = ", ".join(sorted(describe(item, inner) for item in value))
            return _cut(f"{kind}({items})")
        if isinstance(value, dict):
            pairs = [
                f"{describe(key, inner)}: {describe(item, inner)}"
                for key, item in value.items()
            ]
            return _cut(f"{kind}({', '.join(pairs)})")
    try:
        text = repr(value)
    except BaseException as error:  # last resort: what its repr does is the outcome
        text = f"repr: {describe_error(error)}"
    return _cut(f"{type(value).__name__} {text}")


def describe_error(error: BaseException) -> str:
    """Say what an exception is: class, text, number."""
    try:
        text = str(error)
    except BaseException as inner:  # last resort: what its str does is the outcome
        text = f"str: {type(inner).__name__}"
    number = getattr(error, "errno", None)
    end = "" if number is None else f" errno={number}"
    return _cut(f"!{type(error).__name__}: {text}{end}")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + f"... {len(text)}"


class Case:
    """One run of one program; what it records is its outcome.

    Args:
        number: Descriptor that the records are written to, one JSON list a line.
        contender: ``"gevent"`` or ``"stdlib"``.
        twin: Name of the module of the standard library that the programs of this
            file can be run on, too; or None.
        module: Name of gevent's module that they are about.
    """

    def __init__(self, number: int, contender: str, module: str, twin: str | None):
        self._number = number
        self._contender = contender
        self._before = _open_descriptors()
        self.is_stdlib = contender == "stdlib"
        self._module = twin if self.is_stdlib and twin else module

    @property
    def module(self):  # type: ignore[no-untyped-def]  # checkers cannot know it
        """The module that the programs are about, or its twin."""
        return importlib.import_module(self._module)

    # -- recording ------------------------------------------------------------------

    def show(self, label: str, value: object) -> None:
        """Record a value."""
        self._record(label, describe(value))

    def call(self, function: Callable[..., object], *args: object, **kwargs: object):  # type: ignore[no-untyped-def]  # what the function returns
        """Call; record the value or the exception; return the value, or None."""
        return self.named_call(_name(function), function, *args, **kwargs)

    def named_call(  # type: ignore[no-untyped-def]  # as call()
        self,
        label: str,
        function: Callable[..., object],
        *args: object,
        **kwargs: object,
    ):
        """The same under another label."""
        try:
            value = function(*args, **kwargs)
        except BaseException as error:  # last resort: it is the outcome
            self._record(label, describe_error(error))
            return None
        self._record(label, describe(value))
        return value

    def attributes(self, thing: object, *names: str) -> None:
        """Record attributes, or the exceptions of reading them."""
        for name in names:
            self.named_call(f".{name}", getattr, thing, name)

    def hide(self, value: object, name: str) -> None:
        """Let a number or text that differs from run to run appear as *name*."""
        self._record("hide", str(value), name)

    # -- what gevent and threads have in common ---------------------------------------

    def spawn(self, function: Callable[..., object], *args: object):  # type: ignore[no-untyped-def]  # Greenlet or Thread
        """Run a function beside this one: in a greenlet, or in a native thread.

        What is returned has ``join(timeout)``.
        """
        if self._contender == "gevent" and "gevent" in sys.modules:
            import gevent

            return gevent.spawn(function, *args)
        import threading

        thread = threading.Thread(target=function, args=args, daemon=True)
        thread.start()
        return thread

    def sleep(self, seconds: float) -> None:
        """Let others run for a while."""
        if self._contender == "gevent" and "gevent" in sys.modules:
            import gevent

            gevent.sleep(seconds)
        else:
            import time

            time.sleep(seconds)

    # -- the end ----------------------------------------------------------------------

    def settle(self) -> None:
        """Record what the program has left behind."""
        gc.collect()
        left = _open_descriptors()
        for number in self._before:
            left.pop(number, None)
        kinds = sorted(kind for kind in left.values() if not kind.startswith("anon_"))
        if kinds:
            self._record("left open", ", ".join(kinds))
        threading = sys.modules.get("threading")
        if threading is not None:
            names = sorted(
                type(thread).__name__
                for thread in list(threading._active.values())
                if type(thread).__name__ != "_MainThread"
            )
            if names:
                self._record("threads left", ", ".join(names))

    def _record(self, *entry: str) -> None:
        line = json.dumps(entry).encode() + b"\n"
        _write(self._number, line)


def _name(function: object) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _open_descriptors() -> dict[int, str]:
    found = {}
    for name in _listdir("/proc/self/fd"):
        try:
            target = _readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the descriptor of the listing itself
        if target.startswith("/dev/shm/pym-"):
            target = "shared memory"  # named at random by multiprocessing
        found[int(name)] = target.split(":")[0] if ":" in target else target
    return found
