from gevent.net.resolver.blocking import *
