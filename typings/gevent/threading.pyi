from gevent.sync.threading import *
