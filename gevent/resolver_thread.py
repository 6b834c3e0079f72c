"""The resolver of ``gevent.resolver.thread`` (deprecated)."""

from gevent.net.resolver.deprecated_thread import *
