"""Signal handlers beside the loop; home: :mod:`gevent.net.signal`."""

from gevent.net.signal import *
