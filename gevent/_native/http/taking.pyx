# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Octets that were received and are taken from the front of a bytearray.

The interpreter moves the beginning of a bytearray when its first octets are deleted, and
the rest only when half of it is gone: taking all of it in parts is linear.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.memoryview cimport PyMemoryView_FromObject
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF
from cpython.sequence cimport PySequence_DelSlice
from libc.string cimport memchr, memcpy

cdef extern from "Python.h":
    PyObject* new_bytes "PyBytes_FromStringAndSize"(
        const char* text, Py_ssize_t size
    ) except NULL
    int _PyBytes_Resize(PyObject** data, Py_ssize_t size) except -1

# Octets. No more memory is taken at once; twice as much when that is full. Nobody has
# it for the asking: what a peer only promises to send is not touched.
cdef Py_ssize_t FIRST_ROOM = 1 << 20


cdef class _Room:
    """Bytes that are being filled.

    Nobody else has ``data`` before all of it is there: its memory is written to. Views
    of the rest are given to a source; one that is kept keeps this alive.
    """

    cdef PyObject* data             # owned; NULL: given away
    cdef Py_ssize_t size            # of it
    cdef Py_ssize_t got             # octets of that are there
    cdef int n_views                # of the rest, which its memory stays for

    def __cinit__(self, Py_ssize_t size):
        self.size = size
        self.data = new_bytes(NULL, size)

    def __dealloc__(self):
        Py_XDECREF(self.data)

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(
            view,
            self,
            PyBytes_AS_STRING(<object>self.data) + self.got,
            self.size - self.got,
            0,
            flags,
        )
        self.n_views += 1

    def __releasebuffer__(self, Py_buffer* view):
        self.n_views -= 1

    cdef int resize(self, Py_ssize_t size) except -1:
        _PyBytes_Resize(&self.data, size)
        self.size = size
        return 0

    cdef int add_from(self, bytearray buffer) except -1:
        """Take from a buffer what there is room for."""
        cdef Py_ssize_t n = min(PyByteArray_GET_SIZE(buffer), self.size - self.got)
        if n > 0:
            memcpy(
                PyBytes_AS_STRING(<object>self.data) + self.got,
                PyByteArray_AS_STRING(buffer),
                n,
            )
            PySequence_DelSlice(buffer, 0, n)
            self.got += n
        return 0

    cdef Py_ssize_t receive(self, object source) except -1:
        """Let a source fill the rest, as far as it can; return how many that were."""
        cdef Py_ssize_t n
        view = PyMemoryView_FromObject(self)
        try:
            n = source.receive_into(view)  # switches
        finally:
            view.release()
        if self.n_views:
            raise BufferError("a source keeps the memory that it received into")
        if not 0 <= n <= self.size - self.got:
            raise ValueError(f"a source received {n} octets into less room")
        self.got += n
        return n

    cdef bytes finish(self):
        """Give away what is there."""
        cdef bytes made
        if self.got != self.size:
            self.resize(self.got)
        made = <bytes>self.data
        Py_XDECREF(self.data)
        self.data = NULL
        return made


cdef class Takes:
    """What takes octets from the front of a buffer; a base class without fields."""

    cdef bytes taken(self, bytearray buffer, Py_ssize_t n):
        """Take the first *n* octets, or all if there are not as many."""
        cdef bytes data
        if n > PyByteArray_GET_SIZE(buffer):
            n = PyByteArray_GET_SIZE(buffer)
        data = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(buffer), n)
        if n > 0:
            PySequence_DelSlice(buffer, 0, n)
        return data

    cdef object received(self, object source, Py_ssize_t n):
        """Take *n* octets, or all to the end of the stream, without a way round.

        Args:
            source: Has a ``buffer``, whose octets come first, and ``receive_into``,
                which waits and returns how many octets it put into a view; 0: the end.
            n: How many.

        Cancellation:
            All octets are in the buffer again.
        """
        cdef _Room room = _Room(min(n, FIRST_ROOM))
        try:
            while True:
                room.add_from(source.buffer)
                if room.got == n:
                    break
                if room.got == room.size:
                    room.resize(min(n, 2 * room.size))
                elif room.receive(source) == 0:  # switches
                    break
        except BaseException:
            if room.data != NULL:
                source.buffer[:0] = PyBytes_FromStringAndSize(
                    PyBytes_AS_STRING(<object>room.data), room.got
                )
            raise
        return room.finish()

    cdef bytes taken_line(self, bytearray buffer, Py_ssize_t limit):
        """Take the first line, or *limit* octets of it; None if it is not complete.

        Args:
            limit: Negative: none.
        """
        cdef Py_ssize_t size = PyByteArray_GET_SIZE(buffer)
        cdef const char* start = PyByteArray_AS_STRING(buffer)
        cdef const char* end
        cdef bint is_cut = 0 <= limit <= size
        if is_cut:
            size = limit
        end = <const char*>memchr(start, 10, size)
        if end != NULL:
            return self.taken(buffer, end - start + 1)
        return self.taken(buffer, limit) if is_cut else None
