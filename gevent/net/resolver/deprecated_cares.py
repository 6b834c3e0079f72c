"""Deprecated: ``gevent.resolver.cares`` under the name it had before."""

from __future__ import annotations

from gevent._base.publish import publish
from gevent.net.resolver.cares import channel

__all__ = ("channel",)

publish(__name__, "gevent.ares")
