"""``_thread`` on greenlets; home: :mod:`gevent.sync.threads.thread`."""

from gevent.sync.threads.thread import *
