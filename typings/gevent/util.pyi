from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Any, Generic, ParamSpec, Self, TextIO, TypeAlias, TypeVar

from greenlet import greenlet as raw_greenlet

from gevent.hub import Hub

__all__ = [
    "GreenletTree",
    "wrap_errors",
    "print_run_info",
    "format_run_info",
    "clear_stack_frames",
    "assert_switches",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_TraceFunction: TypeAlias = Callable[[str, tuple[raw_greenlet, raw_greenlet]], object]

class wrap_errors(Generic[_P, _T]):
    def __init__(
        self,
        errors: type[BaseException] | tuple[type[BaseException], ...],
        func: Callable[_P, _T],
    ) -> None: ...
    # What `func` returns, or the error that it raised.
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _T | BaseException: ...
    def __getattr__(self, name: str) -> Any: ...

def print_run_info(
    thread_stacks: bool = True,
    greenlet_stacks: bool = True,
    limit: int | None = None,
    file: TextIO | None = None,
) -> None: ...
def format_run_info(
    thread_stacks: bool = True,
    greenlet_stacks: bool = True,
    limit: int | None = None,
    current_thread_ident: int | None = None,
) -> list[str]: ...
def clear_stack_frames(frame: FrameType | None) -> None: ...

class _FailedToSwitch(AssertionError): ...

class _SwitchTracer:
    target: raw_greenlet | None
    n_switches: int
    longest: float
    active_greenlet: raw_greenlet
    previous_trace_function: _TraceFunction | None
    last: float
    def __init__(self, target: raw_greenlet | None) -> None: ...
    def __call__(self, event: str, args: tuple[raw_greenlet, raw_greenlet]) -> None: ...
    def note(self) -> None: ...
    def remove(self) -> None: ...

class assert_switches:
    hub: Hub | None
    tracer: _SwitchTracer | None
    max_blocking_time: float | None
    hub_only: bool
    def __init__(
        self, max_blocking_time: float | None = None, hub_only: bool = False
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

class GreenletTree:
    DEFAULT_DETAILS: dict[str, object]
    is_current_tree: bool
    # Of its methods and attributes, a tree has those of its greenlet, too.
    greenlet: raw_greenlet
    child_trees: list[GreenletTree]
    def __init__(self, greenlet: raw_greenlet) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
    @property
    def root(self) -> bool: ...
    def add_child(self, tree: GreenletTree) -> None: ...
    @classmethod
    def forest(cls) -> list[Self]: ...
    @classmethod
    def current_tree(cls) -> Self: ...
    def format(self, details: bool | Mapping[str, object] = True) -> str: ...
    def format_lines(
        self, details: bool | Mapping[str, object] = True
    ) -> list[str]: ...
