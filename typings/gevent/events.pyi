from gevent._base.events import *
