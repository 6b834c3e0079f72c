"""The file that handlers read: native fields."""

cimport cython
from gevent._native.http.taking cimport Takes


cdef class RequestFile(Takes):
    cdef object _source             # whose buffer it takes octets from
    cdef readonly bint closed

    # What read() and readline() do, for compiled callers.
    @cython.locals(buffer=bytearray)
    cdef bytes take(self, Py_ssize_t n)
    @cython.locals(line=bytes)
    cdef bytes take_line(self, Py_ssize_t limit)
    @cython.locals(missing=Py_ssize_t)
    cdef bytes _read_more(self, Py_ssize_t n)
    @cython.locals(line=bytes, missing=Py_ssize_t)
    cdef bytes _readline_more(self, Py_ssize_t limit)
    @cython.locals(buffer=bytearray, n=Py_ssize_t)
    cdef Py_ssize_t _move(self, Py_ssize_t limit, object out) except -1
    cdef int _demand_open(self, str otherwise) except -1
