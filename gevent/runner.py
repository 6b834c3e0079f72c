"""The entry of a program that ends whole; home: :mod:`gevent.sync.runner`."""

from gevent.sync.runner import *
