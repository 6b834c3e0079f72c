"""``threading`` on greenlets; home: :mod:`gevent.sync.threads.threading`."""

from gevent.sync.threads.threading import *
