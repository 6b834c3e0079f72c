"""Interfaces of loops, watchers and callbacks; home: ``gevent._loop.interface``."""

from gevent._loop.interface import *
