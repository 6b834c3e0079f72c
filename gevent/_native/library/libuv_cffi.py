"""libuv through CFFI: its operations and its versions."""

from __future__ import annotations

from gevent._native.library.cffi_module import load

# Spelled out instead of imported: typing costs more than all of this module.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from gevent._native.library.cffi_module import LibuvModule

module: LibuvModule = load("gevent._native.library._libuv_cffi")  # type: ignore[assignment]  # a module is no Protocol
_lib = module.lib


def operations() -> int:
    """Return the address of libuv's ``gevent_loop_ops``."""
    return _lib.gevent_operations()


def versions() -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return the versions (major, minor, patch) of the header and of the library."""
    return (
        _parts(_lib.gevent_libuv_header_version()),
        _parts(_lib.gevent_libuv_library_version()),
    )


def _parts(version: int) -> tuple[int, int, int]:
    return version >> 16, version >> 8 & 0xFF, version & 0xFF
