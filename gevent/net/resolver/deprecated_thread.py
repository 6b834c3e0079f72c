"""Deprecated: ``gevent.resolver.thread`` under the name it had before."""

from __future__ import annotations

import warnings

from gevent._base.publish import publish
from gevent.net.resolver.thread import Resolver

__all__ = ("Resolver",)

warnings.warn(
    "gevent.resolver_thread is deprecated and goes away in gevent 28; "
    "use gevent.resolver.thread",
    DeprecationWarning,
    stacklevel=3,  # who imports the old name
)

publish(__name__, "gevent.resolver_thread")
