from gevent._hub.hub import *
