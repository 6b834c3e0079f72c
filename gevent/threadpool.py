"""Thread pools; home: :mod:`gevent.sync.threads.threadpool`."""

from gevent.sync.threads.threadpool import *
