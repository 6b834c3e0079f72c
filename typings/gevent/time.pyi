from gevent.sync.time import *
