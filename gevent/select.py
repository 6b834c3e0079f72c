"""Cooperative ``select`` and ``poll``; home: :mod:`gevent.net.select`."""

from gevent.net.select import *
