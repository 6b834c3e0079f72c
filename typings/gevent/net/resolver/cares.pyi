from gevent.resolver.cares import InvalidIP as InvalidIP
from gevent.resolver.cares import Result as Result
from gevent.resolver.cares import ares_host_result as ares_host_result
from gevent.resolver.cares import channel as channel

__all__ = ("channel",)
