from gevent.sync.introspection.util import *
