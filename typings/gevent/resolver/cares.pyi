from gevent.net.resolver.cares import *
