"""The resolver that blocks the loop."""

from gevent.net.resolver.blocking import *
