"""Sockets that gevent opens and closes itself: see ``base.pyx``."""

from gevent._native.io.descriptor cimport Descriptor


cdef class BaseSocket(Descriptor):
    cdef readonly int _family
    cdef readonly int type          # without SOCK_NONBLOCK, SOCK_CLOEXEC
    cdef readonly int proto
    cdef public int _io_refs        # open makefile() objects
    cdef public bint _closed        # close() was called
    cdef readonly bint _detached    # the descriptor was given away
    cdef object raw                 # _socket.socket of the same fd, or None (FD3)

    cdef int set_up(self, int fd, int family, int kind, int proto) except -1
    cdef object raw_object(self)


cdef inline int as_int(Py_ssize_t value) except? -1:
    """The C int of an argument; a parameter of type int would take floats, too."""
    if value != <int>value:
        raise OverflowError(
            "signed integer is greater than maximum"
            if value > 0
            else "signed integer is less than minimum"
        )
    return <int>value


cdef object made_socket(int fd, int family, int kind, int proto)
cpdef int number_of(object fileobj) except -1
