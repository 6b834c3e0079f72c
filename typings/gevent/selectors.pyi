# ruff: isort: skip_file
# One statement for the names that are passed through.

from selectors import (
    EVENT_READ as EVENT_READ,
    EVENT_WRITE as EVENT_WRITE,
    BaseSelector as BaseSelector,
    EpollSelector as EpollSelector,
    PollSelector as PollSelector,
    SelectorKey as SelectorKey,
    SelectSelector as SelectSelector,
)

import selectors as _stdlib
from _typeshed import FileDescriptorLike
from collections.abc import Callable
from gevent._native.io.poll_set import PollSet
from gevent.hub import Hub

class Epoll:
    modify: Callable[[int, int], None]
    close: Callable[[], None]
    def __init__(self) -> None: ...
    def register(self, fd: int, events: int) -> None: ...
    def unregister(self, fd: int) -> None: ...
    def look(self, n_most: int) -> list[tuple[int, int]]: ...
    def entries(self) -> PollSet: ...

class Registered:
    register: Callable[[int, int], None]
    modify: Callable[[int, int], None]
    close: Callable[[], None]
    def __init__(self) -> None: ...
    def unregister(self, fd: int) -> None: ...
    def look(self, n_most: int) -> list[tuple[int, int]]: ...
    def entries(self) -> PollSet: ...

class GeventSelector(_stdlib._BaseSelectorImpl):
    def __init__(self, hub: Hub | None = None) -> None: ...
    @property
    def hub(self) -> Hub: ...
    def register(
        self, fileobj: FileDescriptorLike, events: int, data: object = None
    ) -> SelectorKey: ...
    def unregister(self, fileobj: FileDescriptorLike) -> SelectorKey: ...
    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]: ...
    def close(self) -> None: ...

DefaultSelector = GeventSelector

__implements__: list[str]
__extensions__: list[str]
__imports__: list[str]
