"""Greenlet-local data; home: :mod:`gevent.sync.local`."""

from gevent.sync.local import *
