"""Run information and helpers; home: :mod:`gevent.sync.util`."""

from gevent.sync.util import *
