"""Sockets: the calls that receive. See ``receive.pyx``."""

from gevent._native.scheduling.scheduler cimport Scheduler
from gevent._native.io.socket.send cimport SendingSocket
from gevent._native.io.sockets cimport sockaddr_storage, socklen_t


cdef class ReceivingSocket(SendingSocket):
    cdef bint is_bulk               # the last result was large
    # When a short read emptied the receive buffer (FD4).
    cdef unsigned long long emptied_at
    cdef double emptied_poll

    cdef bint has_emptied(self, Scheduler loop) noexcept
    cdef bint yield_if_due(self, Scheduler loop) except -1
    cdef int before_receiving(self, int flags, double* deadline) except -1
    cdef int note_received(self, Py_ssize_t got, Py_ssize_t size) except -1
    cdef Py_ssize_t receive(self, char* buffer, Py_ssize_t size, int flags) except -1
    cdef Py_ssize_t receive_from(
        self, char* buffer, Py_ssize_t size, int flags, socklen_t* length
    ) except -1
    cdef int retry_receiving(self, int flags, double* deadline) except -1


cdef sockaddr_storage* address_scratch() except NULL
