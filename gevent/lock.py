"""Semaphores and locks; home: :mod:`gevent.sync.lock`."""

from gevent.sync.lock import *
