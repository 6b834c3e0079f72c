from gevent.sync.threadpool import *
