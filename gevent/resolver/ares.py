"""The resolver that asks by c-ares."""

from gevent.net.resolver.ares import *
