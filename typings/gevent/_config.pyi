from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeAlias, TypeVar

from gevent._loop.libev_flags import Flags
from gevent.core import loop as Loop
from gevent.fileobject import FileObjectBase
from gevent.resolver import _Resolver
from gevent.threadpool import ThreadPool

__all__ = ("Config", "ImportableSetting", "Setting", "config", "main")

_T = TypeVar("_T")
_Got = TypeVar("_Got")
_Assigned = TypeVar("_Assigned", contravariant=True)

# What can be assigned is more than what is read: texts, as in the environment.
class _Attribute(Generic[_Got, _Assigned]):
    def __get__(self, config: Config, kind: type[Config]) -> _Got: ...
    def __set__(self, config: Config, value: _Assigned) -> None: ...

_Flag: TypeAlias = _Attribute[bool, bool | int | str | None]
_Seconds: TypeAlias = _Attribute[float | None, float | str | None]
_Count: TypeAlias = _Attribute[int | None, int | str | None]
# A class, its short or dotted name, or several of which the first that works is taken.
_Provider: TypeAlias = _Attribute[
    Callable[..., _T], Callable[..., _T] | str | Sequence[str | Callable[..., _T]]
]

class Setting:
    name: str
    environment_key: str
    default: object
    desc: str
    def __init__(
        self,
        name: str,
        environment_key: str,
        default: object,
        check: Callable[[object], object],
        desc: str,
    ) -> None: ...
    def validate(self, value: object) -> object: ...
    def get(self) -> object: ...
    def is_default(self) -> bool: ...
    def set(self, value: object) -> None: ...
    def watch(self, callback: Callable[[object], object]) -> None: ...
    def describe(self) -> str: ...

class ImportableSetting(Setting):
    shortname_map: dict[str, str]
    def __init__(
        self,
        name: str,
        environment_key: str,
        default: object,
        desc: str,
        shortname_map: dict[str, str] | None = None,
    ) -> None: ...
    def provide(self, objects: dict[str, object]) -> None: ...
    def get_options(self) -> dict[str, object]: ...

class Config:
    settings: dict[str, Setting]
    resolver: _Provider[_Resolver]
    threadpool: _Provider[ThreadPool]
    threadpool_idle_task_timeout: _Seconds
    loop: _Provider[Loop]
    format_context: _Provider[str]
    libev_backend: _Attribute[Flags, Flags]
    fileobject: _Provider[FileObjectBase]
    disable_watch_children: _Flag
    trace_malloc: _Count
    track_greenlet_tree: _Flag
    monitor_thread: _Flag
    inspectable: _Flag
    max_blocking_time: _Seconds
    print_blocking_reports: _Flag
    memory_monitor_period: _Seconds
    max_memory_usage: _Count
    deadlock_monitor_period: _Seconds
    cleanup_timeout: _Seconds
    ares_flags: _Count
    ares_timeout: _Seconds
    ares_tries: _Count
    ares_ndots: _Count
    ares_udp_port: _Count
    ares_tcp_port: _Count
    ares_servers: _Attribute[str | Iterable[str] | None, str | Iterable[str] | None]
    resolver_nameservers: _Attribute[Iterable[str] | None, str | Iterable[str] | None]
    resolver_timeout: _Seconds
    chunk_cache: _Flag
    inherit_context: _Flag
    def __init__(self) -> None: ...
    def __dir__(self) -> list[str]: ...
    # Settings by name, that is: of any type.
    def set(self, name: str, value: object) -> None: ...
    def watch(self, name: str, callback: Callable[[object], object]) -> None: ...
    def print_help(self) -> None: ...

config: Config

def validate_bool(value: object) -> bool: ...
def main() -> int: ...
