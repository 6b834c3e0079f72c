from _thread import TIMEOUT_MAX as TIMEOUT_MAX
from _thread import RLock as RLock
from _thread import allocate as allocate
from _thread import error as error
from _thread import exit_thread as exit_thread
from _thread import get_native_id as get_native_id
from _thread import interrupt_main as interrupt_main
from _thread import start_new as start_new
from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn, final

from greenlet import greenlet as raw_greenlet

from gevent.local import local
from gevent.lock import BoundedSemaphore, ReentrantLock

__target__: str
__implements__: list[str]
__extensions__: list[str]
__imports__: list[str]

HAS_HANDLES: bool
main_ident: list[int]

_local = local

@final
class LockType(BoundedSemaphore):
    def __init__(self) -> None: ...
    def acquire(  # type: ignore[override]  # -1 instead of None, as the stdlib
        self, blocking: bool = True, timeout: float = -1
    ) -> bool: ...
    def acquire_lock(self, blocking: bool = True, timeout: float = -1) -> bool: ...
    def release_lock(self) -> None: ...
    def locked_lock(self) -> bool: ...

class RLockType(ReentrantLock):
    def __init__(self) -> None: ...
    def acquire(  # type: ignore[override]  # -1 instead of None, as the stdlib
        self, blocking: bool = True, timeout: float = -1
    ) -> bool: ...

allocate_lock = LockType

def get_ident(gr: raw_greenlet | None = None) -> int: ...
def exit() -> NoReturn: ...
def start_new_thread(
    function: Callable[..., object],
    args: Iterable[object] = (),
    kwargs: Mapping[str, object] | None = None,
) -> int: ...
def stack_size(size: int | None = None) -> int: ...
