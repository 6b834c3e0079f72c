"""Exceptions that are raised in a greenlet after a time."""

from gevent._hub.timeout import *
