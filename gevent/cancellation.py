"""Deadlines and cancels of blocks."""

from gevent._hub.cancellation import *
