"""Native threads and locks; home: :mod:`gevent.sync.threads.native_threading`."""

from gevent.sync.threads.native_threading import *
