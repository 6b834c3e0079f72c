"""Greenlets: flows of execution with a result, links and a way to end them."""

from gevent._hub.greenlet import *
