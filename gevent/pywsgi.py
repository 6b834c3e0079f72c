"""A WSGI server."""

from gevent.servers.pywsgi import *
