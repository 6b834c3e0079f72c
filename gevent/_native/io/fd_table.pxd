"""Numbers of descriptors, who has them and who waits for them: see ``fd_table.pyx``."""

from cpython.object cimport PyObject

from gevent._native.scheduling.scheduler cimport Scheduler

# Objects with ``closing(fd)``, of any thread; changed under the GIL only.
cdef list close_listeners

cdef int set_owner(int fd, PyObject* who) except -1
cdef int drop_owner(int fd, PyObject* who) noexcept
cpdef int claim(int fd) except -1
cpdef int closing(int fd) except -1
cpdef int tell_waiters(int fd) except -1
cpdef tuple begin_wait(int fd, object who, Scheduler loop)
cpdef int end_wait(int fd, tuple entry) except -1
