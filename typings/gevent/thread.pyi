from gevent.sync.threads.thread import *
