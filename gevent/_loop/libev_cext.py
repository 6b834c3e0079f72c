"""The loop over libev, compiled: the home of ``gevent.libev.corecext``."""

from __future__ import annotations

from gevent._base.publish import publish
from gevent._loop import libev_flags
from gevent._loop.loop import Library, Loop
from gevent._native import libev
from gevent._native.backend import is_main_thread
from gevent._native.scheduler import callback

__all__ = (
    "READ",
    "WRITE",
    "callback",
    "embeddable_backends",
    "get_header_version",
    "get_version",
    "loop",
    "recommended_backends",
    "supported_backends",
    "time",
)

READ = 1
WRITE = 2
# Programs ask this before they use ``fileno`` of a loop or choose a backend, which
# the reference only has with a libev of its own; here both always work.
LIBEV_EMBED = True


class loop(Loop):
    """An event loop over libev.

    Args:
        flags: A number, a text like ``"select,noinotify"``, or a list of such.
        default: Whether it is the loop of the main thread; None: if made there.

    Raises:
        ValueError: There is no such backend or flag.
    """

    def __init__(self, flags: libev_flags.Flags = None, default: bool | None = None):
        number = libev_flags.to_number(flags)
        if default is None:
            default = is_main_thread()
        Loop.__init__(self, Library(libev.operations(), libev), number, default)


# The name the factory had before it became a keyword. (A ``__getattr__`` would slow
# down every other look-up.)
setattr(loop, "async", Loop.async_)


def get_version() -> str:
    """Return name and version of the libev that is loaded."""
    return _version_text(libev.versions()[1])


def get_header_version() -> str:
    """Return name and version of the libev that this was compiled with."""
    return _version_text(libev.versions()[0])


def _version_text(version: tuple[int, int]) -> str:
    major, minor = version
    return f"libev-{major}.{minor:02}"


def supported_backends() -> list[str]:
    """Return the names of the polling mechanisms libev has on this system."""
    return libev_flags.backend_names(libev.backends()[0])


def recommended_backends() -> list[str]:
    """Return the names of those that libev would choose from."""
    return libev_flags.backend_names(libev.backends()[1])


def embeddable_backends() -> list[str]:
    """Return the names of those that can be embedded into another loop."""
    return libev_flags.backend_names(libev.backends()[2])


def time() -> float:
    """Return the seconds since the epoch."""
    from time import time as now

    return now()


publish(__name__, "gevent.libev.corecext")
