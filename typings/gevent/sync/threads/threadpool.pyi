from gevent.threadpool import ThreadPool as ThreadPool
from gevent.threadpool import ThreadPoolExecutor as ThreadPoolExecutor
from gevent.threadpool import ThreadResult as ThreadResult

__all__ = ("ThreadPool", "ThreadPoolExecutor", "ThreadResult")
