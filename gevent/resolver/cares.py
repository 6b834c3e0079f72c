"""c-ares on a loop."""

from gevent.net.resolver.cares import *
