"""Groups and pools of greenlets; home: :mod:`gevent.sync.pool`."""

from gevent.sync.pool import *
