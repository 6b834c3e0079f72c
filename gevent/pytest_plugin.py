"""The plug-in for pytest."""

from gevent.simulation.plugin import *
