"""Greenlet-local data; home: :mod:`gevent.sync.local`."""

from gevent.sync.local import *  # noqa: F403 - a facade is its home
