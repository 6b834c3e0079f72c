"""The loop over libev, through CFFI."""

from gevent._loop.libev_cffi import *
