from gevent._hub.timeout import *
