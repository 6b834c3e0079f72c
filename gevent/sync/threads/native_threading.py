"""Native threads and locks, whatever is patched: the home of ``gevent._threading``."""

from __future__ import annotations

from gevent._base import originals
from gevent._base.native_threads import make_native_lock, start_new_thread
from gevent._base.publish import publish

__all__ = ("Lock", "get_ident", "get_thread_ident", "start_new_thread")

Lock = make_native_lock


def get_ident() -> int:
    """Return the ident of the native thread."""
    return originals.get("_thread", "get_ident")()


get_thread_ident = get_ident

publish(__name__, "gevent._threading")
