from gevent.sync.threading import *
from gevent.sync.threading import __extensions__ as __extensions__
from gevent.sync.threading import __implements__ as __implements__
