from gevent.servers.websocket import *
