from gevent.net.resolver.deprecated_thread import *
