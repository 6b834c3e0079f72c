"""Monkey patching; home: :mod:`gevent.patch.monkey`."""

from gevent.patch.monkey import *
