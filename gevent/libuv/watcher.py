"""The watchers of the loops over libuv."""

from gevent._loop.libuv_watcher import *
