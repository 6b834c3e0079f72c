from gevent.sync.contextvars import *
