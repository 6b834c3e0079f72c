"""Bytes in the order in which they came; the twin of ``byte_queue.pyx``.

Contract and invariants are there.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer


class ByteQueue:
    """Bytes that came and that nobody has taken."""

    __slots__ = ("capacity", "end", "offered", "searched", "start", "store")

    def __init__(self) -> None:
        self.store = bytearray()
        self.capacity = self.start = self.end = self.searched = self.offered = 0

    def count(self) -> int:
        """Return how many bytes there are."""
        return self.end - self.start

    def line(self, limit: int) -> bytes | None:
        """Take the first line, or *limit* bytes of it; None if it is not complete.

        Args:
            limit: Negative: none.
        """
        is_cut = 0 <= limit <= self.count()
        stop = self.start + limit if is_cut else self.end
        found = self.store.find(b"\n", self.searched, stop)
        if found >= 0:
            return self.take(found - self.start + 1)
        self.searched = max(self.searched, stop)
        return self.take(limit) if is_cut else None

    def take(self, n: int) -> bytes:
        """Take the first *n* bytes, or all that there are; negative: all."""
        if n < 0 or n > self.count():
            n = self.count()
        with memoryview(self.store) as view:
            taken = bytes(view[self.start : self.start + n])
        self._drop(n)
        return taken

    def take_into(self, buffer: WriteableBuffer) -> int:
        """Take as many bytes as fit into a writable buffer; return how many."""
        with memoryview(buffer) as view, view.cast("B") as target:
            n = min(self.count(), target.nbytes)
            target[:n] = self.store[self.start : self.start + n]
        self._drop(n)
        return n

    def _drop(self, n: int) -> None:
        self.start += n
        self.searched = max(self.searched, self.start)

    def all_of_it(self) -> bytes:
        """Return all bytes and keep them."""
        return bytes(self.store[self.start : self.end])

    def room(self, n: int) -> memoryview:
        """Return a view of *n* bytes for those that come next; see :meth:`add`."""
        size = self.count()
        if size == 0 and self.capacity > 2 * n:
            # It was for something large that is gone.
            self._move(0, n)
        elif self.capacity - self.end < n:
            if size + n <= self.capacity and size <= self.start:
                self.store[:size] = self.store[self.start : self.end]
                self.searched -= self.start
                self.start, self.end = 0, size
            else:
                # Twice as much each time: bytes of a long line are moved a few times.
                self._move(0, max(size + n, 2 * size))
        self.offered = n
        return memoryview(self.store)[self.end : self.end + n]

    def add(self, n: int) -> int:
        """Say that the first *n* bytes of the room are there now.

        Raises:
            OSError: It was not as large.
        """
        if n < 0 or n > self.offered:
            raise OSError(
                f"raw readinto() returned invalid length {n} "
                f"(should have been between 0 and {self.offered})"
            )
        self.end += n
        self.offered = 0
        return 0

    def put_back(self, data: ReadableBuffer) -> int:
        """Put *data* before all others."""
        with memoryview(data) as source:
            n = source.nbytes
            if n > self.start:
                self._move(n, n + self.count())
            self.store[self.start - n : self.start] = source
        self.start -= n
        self.searched = self.start
        return 0

    def clear(self) -> int:
        """Forget everything."""
        self.start = self.end = self.searched = 0
        return 0

    def _move(self, at: int, capacity: int) -> None:
        """Go on in other memory, with the first byte at *at*."""
        size = self.count()
        store = bytearray(capacity)
        store[at : at + size] = self.store[self.start : self.end]
        self.searched += at - self.start
        self.start, self.end = at, at + size
        self.store, self.capacity = store, capacity
