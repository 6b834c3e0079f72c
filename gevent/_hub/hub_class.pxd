from gevent._loop.watchers cimport Armable
from gevent._native.scheduling.scheduler cimport Scheduler
