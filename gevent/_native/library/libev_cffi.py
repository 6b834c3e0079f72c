"""libev through CFFI: what ``gevent._native.library.libev`` answers, and no more."""

from __future__ import annotations

from gevent._native.library.cffi_module import load

# Spelled out instead of imported: typing costs more than all of this module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from gevent._native.library.cffi_module import LibevModule

module: LibevModule = load("gevent._native.library._libev_cffi")  # type: ignore[assignment]  # a module is no Protocol
_lib = module.lib


def operations() -> int:
    """Return the address of libev's ``gevent_loop_ops``."""
    return _lib.gevent_operations()


def versions() -> tuple[tuple[int, int], tuple[int, int]]:
    """Return ((major, minor) of the header, (major, minor) of the library)."""
    return (
        (_lib.gevent_libev_header_major(), _lib.gevent_libev_header_minor()),
        (_lib.gevent_libev_library_major(), _lib.gevent_libev_library_minor()),
    )


def backends() -> tuple[int, int, int]:
    """Return the masks (supported, recommended, embeddable) of EVBACKEND numbers."""
    return (
        _lib.gevent_libev_supported(),
        _lib.gevent_libev_recommended(),
        _lib.gevent_libev_embeddable(),
    )
