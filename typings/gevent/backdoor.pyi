from gevent.servers.backdoor import *
