"""``threading`` on greenlets; home: :mod:`gevent.sync.threading`."""

from gevent.sync.threading import *
