from gevent.pytest_plugin import *
