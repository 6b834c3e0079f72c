"""The loop over libev, compiled."""

from gevent._loop.libev_cext import *
