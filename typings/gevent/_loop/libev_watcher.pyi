from gevent.libev.watcher import *
