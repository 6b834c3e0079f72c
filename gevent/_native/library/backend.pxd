"""The shims as objects: see ``backend.pyx``."""

from gevent._native.library.loop_ops cimport gevent_loop_ops, gevent_loop_state, gevent_record
from gevent._native.scheduling.scheduler cimport Watcher


cdef struct record_node:
    gevent_record* native
    record_node* following          # live records of one backend
    record_node* preceding
    record_node* next_orphan        # freed by a foreign thread, B3; or spare, B7


cdef extern from "library/hand_over.h" nogil:
    ctypedef struct gevent_hand_over:
        pass
    bint gevent_open_due(gevent_hand_over* hand_over) noexcept
    bint gevent_has_due(gevent_hand_over* hand_over) noexcept
    void gevent_put_off(gevent_hand_over* hand_over, void* lock) noexcept
    void gevent_count_wake(gevent_hand_over* hand_over) noexcept
    void* gevent_before_blocking(gevent_hand_over* hand_over) noexcept


cdef struct gil_slot:
    void* thread                    # PyThreadState while a poll blocks
    gevent_hand_over hand_over


cdef class Backend:
    cdef const gevent_loop_ops* ops  # immortal: its module is kept alive here
    cdef object module
    cdef gevent_loop_state* state   # NULL once closed
    cdef int polled_fd              # what the library polls, -1 if not known
    cdef int forks                  # fork count when the state was last made ours
    cdef int known_forks            # fork count when renew() was last called
    cdef gil_slot gil
    cdef object due_gate            # keeps the lock alive that is due, or was
    cdef unsigned long thread_ident       # who may call everything but wakeup()
    cdef record_node* live          # every record that is not freed (B1)
    cdef record_node* orphans       # atomic stack, any thread pushes (B3)
    cdef record_node* spare         # stopped io records that nobody has (B7)
    cdef Py_ssize_t n_spare
    cdef int n_wakers               # atomic: threads that use it without the GIL (B6)

    cdef int own(self) except -1
    cdef bint lend(self) noexcept
    cdef void wake_lent(self) noexcept nogil
    cdef int poll(self, double timeout) except -1
    cdef int revive(self) except -2
    cdef int collect(self) except -1
    cdef int check_signals(self) except -1
    cdef bint is_inherited(self)
    cdef int forget_records(self, bint are_freed) except -1
    cdef int free_orphans(self) except -1
    cdef int free_spare(self) noexcept
    cdef Record adopt(self, Watcher watcher, gevent_record* native)
    cdef Record reuse_io(self, Watcher watcher, int fd, int events)
    cdef int release_node(self, record_node* node) noexcept


cdef class Record:
    cdef record_node* node          # NULL once freed
    cdef Backend backend

    cpdef int start(self) except -1
    cpdef int stop(self) except -1
    cpdef int set_io(self, int fd, int events) except -1
    cpdef int free(self) except -1
    cdef int retire(self) except -1
