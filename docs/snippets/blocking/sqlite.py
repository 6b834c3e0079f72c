"""A database without a network: one native thread owns the connection."""

import sqlite3

from gevent.threadpool import ThreadPool


class Store:
    """Runs every statement in the same native thread."""

    def __init__(self, path):
        self._thread = ThreadPool(1)
        self._connection = self._thread.apply(sqlite3.connect, (path,))

    def run(self, statement, *values):
        """Run a statement; only the greenlet that calls waits."""
        return self._thread.apply(self._run, (statement, *values))

    def _run(self, statement, *values):
        with self._connection:
            return self._connection.execute(statement, values).fetchall()

    def close(self):
        """Close the connection, and end the thread."""
        self._thread.apply(self._connection.close)
        self._thread.kill()


store = Store(":memory:")
store.run("CREATE TABLE word (text TEXT)")
store.run("INSERT INTO word VALUES (?)", "hello")
print(store.run("SELECT text FROM word"))
store.close()
