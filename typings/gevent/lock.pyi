from gevent.sync.lock import *
