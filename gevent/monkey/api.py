"""What plug-ins patch with; home: :mod:`gevent.patch.api`."""

from gevent.patch.api import *
