"""The loop over libuv."""

from gevent._loop.libuv import *
