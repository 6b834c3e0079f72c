"""Native threads and locks; home: :mod:`gevent.sync.native_threading`."""

from gevent.sync.native_threading import *
