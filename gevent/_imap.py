"""The iterators of ``imap``; home: :mod:`gevent.sync.imap`."""

from gevent.sync.imap import *
