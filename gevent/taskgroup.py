"""Greenlets that do not outlive a block."""

from gevent.sync.taskgroup import *
