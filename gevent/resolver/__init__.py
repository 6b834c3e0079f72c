"""Resolvers: what turns host names into addresses and back."""

from gevent.net.resolver.abstract import *
