"""Events that gevent sends; home: :mod:`gevent._base.events`."""

from gevent._base.events import *
