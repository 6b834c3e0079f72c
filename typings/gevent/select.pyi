from gevent.net.select import *
