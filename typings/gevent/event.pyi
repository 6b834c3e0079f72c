from gevent.sync.event import *
