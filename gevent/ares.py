"""The c-ares channel of ``gevent.resolver.cares`` (deprecated)."""

from gevent.net.resolver.deprecated_cares import *
