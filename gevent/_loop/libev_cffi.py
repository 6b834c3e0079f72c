"""The loop over libev, through CFFI: the home of ``gevent.libev.corecffi``."""

from __future__ import annotations

from gevent._base.publish import publish
from gevent._loop.libev import LibevLoop, LibraryInfo, time
from gevent._loop.libev_numbers import *  # programs know them all
from gevent._loop.libev_numbers import READ, WRITE
from gevent._loop.loop import Library
from gevent._native.library import libev_cffi
from gevent._native.scheduling.scheduler import callback

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

    _library = Library(libev_cffi.operations(), libev_cffi.module)


_info = LibraryInfo(libev_cffi)
get_version, get_header_version = _info.get_version, _info.get_header_version
supported_backends = _info.supported_backends
recommended_backends = _info.recommended_backends
embeddable_backends = _info.embeddable_backends

publish(__name__, "gevent.libev.corecffi")
