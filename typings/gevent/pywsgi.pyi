from gevent.servers.pywsgi import *
