from gevent._native.scheduling.scheduler cimport Scheduler
