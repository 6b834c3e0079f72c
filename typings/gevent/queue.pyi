from gevent.sync.queue import *
