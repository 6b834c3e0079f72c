"""Sockets: the calls that send. See ``send.pyx``."""

from gevent._native.io.socket.base cimport BaseSocket
from gevent._native.scheduling.scheduler cimport Scheduler


cdef class SendingSocket(BaseSocket):
    cdef unsigned long long own_sends   # of this socket; others stay below gevent_sends

    cdef unsigned long long moment(self, Scheduler loop) noexcept
    cdef bint gives_up(self, int flags) noexcept
    cdef Py_ssize_t try_send(
        self, const char* data, Py_ssize_t size, int flags
    ) except? -1
    cdef Py_ssize_t send_once(
        self, const char* data, Py_ssize_t size, int flags, double seconds
    ) except -1
    cdef int send_all(self, const char* data, Py_ssize_t size, int flags) except -1
