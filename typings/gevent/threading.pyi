from gevent.sync.threads.threading import *
from gevent.sync.threads.threading import __extensions__ as __extensions__
from gevent.sync.threads.threading import __implements__ as __implements__
