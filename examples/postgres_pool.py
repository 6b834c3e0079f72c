"""Many greenlets that share a few connections to PostgreSQL.

    python examples/postgres_pool.py "host=/run/postgresql dbname=postgres"

It moves money between accounts, a hundred transfers at a time over four connections,
and prints how many were made and that nothing is lost. It makes a schema for that and
drops it in the end. It needs ``psycopg`` and ``psycopg_pool``
(``pip install "psycopg[binary,pool]"``).

Psycopg 3 waits in Python code of its own, so patching the standard library is all it
needs to cooperate.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import random  # noqa: E402
import sys  # noqa: E402

import psycopg  # noqa: E402
from psycopg_pool import ConnectionPool  # noqa: E402

import gevent  # noqa: E402

CONNECTIONS = 4
TRANSFERS = 100
ACCOUNTS = 10
BALANCE = 1000
SCHEMA = "gevent_example"


def set_up(pool: ConnectionPool) -> None:
    """Make the accounts."""
    with pool.connection() as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(
            f"CREATE TABLE {SCHEMA}.account (id int PRIMARY KEY, balance int NOT NULL)"
        )
        connection.execute(
            f"INSERT INTO {SCHEMA}.account SELECT i, %s FROM generate_series(1, %s) i",
            (BALANCE, ACCOUNTS),
        )


def transfer(pool: ConnectionPool, amount: int) -> None:
    """Move money in one transaction; waits for a free connection."""
    # In the order of their numbers, so that two transfers do not lock each other out.
    source, target = sorted(random.sample(range(1, ACCOUNTS + 1), 2))
    with pool.connection() as connection:
        for account, change in ((source, -amount), (target, amount)):
            connection.execute(
                f"UPDATE {SCHEMA}.account SET balance = balance + %s WHERE id = %s",
                (change, account),
            )


def total(pool: ConnectionPool) -> int:
    """Add up all accounts."""
    with pool.connection() as connection:
        rows = connection.execute(f"SELECT sum(balance) FROM {SCHEMA}.account")
        row = rows.fetchone()
    assert row is not None
    return int(row[0])


def main() -> None:
    """Make the transfers, all of them at once."""
    pool: ConnectionPool = ConnectionPool(
        sys.argv[1], min_size=1, max_size=CONNECTIONS, timeout=5, open=False
    )
    with pool:
        set_up(pool)
        try:
            transfers = [
                gevent.spawn(transfer, pool, amount) for amount in range(TRANSFERS)
            ]
            gevent.joinall(transfers, raise_error=True)
            print(f"{len(transfers)} transfers, total {total(pool)}")
        finally:
            with pool.connection() as connection:
                connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main()
    except psycopg.OperationalError as error:
        sys.exit(f"no connection: {error}")
