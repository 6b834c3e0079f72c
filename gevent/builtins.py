"""Every name of ``builtins``; home: :mod:`gevent.net.builtins`."""

from gevent.net.builtins import *
