from gevent._base.exceptions import *
