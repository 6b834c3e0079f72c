from gevent.net.resolver.deprecated_ares import *
