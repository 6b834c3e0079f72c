"""Refuse instead of waiting."""

import gevent
from gevent.pool import Pool, PoolFull

pool = Pool(1)
first = pool.spawn(gevent.sleep, 0.01)
print("free places:", pool.free_count())
try:
    pool.start(gevent.Greenlet(gevent.sleep, 0), blocking=False)
except PoolFull as error:
    print("refused:", type(error).__name__)
try:
    pool.start(gevent.Greenlet(gevent.sleep, 0), timeout=0.001)
except PoolFull as error:
    print("no place in time:", type(error).__name__)
pool.join()
