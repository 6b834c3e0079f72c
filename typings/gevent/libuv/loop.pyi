from gevent._loop.libuv_cffi import *
