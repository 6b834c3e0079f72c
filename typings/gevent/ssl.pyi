from gevent.net.ssl import *
