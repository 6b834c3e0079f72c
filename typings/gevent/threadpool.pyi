from gevent.sync.threads.threadpool import *
