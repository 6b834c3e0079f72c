"""A gate between native threads: native fields."""

from cpython.pythread cimport PyThread_type_lock

from gevent._native.backend cimport Backend


cdef class Gate:
    cdef PyThread_type_lock lock    # taken while the gate is closed

    cpdef int open(self) except -1
    cpdef int open_at_poll(self, Backend backend) except -1
    cpdef bint wait(self, double timeout, Backend asleep) except? -1
