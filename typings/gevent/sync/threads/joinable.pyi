from collections.abc import Callable

from gevent.threading import _ThreadHandle

__all__ = ("ThreadHandle", "make_thread_handle", "start_joinable")

ThreadHandle = _ThreadHandle

def start_joinable(
    function: Callable[[], object],
    handle: _ThreadHandle | None = None,
    daemon: bool = True,
) -> _ThreadHandle: ...
def make_thread_handle(ident: int) -> _ThreadHandle: ...
