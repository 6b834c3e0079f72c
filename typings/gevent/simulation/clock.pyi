from gevent.virtual import *
