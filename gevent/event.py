"""Flags and results to wait for; home: :mod:`gevent.sync.event`."""

from gevent.sync.event import *  # noqa: F403 - a facade is its home
