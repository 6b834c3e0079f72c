"""Cooperative sockets; home: :mod:`gevent.net.socket`."""

from gevent.net.socket import *
