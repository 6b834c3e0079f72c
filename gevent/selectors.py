"""Cooperative selectors; home: :mod:`gevent.net.selectors`."""

from gevent.net.selectors import *
