"""A call that blocks goes to a native thread; the loop goes on."""

import hashlib
import time

import gevent
from gevent.threadpool import ThreadPool

n_ticks = 0


def tick():
    """Count what else happens meanwhile."""
    global n_ticks
    while True:
        gevent.sleep(0.001)
        n_ticks += 1


def digest(password):
    """Compute in C, without the GIL, for a while."""
    return hashlib.pbkdf2_hmac("sha256", password, b"salt", 100_000).hex()[:8]


ticker = gevent.spawn(tick)
pool = ThreadPool(2)
print(pool.apply(digest, (b"secret",)))
print("the loop went on:", n_ticks > 0)

results = [pool.spawn(digest, password) for password in (b"one", b"two", b"three")]
print([result.get() for result in results])

n_ticks = 0
time.sleep(0.02)  # not patched, not in a thread: everything stands still
print("ticks during an unpatched sleep:", n_ticks)
ticker.kill()
pool.kill()
