from gevent.net.selectors import *
