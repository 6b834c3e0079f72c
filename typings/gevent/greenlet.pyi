from gevent._hub.greenlet import *
