"""The file that handlers read: native fields."""

cimport cython


cdef class RequestFile:
    cdef object _source             # whose buffer it takes octets from
    cdef readonly bint closed

    # What read() and readline() do, for compiled callers.
    @cython.locals(buffer=bytearray)
    cdef bytes take(self, Py_ssize_t n)
    @cython.locals(buffer=bytearray, there=Py_ssize_t, end=Py_ssize_t)
    cdef bytes take_line(self, Py_ssize_t limit)
    @cython.locals(buffer=bytearray, missing=Py_ssize_t, hint=Py_ssize_t)
    cdef bytes _read_more(self, Py_ssize_t n)
    @cython.locals(
        buffer=bytearray, missing=Py_ssize_t, hint=Py_ssize_t, end=Py_ssize_t
    )
    cdef bytes _readline_more(self, Py_ssize_t limit)
    cdef int _demand_open(self, str otherwise) except -1


cdef bytes _taken(bytearray buffer, Py_ssize_t n)
@cython.locals(n=Py_ssize_t)
cdef Py_ssize_t _move(bytearray buffer, Py_ssize_t limit, object out) except -1
