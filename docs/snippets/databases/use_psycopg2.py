"""psycopg2 waits in C; a wait callback lets the other greenlets go on."""

# needs: psycopg2
# needs variable: POSTGRES_DSN
import os

import psycopg2
from psycopg2 import extensions

import gevent
from gevent.socket import wait_read, wait_write

dsn = os.environ["POSTGRES_DSN"]


# begin: client
def wait(connection):
    """Wait until a connection has done what it is about."""
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return
        if state == extensions.POLL_READ:
            wait_read(connection.fileno())
        else:
            wait_write(connection.fileno())


extensions.set_wait_callback(wait)
# end: client


def ask(number):
    """Ask with a connection of one's own."""
    connection = psycopg2.connect(dsn)
    cursor = connection.cursor()
    cursor.execute("SELECT pg_sleep(0.02), %s * 2", [number])
    answer = cursor.fetchone()[1]
    connection.close()
    return answer


greenlets = [gevent.spawn(ask, number) for number in range(5)]
gevent.joinall(greenlets, raise_error=True)
print([greenlet.value for greenlet in greenlets])
