"""Say who alone can end a wait."""

import gevent
from gevent.queue import Queue
from gevent.util import declare_wakers, find_deadlocks

requests, answers = Queue(), Queue()


def serve():
    """Wait for a request."""
    answers.put(requests.get())


def ask():
    """Wait for an answer to what was never asked."""
    return answers.get()


server, client = gevent.spawn(serve), gevent.spawn(ask)
declare_wakers(requests, client)  # nobody else puts into it
declare_wakers(answers, server)
gevent.spawn(gevent.sleep, 60)
gevent.sleep(0.001)
print(len(find_deadlocks()), "dead-lock")
gevent.killall([server, client])
