"""Queues between greenlets; home: :mod:`gevent.sync.queue`."""

from gevent.sync.queue import *  # noqa: F403 - a facade is its home
