from gevent.net.resolver.dnspython import *
