"""Bytes in the order in which they came: see ``byte_queue.pyx``."""

cimport cython


@cython.final                       # called once for each line: nobody's base class
cdef class ByteQueue:
    cdef bytearray store            # the memory; replaced, never resized (BYTES2)
    cdef char* data                 # of store
    cdef Py_ssize_t capacity        # of store
    cdef Py_ssize_t start           # where the first byte is
    cdef Py_ssize_t end             # behind the last one
    cdef Py_ssize_t searched        # no line ends between start and here (BYTES3)
    cdef Py_ssize_t offered         # how large the last room was

    cdef Py_ssize_t count(self) noexcept
    cdef bytes line(self, Py_ssize_t limit)
    cdef bytes take(self, Py_ssize_t n)
    cdef Py_ssize_t take_into(self, object buffer) except -1
    cdef bytes all_of_it(self)
    cdef object room(self, Py_ssize_t n)
    cdef int add(self, Py_ssize_t n) except -1
    cdef int put_back(self, object data) except -1
    cdef int clear(self) except -1
    cdef int move(self, Py_ssize_t at, Py_ssize_t capacity) except -1
