"""Waits have a time-out of their own; what they do when it is over differs."""

import gevent
from gevent import socket
from gevent.event import AsyncResult, Event
from gevent.lock import Semaphore
from gevent.queue import Empty, Queue

print("Event.wait:", Event().wait(timeout=0.01))
print("Semaphore.acquire:", Semaphore(0).acquire(timeout=0.01))

sleeper = gevent.spawn(gevent.sleep, 10)
print("Greenlet.join:", sleeper.join(timeout=0.01), sleeper.ready())
print("joinall:", gevent.joinall([sleeper], timeout=0.01))
sleeper.kill()

for name, wait in (
    ("Queue.get", lambda: Queue().get(timeout=0.01)),
    ("AsyncResult.get", lambda: AsyncResult().get(timeout=0.01)),
):
    try:
        wait()
    except (Empty, gevent.Timeout) as error:
        print(f"{name}: {type(error).__name__}")

left, right = socket.socketpair()
with left, right:
    left.settimeout(0.01)
    try:
        left.recv(1)
    except TimeoutError as error:
        print("recv:", repr(error))
