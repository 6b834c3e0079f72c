from gevent.patch.api import *
