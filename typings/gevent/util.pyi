from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import (
    Any,
    Generic,
    NamedTuple,
    NotRequired,
    ParamSpec,
    Self,
    TextIO,
    TypeAlias,
    TypedDict,
    TypeVar,
    final,
    type_check_only,
)

from greenlet import greenlet as raw_greenlet

from gevent.hub import Hub

__all__ = (
    "Deadlock",
    "GreenletTree",
    "Histogram",
    "Snapshot",
    "StuckGreenlet",
    "assert_switches",
    "clear_stack_frames",
    "declare_wakers",
    "find_deadlocks",
    "format_run_info",
    "loop_lag",
    "print_run_info",
    "run_times",
    "take_snapshot",
    "wrap_errors",
)

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
    hub: raw_greenlet
    target: raw_greenlet | None
    n_switches: int
    longest: float
    active_greenlet: raw_greenlet
    previous_trace_function: _TraceFunction | None
    last: float
    def __init__(self, hub: raw_greenlet, hub_only: bool) -> None: ...
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

@dataclass(frozen=True)
class StuckGreenlet:
    greenlet: raw_greenlet
    subject: object
    holders: tuple[raw_greenlet, ...]
    def stack(self) -> list[str]: ...

@dataclass(frozen=True)
class Deadlock:
    circle: tuple[StuckGreenlet, ...]
    behind: tuple[StuckGreenlet, ...]
    @property
    def key(self) -> frozenset[tuple[int, int]]: ...
    def format(self) -> str: ...

def find_deadlocks() -> list[Deadlock]: ...
def declare_wakers(subject: object, *greenlets: raw_greenlet) -> None: ...

@type_check_only
class _WaitPicture(TypedDict):
    kind: str
    text: str
    object: NotRequired[str]
    fd: NotRequired[int]
    peer: NotRequired[str]
    holders: NotRequired[list[str]]
    seconds_left: NotRequired[float]

@type_check_only
class _GreenletPicture(TypedDict):
    id: str
    kind: str
    name: str
    state: str
    hub: int | None
    spawner: str | None
    spawned_at: str | None
    waits_for: _WaitPicture | None
    stack: NotRequired[list[str]]

@type_check_only
class _PoolPicture(TypedDict):
    limit: int
    threads: int
    busy: int
    queued: int

@type_check_only
class _HubPicture(TypedDict):
    number: int
    thread: int
    thread_name: str | None
    is_main: bool
    loop: str
    iteration: int
    is_polling: bool
    lag: float
    parked: int
    pending: int
    switches: int
    watchers: dict[str, int]
    threadpool: _PoolPicture | None
    resolver: str | None

@type_check_only
class _StuckPicture(TypedDict):
    greenlet: str
    waits_for: str
    holders: list[str]
    stack: list[str]

@type_check_only
class _DeadlockPicture(TypedDict):
    circle: list[_StuckPicture]
    behind: list[str]

@final
class Snapshot(TypedDict):
    pid: int
    program: str
    python: str
    gevent: str
    time: float
    hubs: list[_HubPicture]
    greenlets: list[_GreenletPicture]
    n_finished: int
    deadlocks: list[_DeadlockPicture]
    took: float

def take_snapshot(
    with_stacks: bool = False, frame: FrameType | None = None
) -> Snapshot: ...

class Histogram(NamedTuple):
    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    @property
    def total(self) -> int: ...
    def quantile(self, fraction: float) -> float: ...

def run_times(hub: Hub | None = None) -> Histogram: ...
def loop_lag(hub: Hub | None = None) -> Histogram: ...
