"""Flags and results to wait for; home: :mod:`gevent.sync.event`."""

from gevent.sync.event import *
