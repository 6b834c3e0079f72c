"""Cooperative ``ssl``: the standard library's module, on greenlets."""

from gevent.net.ssl import *
