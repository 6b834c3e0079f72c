"""What programs ask about libuv: the home of ``gevent.libuv``."""

from __future__ import annotations

import sys

from gevent._base.publish import publish
from gevent._native.library import libuv_cffi

__all__ = ("get_header_version", "get_version", "supported_backends")


def get_version() -> str:
    """Return name and version of the libuv that is loaded."""
    return _version_text(libuv_cffi.versions()[1])


def get_header_version() -> str:
    """Return name and version of the libuv that this was compiled with."""
    return _version_text(libuv_cffi.versions()[0])


def supported_backends() -> list[str]:
    """Return the name of the polling mechanism that libuv has on this system."""
    return ["epoll" if sys.platform == "linux" else "kqueue"]


def _version_text(version: tuple[int, int, int]) -> str:
    return "libuv-" + ".".join(map(str, version))


publish(__name__, "gevent.libuv")
