"""Descriptors that gevent opens and closes itself: see ``descriptor.pyx``."""

from gevent._native.backend cimport Record
from gevent._native.scheduler cimport Scheduler, Watcher
from gevent._native.sockets cimport sockaddr_storage, socklen_t


cdef class Watch(Watcher):
    cdef Record record              # of the direction; freed with the watch
    cdef bint is_counted            # its wait is in loop.references

    cdef int count(self, bint wanted) except -1
    cdef int release(self) except -1
    cdef int cancel(self, object error) except -1


cdef class Descriptor:
    cdef readonly int fd            # -1: closed or given away
    cdef readonly int _last_fd      # what fd was before, for repr
    cdef unsigned int generation    # goes up whenever fd stops being ours (D1)
    cdef double seconds             # time-out of each wait; negative: for ever
    cdef object given_timeout       # what settimeout() got, a float or None
    cdef bint is_ref                # whether its waits keep the loop running
    cdef Watch reader               # None until somebody waited
    cdef Watch writer
    cdef object __weakref__

    cdef int demand_open(self) except -1
    cdef Watch watch_of(self, Scheduler loop, int events)
    cdef int wait_ready(self, int events, double seconds) except -1
    cdef int wait_or_fail(self, int events) except -1
    cdef int end_waits(self, object error) except -1
    cdef int let_go(self, object error) except -1


cpdef int number_of(object fileobj) except -1


cdef class SocketDescriptor(Descriptor):
    cdef readonly int _family
    cdef readonly int type          # without SOCK_NONBLOCK, SOCK_CLOEXEC
    cdef readonly int proto
    cdef public int _io_refs        # open makefile() objects
    cdef public bint _closed        # close() was called
    cdef readonly bint _detached    # the descriptor was given away
    cdef bint is_bulk               # the last result was large
    cdef object raw                 # _socket.socket of the same fd, or None (D3)
    # When a short read emptied the receive buffer (D4).
    cdef unsigned long long own_sends
    cdef unsigned long long emptied_at
    cdef double emptied_poll

    cdef int set_up(self, int fd, int family, int kind, int proto) except -1
    cdef object raw_object(self)
    cdef unsigned long long moment(self, Scheduler loop) noexcept
    cdef bint has_emptied(self, Scheduler loop) noexcept
    cdef bint yield_if_due(self, Scheduler loop) except -1
    cdef int wait_for_input(self, double* deadline) except -1
    cdef int before_receiving(self, int flags, double* deadline) except -1
    cdef int note_received(self, Py_ssize_t got, Py_ssize_t size) except -1
    cdef Py_ssize_t receive(self, char* buffer, Py_ssize_t size, int flags) except -1
    cdef Py_ssize_t receive_from(
        self, char* buffer, Py_ssize_t size, int flags, socklen_t* length
    ) except -1
    cdef int retry_receiving(self, int flags, double* deadline) except -1
    cdef Py_ssize_t try_send(
        self, const char* data, Py_ssize_t size, int flags
    ) except? -1
    cdef Py_ssize_t send_once(
        self, const char* data, Py_ssize_t size, int flags, double seconds
    ) except -1
    cdef int send_all(self, const char* data, Py_ssize_t size, int flags) except -1
    cdef int connect_code(self, object address) except -1
    cdef int start_connect(self, object address) except -1
    cdef bint connects_at_once(self) noexcept
    cdef int await_connected(self, object address, int code) except -1
