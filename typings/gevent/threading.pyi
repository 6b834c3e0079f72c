import threading
import weakref
from collections.abc import Callable

from greenlet import greenlet as raw_greenlet

from gevent.event import Event
from gevent.thread import (
    LockType,
    RLockType,
    allocate_lock,
    start_new_thread,
)

Lock = LockType
_allocate_lock = allocate_lock
_start_new_thread = start_new_thread
_CRLock = RLockType

class _ThreadHandle:
    ident: int | None
    _end: Event
    def __init__(self) -> None: ...
    def is_done(self) -> bool: ...
    def _set_done(self, _source: object = None) -> None: ...
    def end_unless_of(self, ident: int) -> None: ...
    def join(self, timeout: float | None = -1) -> None: ...

ThreadHandle = _ThreadHandle

def start_joinable(
    function: Callable[[], object],
    handle: _ThreadHandle | None = None,
    daemon: bool = True,
) -> _ThreadHandle: ...
def make_thread_handle(ident: int) -> _ThreadHandle: ...

_start_joinable_thread = start_joinable
_make_thread_handle = make_thread_handle

__implements__: list[str]
__extensions__: list[str]

def on_end(
    greenlet: raw_greenlet, callback: Callable[[raw_greenlet], object]
) -> None: ...
def _set_sentinel() -> LockType: ...
def make_wait_for_end(original: Callable[..., None]) -> Callable[..., None]: ...

_awaited: dict[int, weakref.ref[raw_greenlet]]

def _set_name(name: str) -> None: ...
def _forget(dummy: _DummyThread) -> None: ...

class Thread(threading.Thread): ...
class Timer(Thread, threading.Timer): ...

class _DummyThread(threading._DummyThread):
    def __init__(self) -> None: ...

def _DeleteDummyThreadOnDel(dummy_thread: threading.Thread) -> None: ...
def _get_main_thread_ident() -> int: ...
def main_native_thread() -> threading.Thread: ...
