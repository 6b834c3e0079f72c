import threading
from collections.abc import Callable
from typing import Protocol

from gevent.event import Event
from gevent.threadpool import _ExecutorFuture

ExecutorFuture = _ExecutorFuture

class Observer(Protocol):
    event: threading.Event | Event
    def add_result(self, future: _ExecutorFuture) -> None: ...
    def add_exception(self, future: _ExecutorFuture) -> None: ...

class Observers(list[Observer]):
    def append(self, observer: Observer) -> None: ...

class Beginning:
    has_begun: bool
    def __init__(self) -> None: ...
    def __call__(
        self, fn: Callable[..., object], /, *args: object, **kwargs: object
    ) -> object: ...
