"""The hub, which runs the event loop of a thread, and waiting in it."""

from gevent._hub.hub import *
