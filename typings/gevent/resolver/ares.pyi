from gevent.net.resolver.ares import *
