"""The loop over libuv, through CFFI: the home of ``gevent.libuv.loop``."""

from __future__ import annotations

from gevent._base.publish import publish
from gevent._loop.libuv import get_header_version, get_version, supported_backends
from gevent._loop.loop import Library, Loop
from gevent._native.library import libuv_cffi
from gevent._native.library.backend import is_main_thread
from gevent._native.library.io_events import READ, WRITE

__all__ = (
    "READ",
    "WRITE",
    "get_header_version",
    "get_version",
    "loop",
    "supported_backends",
)


class loop(Loop):
    """An event loop over libuv, through CFFI.

    Args:
        flags: Ignored: libuv has one way to ask the kernel on each system.
        default: Whether it is the loop of the main thread; None: if made there.
    """

    def __init__(self, flags: object = None, default: bool | None = None):
        del flags
        library = Library(libuv_cffi.operations(), libuv_cffi.module)
        Loop.__init__(
            self, library, 0, is_main_thread() if default is None else default
        )


# The name the factory had before it became a keyword. (A ``__getattr__`` would slow
# down every other look-up.)
setattr(loop, "async", Loop.async_)


publish(__name__, "gevent.libuv.loop")
