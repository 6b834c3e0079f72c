"""The resolver that asks by dnspython."""

from gevent.net.resolver.dnspython import *
