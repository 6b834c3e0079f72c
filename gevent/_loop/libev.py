"""What the loops over libev have in common, whichever way libev is reached.

The home of ``gevent.libev``, which has no public names of its own.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING
from gevent._base.publish import publish
from gevent._loop import libev_flags
from gevent._loop.loop import Library, Loop
from gevent._native.library.backend import is_main_thread

if TYPE_CHECKING:
    from typing import Protocol

    class Native(Protocol):
        """A native module that holds libev's shim."""

        def operations(self) -> int:
            """Return the address of libev's ``gevent_loop_ops``."""

        def versions(self) -> tuple[tuple[int, int], tuple[int, int]]:
            """Return ((major, minor) of the header, (major, minor) of the library)."""

        def backends(self) -> tuple[int, int, int]:
            """Return the masks (supported, recommended, embeddable)."""


__all__ = ()


class LibevLoop(Loop):
    """A loop over libev; a subclass says in ``_library`` which module holds the shim.

    Args:
        flags: A number, a text like ``"select,noinotify"``, or a list of such.
        default: Whether it is the loop of the main thread; None: if made there.

    Raises:
        ValueError: There is no such backend or flag.
    """

    # The operations, and what keeps them alive.
    _library: Library  # of the class

    def __init__(self, flags: libev_flags.Flags = None, default: bool | None = None):
        number = libev_flags.to_number(flags)
        if default is None:
            default = is_main_thread()
        Loop.__init__(self, type(self)._library, number, default)


# The name the factory had before it became a keyword. (A ``__getattr__`` would slow
# down every other look-up.)
setattr(LibevLoop, "async", Loop.async_)


class LibraryInfo:
    """What programs ask the module of a loop about libev.

    Args:
        native: The module that holds the shim.
    """

    def __init__(self, native: Native):
        self._native = native

    def get_version(self) -> str:
        """Return name and version of the libev that is loaded."""
        return _version_text(self._native.versions()[1])

    def get_header_version(self) -> str:
        """Return name and version of the libev that this was compiled with."""
        return _version_text(self._native.versions()[0])

    def supported_backends(self) -> list[str]:
        """Return the names of the polling mechanisms libev has on this system."""
        return libev_flags.backend_names(self._native.backends()[0])

    def recommended_backends(self) -> list[str]:
        """Return the names of those that libev would choose from."""
        return libev_flags.backend_names(self._native.backends()[1])

    def embeddable_backends(self) -> list[str]:
        """Return the names of those that can be embedded into another loop."""
        return libev_flags.backend_names(self._native.backends()[2])


def _version_text(version: tuple[int, int]) -> str:
    major, minor = version
    return f"libev-{major}.{minor:02}"


def time() -> float:
    """Return the seconds since the epoch."""
    from time import time as now

    return now()


publish(__name__, "gevent.libev")
