from gevent._loop.watchers cimport Armable
from gevent._native.scheduler cimport Scheduler
