"""``time`` with a cooperative sleep; home: :mod:`gevent.sync.time`."""

from gevent.sync.time import *
