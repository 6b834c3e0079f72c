"""Cooperative child processes; home: :mod:`gevent.net.subprocess`."""

from gevent.net.subprocess import *
