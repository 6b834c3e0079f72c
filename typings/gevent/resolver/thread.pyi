from gevent.net.resolver.thread import *
