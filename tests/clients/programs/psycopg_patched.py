"""Psycopg 3 and its pool, patched."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

import psycopg  # noqa: E402
from psycopg_pool import ConnectionPool  # noqa: E402

import gevent  # noqa: E402

where = sys.argv[1]
LOCK = "SELECT pg_advisory_lock_shared(1), %s::int"


def ask(number):
    """Ask in a connection of one's own; waits for a lock."""
    with psycopg.connect(where) as connection:
        return connection.execute(LOCK, (number,)).fetchone()[1]


with psycopg.connect(where, autocommit=True) as own:
    own.execute("SELECT pg_advisory_lock(1)")
    asking = [gevent.spawn(ask, number) for number in range(5)]
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while own.execute(query).fetchone()[0] < 5:
        gevent.sleep(0.01)
    own.execute("SELECT pg_advisory_unlock(1)")
    print("together:", [each.get() for each in asking])

    own.execute("CREATE TEMPORARY TABLE copied (i int)")
    with own.cursor().copy("COPY copied FROM STDIN") as copy:
        for number in range(1000):
            copy.write_row((number,))
    print("copied:", own.execute("SELECT count(*) FROM copied").fetchone()[0])

    own.execute("LISTEN news")

    def tell():
        """Notify from another connection."""
        with psycopg.connect(where, autocommit=True) as other:
            other.execute("NOTIFY news, 'hello'")

    gevent.spawn(tell)
    for notice in own.notifies(timeout=50, stop_after=1):
        print("told:", notice.payload)

    def sleep():
        """Ask for what takes long."""
        try:
            own.execute("SELECT pg_sleep(600)")
        except psycopg.errors.QueryCanceled:
            print("cancelled")

    sleeping = gevent.spawn(sleep)
    query = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
    with psycopg.connect(where, autocommit=True) as other:
        while other.execute(query).fetchone()[0] < 2:
            gevent.sleep(0.01)
    own.cancel()
    sleeping.get()

with ConnectionPool(where, min_size=1, max_size=3) as pool:

    def use(_):
        """Use a connection; say which it was."""
        with pool.connection() as connection:
            query = "SELECT pg_backend_pid(), pg_sleep(0.05)"
            return connection.execute(query).fetchone()[0]

    used = [gevent.spawn(use, number) for number in range(9)]
    print(f"pool: {len({each.get() for each in used})} connections for 9 queries")
