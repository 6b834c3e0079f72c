"""Thread pools; home: :mod:`gevent.sync.threadpool`."""

from gevent.sync.threadpool import *
