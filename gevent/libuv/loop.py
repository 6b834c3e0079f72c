"""The loop over libuv, through CFFI."""

from gevent._loop.libuv_cffi import *
