"""The loop over libev, through CFFI: the home of ``gevent.libev.corecffi``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gevent._base.publish import publish
from gevent._loop.libev import LibevLoop, LibraryInfo, time
from gevent._loop.libev_flags import Flags
from gevent._loop.libev_numbers import *  # programs know them all
from gevent._loop.libev_numbers import READ, WRITE
from gevent._loop.loop import Library
from gevent._native.library import libev_cffi
from gevent._native.scheduling.scheduler import callback

if TYPE_CHECKING:
    from collections.abc import Callable

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

# Programs ask this before they use ``fileno`` of a loop or choose a backend, which
# the reference only has with a libev of its own; here both always work.
LIBEV_EMBED = True


class loop(LibevLoop):
    """An event loop over libev, through CFFI.

    Args:
        flags: A number, a text like ``"select,noinotify"``, or a list of such.
        default: Whether it is the loop of the main thread; None: if made there.

    Raises:
        ValueError: There is no such backend or flag.
    """

    def __init__(self, flags: Flags = None, default: bool | None = None):
        library = Library(libev_cffi.operations(), libev_cffi.module)
        LibevLoop.__init__(self, library, flags, default)


_libev = LibraryInfo(libev_cffi)
get_version: Callable[[], str] = _libev.get_version
get_header_version: Callable[[], str] = _libev.get_header_version
supported_backends: Callable[[], list[str]] = _libev.supported_backends
recommended_backends: Callable[[], list[str]] = _libev.recommended_backends
embeddable_backends: Callable[[], list[str]] = _libev.embeddable_backends

publish(__name__, "gevent.libev.corecffi")
