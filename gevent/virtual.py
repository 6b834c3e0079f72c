"""Virtual time and schedules by seed, for tests."""

from gevent.simulation.clock import *
