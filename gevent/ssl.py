"""Cooperative TLS; home: :mod:`gevent.net.ssl`."""

from gevent.net.ssl import *
