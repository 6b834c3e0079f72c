from gevent._base.config import *
