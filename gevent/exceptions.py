"""Signals of misuse of the machinery; home: :mod:`gevent._base.exceptions`."""

from gevent._base.exceptions import *
