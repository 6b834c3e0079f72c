"""psycopg 3 in a patched program."""

# needs: psycopg, psycopg_pool
# needs variable: POSTGRES_DSN
from gevent import monkey

monkey.patch_all()

import os

from psycopg_pool import ConnectionPool

from gevent.pool import Pool

dsn = os.environ["POSTGRES_DSN"]
# begin: client
with ConnectionPool(dsn, min_size=1, max_size=5, timeout=10) as connections:

    def ask(number):
        """Wait for a connection, then for the database."""
        with connections.connection() as connection:
            query = "SELECT pg_sleep(0.02), %s * 2"
            return connection.execute(query, [number]).fetchone()[1]

    print(Pool(20).map(ask, range(10)))
# end: client
