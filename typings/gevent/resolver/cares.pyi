from gevent.net.resolver.cares import InvalidIP as InvalidIP
from gevent.net.resolver.cares import Result as Result
from gevent.net.resolver.cares import ares_host_result as ares_host_result
from gevent.net.resolver.cares import channel as channel
