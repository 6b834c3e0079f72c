from gevent.net.socket import *
