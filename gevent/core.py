"""The loop in use (deprecated): see ``gevent.get_hub().loop``."""

from gevent._loop.chosen import *
