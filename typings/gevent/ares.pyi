from gevent.net.resolver.deprecated_cares import *
