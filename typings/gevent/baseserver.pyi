from gevent.servers.baseserver import *
