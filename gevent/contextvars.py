"""Context variables of greenlets; home: :mod:`gevent.sync.contextvars`."""

from gevent.sync.contextvars import *
