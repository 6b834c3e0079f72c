from gevent.sync.native_threading import *
