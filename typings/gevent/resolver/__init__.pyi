from gevent.net.resolver.abstract import *
