"""redis-py, patched."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

import redis  # noqa: E402

import gevent  # noqa: E402
from gevent.event import Event  # noqa: E402

client = redis.Redis(unix_socket_path=sys.argv[1], decode_responses=True)
gevent.joinall([gevent.spawn(client.incr, "n") for _ in range(100)], raise_error=True)
print("counted:", client.get("n"))


def await_blocked():
    """Return when a client waits in the server."""
    while not int(client.info("clients")["blocked_clients"]):
        gevent.sleep(0.01)


waiting = gevent.spawn(client.blpop, ["list"], 50)
await_blocked()
client.rpush("list", "x")
print("blocked:", waiting.get()[1])

heard, all_heard = [], Event()


def hear(message):
    """Keep what was heard."""
    heard.append(int(message["data"]))
    if len(heard) == 5:
        all_heard.set()


listener = client.pubsub()
listener.subscribe(news=hear)
thread = listener.run_in_thread(sleep_time=0.01)
for number in range(5):
    while not client.publish("news", number):
        gevent.sleep(0.01)
assert all_heard.wait(50)
thread.stop()
thread.join(50)
print("heard:", heard)

now = most = 0


def locked():
    """Be alone for a moment."""
    global now, most
    with client.lock("lock", timeout=50, sleep=0.01):
        now += 1
        most = max(most, now)
        gevent.sleep(0.001)
        now -= 1


gevent.joinall([gevent.spawn(locked) for _ in range(5)], raise_error=True)
print("one at a time:", most == 1)
waiting = gevent.spawn(client.blpop, ["list"], 50)
await_blocked()
waiting.kill()
print("after a kill:", client.ping())
