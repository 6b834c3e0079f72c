"""Cooperative file objects; home: :mod:`gevent.net.fileobject`."""

from gevent.net.fileobject import *
