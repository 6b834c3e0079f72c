from gevent._loop.libev_cffi import *
