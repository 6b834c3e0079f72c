from gevent.sync.local import *
