"""The watchers of the loops over libev."""

from gevent._loop.libev_watcher import *
