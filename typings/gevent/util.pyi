from gevent.sync.util import *
