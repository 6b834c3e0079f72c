"""What was eventlet's, in gevent's words."""

import gevent
from gevent.event import AsyncResult
from gevent.pool import Pool
from gevent.queue import Queue
from gevent.server import StreamServer
from gevent.timeout import Timeout

# eventlet.GreenPool(10): spawn, imap, waitall
pool = Pool(10)
for number in range(3):
    pool.spawn(lambda n: n, number)
pool.join()
print(list(pool.imap(abs, [-1, -2])))

# eventlet.event.Event: send, send_exception, wait
result = AsyncResult()
gevent.spawn(result.set, "sent")
print(result.get())

# eventlet.Queue, eventlet.Timeout
queue = Queue()
with Timeout(0.01, False):
    queue.get()
    print("this is not printed")

# eventlet.serve(eventlet.listen(address), handle)
server = StreamServer(("127.0.0.1", 0), lambda sock, address: None)
server.start()
server.stop()

# greenthread.spawn_after(seconds, function)
print(gevent.spawn_later(0.001, lambda: "later").get())
