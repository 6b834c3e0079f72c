"""Octets that were received: see ``taking.pyx``."""


cdef class Takes:
    cdef bytes taken(self, bytearray buffer, Py_ssize_t n)
    cdef object received(self, object source, Py_ssize_t n)
    cdef bytes taken_line(self, bytearray buffer, Py_ssize_t limit)
