"""libev; the twin of ``libev.pyx``, which exists compiled only."""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:

    def operations() -> int:
        """Return the address of libev's ``gevent_loop_ops``."""

    def versions() -> tuple[tuple[int, int], tuple[int, int]]:
        """Return ((major, minor) of the header, (major, minor) of the library)."""

    def backends() -> tuple[int, int, int]:
        """Return the masks (supported, recommended, embeddable)."""

else:
    from gevent._native.library.missing import explain

    raise ImportError(explain(__name__), name=__name__)
