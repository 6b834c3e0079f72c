"""The resolver of ``gevent.resolver.ares`` (deprecated)."""

from gevent.net.resolver.deprecated_ares import *
