from gevent.servers.server import *
