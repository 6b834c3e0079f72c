from gevent.sync.threads.native_threading import *
