from gevent.libuv.loop import *
