from gevent._loop.libuv import *
