"""TCP, TLS and UDP servers; home: :mod:`gevent.servers.server`."""

from gevent.servers.server import *
