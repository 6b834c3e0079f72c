"""Sockets: connecting and accepting. See ``connect.pyx``."""

from gevent._native.io.socket.receive cimport ReceivingSocket


cdef class ConnectingSocket(ReceivingSocket):
    cdef int connect_code(self, object address) except -1
    cdef int start_connect(self, object address) except -1
    cdef bint connects_at_once(self) noexcept
    cdef int await_connected(self, object address, int code) except -1
