"""Semaphores and locks; home: :mod:`gevent.sync.lock`."""

from gevent.sync.lock import *  # noqa: F403 - a facade is its home
