"""Queues between greenlets; home: :mod:`gevent.sync.queue`."""

from gevent.sync.queue import *
