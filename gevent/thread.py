"""``_thread`` on greenlets; home: :mod:`gevent.sync.thread`."""

from gevent.sync.thread import *
