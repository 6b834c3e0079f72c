"""What servers have in common; home: :mod:`gevent.servers.baseserver`."""

from gevent.servers.baseserver import *
