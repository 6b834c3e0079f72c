"""Run information and helpers; home: :mod:`gevent.sync.introspection.util`."""

from gevent.sync.introspection.util import *
