from gevent.net.os import *
