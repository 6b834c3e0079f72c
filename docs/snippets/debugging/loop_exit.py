"""Everybody waits, and nobody is left who could wake them."""

import gevent
from gevent.event import Event
from gevent.exceptions import LoopExit

never = Event()
gevent.spawn(never.wait)
try:
    never.wait()
except LoopExit as error:
    print(error)
