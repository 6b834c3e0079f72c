from gevent.sync.pool import *
