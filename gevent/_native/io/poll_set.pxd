"""Bare descriptors that one greenlet waits for together: see ``poll_set.pyx``."""

from gevent._native.scheduling.scheduler cimport Scheduler, Watcher

cdef extern from "<poll.h>" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    int c_poll "poll"(pollfd* entries, unsigned long size, int milliseconds)


cdef class PollSet(Watcher):
    cdef pollfd* entries            # owned; NULL while there is none
    cdef Py_ssize_t n_entries
    cdef Py_ssize_t n_allocated
    cdef Py_ssize_t n_closed        # entries whose number was closed (POLL3)
    cdef list records               # one for each entry while a greenlet waits

    cdef bint wait_once(self, Scheduler loop, double seconds) except -1
    cdef int found(self, Py_ssize_t i) noexcept
    cdef int put(self, int fd, int events) except -1
    cdef int watch(self) except -1
    cdef int forget(self) except -1
    cdef int drop_registrations(self) except -1
    cdef int tell_loop(self, int fd) except -1
