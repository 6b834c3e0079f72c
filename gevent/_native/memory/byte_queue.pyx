# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Bytes in the order in which they came, with a place to put the next ones.

Invariants:

* BYTES1  The bytes of the queue are ``data[start:end]``; what is behind ``end`` counts
  for nothing until :meth:`ByteQueue.add`.
* BYTES2  Memory is never resized, but replaced, so that views of it do no harm.
* BYTES3  There is no line end in ``data[start:searched]``: of a line that comes in many
  pieces, each byte is looked at once.

Nothing here switches. What is declared ``noexcept`` subtracts two C fields.
"""

from cpython.buffer cimport (
    PyBUF_WRITABLE,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memchr, memcpy, memmove


cdef class ByteQueue:
    """Bytes that came and that nobody has taken."""

    def __init__(self):
        self.store = bytearray()
        self.data = self.store

    cdef Py_ssize_t count(self) noexcept:
        """Return how many bytes there are."""
        return self.end - self.start

    cdef bytes line(self, Py_ssize_t limit):
        """Take the first line, or *limit* bytes of it; None if it is not complete.

        Args:
            limit: Negative: none.
        """
        cdef Py_ssize_t stop = self.end
        cdef bint is_cut = limit >= 0 and self.end - self.start >= limit
        cdef char* found
        if is_cut:
            stop = self.start + limit
        if self.searched < stop:
            found = <char*>memchr(self.data + self.searched, c"\n", stop - self.searched)
            if found is not NULL:
                return self.take(found - self.data - self.start + 1)
            self.searched = stop
        if is_cut:
            return self.take(limit)
        return None

    cdef bytes take(self, Py_ssize_t n):
        """Take the first *n* bytes, or all that there are; negative: all."""
        cdef Py_ssize_t start = self.start
        if n < 0 or n > self.end - start:
            n = self.end - start
        taken = PyBytes_FromStringAndSize(self.data + start, n)
        self.start = start + n
        if self.searched < self.start:
            self.searched = self.start
        return taken

    cdef Py_ssize_t take_into(self, object buffer) except -1:
        """Take as many bytes as fit into a writable buffer; return how many."""
        cdef Py_buffer view
        cdef Py_ssize_t n = self.end - self.start
        PyObject_GetBuffer(buffer, &view, PyBUF_WRITABLE)
        if n > view.len:
            n = view.len
        memcpy(view.buf, self.data + self.start, n)
        PyBuffer_Release(&view)
        self.start += n
        if self.searched < self.start:
            self.searched = self.start
        return n

    cdef bytes all_of_it(self):
        """Return all bytes and keep them."""
        return PyBytes_FromStringAndSize(
            self.data + self.start, self.end - self.start
        )

    cdef object room(self, Py_ssize_t n):
        """Return a view of *n* bytes for those that come next; see :meth:`add`."""
        cdef Py_ssize_t size = self.end - self.start
        if size == 0 and self.capacity > 2 * n:
            # It was for something large that is gone.
            self.move(0, n)
        elif self.capacity - self.end < n:
            if size + n <= self.capacity and size <= self.start:
                memcpy(self.data, self.data + self.start, size)
                self.searched -= self.start
                self.start = 0
                self.end = size
            else:
                # Twice as much each time: bytes of a long line are moved a few times.
                self.move(0, max(size + n, 2 * size))
        self.offered = n
        return memoryview(self.store)[self.end:self.end + n]

    cdef int add(self, Py_ssize_t n) except -1:
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

    cdef int put_back(self, object data) except -1:
        """Put *data* before all others."""
        cdef Py_ssize_t n = len(data)
        cdef const unsigned char[:] source
        if n == 0:
            return 0
        if n > self.start:
            self.move(n, n + self.end - self.start)
        source = data
        self.start -= n
        memmove(self.data + self.start, &source[0], n)
        self.searched = self.start
        return 0

    cdef int clear(self) except -1:
        """Forget everything."""
        self.start = self.end = self.searched = 0
        return 0

    cdef int move(self, Py_ssize_t at, Py_ssize_t capacity) except -1:
        """Go on in other memory, with the first byte at *at*."""
        cdef bytearray store = bytearray(capacity)
        cdef char* data = store
        cdef Py_ssize_t size = self.end - self.start
        memcpy(data + at, self.data + self.start, size)
        self.searched += at - self.start
        self.start = at
        self.end = at + size
        self.data = data
        self.capacity = capacity
        self.store = store
        return 0
