"""WebSocket for the WSGI server; home: :mod:`gevent.servers.websocket`."""

from gevent.servers.websocket import *
