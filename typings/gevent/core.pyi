from gevent._loop.libev_cext import *
