from gevent.sync.thread import *
