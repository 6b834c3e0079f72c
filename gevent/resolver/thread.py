"""The default resolver, in native threads."""

from gevent.net.resolver.thread import *
