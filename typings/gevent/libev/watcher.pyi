from gevent._loop.libev_watcher import *
