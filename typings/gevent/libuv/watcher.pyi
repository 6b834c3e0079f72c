from gevent._loop.libuv_watcher import *
