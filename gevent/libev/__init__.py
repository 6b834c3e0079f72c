"""Loops over libev."""

from gevent._loop.libev import *
