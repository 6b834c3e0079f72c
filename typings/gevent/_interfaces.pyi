from gevent._loop.interface import *
