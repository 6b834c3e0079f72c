"""What objects share that belong to one thread's loop and serve other threads too."""

cimport cython
from gevent._native.scheduler cimport Link, Linkable, Scheduler, Waiter


cdef class Visitor:
    cdef bint has_loop              # whether the visiting thread has a hub
    cdef Scheduler loop             # the thread's; None without
    cdef Waiter waiter              # parked in that loop; None without
    cdef object lock                # native, what a thread without a hub waits for
    cdef bint is_woken              # written under the GIL by whoever wakes it

    cdef int park(self, object subject, object timeout) except -1
    cdef int wake(self) except -1
    cdef int park_in_loop(self, object subject, object timeout) except -1
    cdef int park_thread(self, object timeout) except -1


cdef class Owned(Linkable):
    cdef object __weakref__
    cdef object visitors            # deque of Visitor; None while there never was one
    cdef Py_ssize_t n_visitors
    cdef bint is_shared             # another thread used it: it may wake ours (O3)

    cdef bint claim(self) except -1
    cdef int disown(self) except -1
    @staticmethod
    cdef bint is_in_hub() except -1
    cdef int announce(self) except -1
    cdef int post_announcement(self, Scheduler loop) except -1
    cdef int call_links(self) except -1
    @cython.locals(visitor=Visitor)
    cdef int wake_visitor(self) except -1
    @cython.locals(visitor=Visitor)
    cdef int wake_all_visitors(self) except -1
    cdef int park(self, Waiter waiter, object subject, object timeout) except -1
    cdef int park_alive(self, Waiter waiter, object subject, object timeout) except -1
    cdef bint wait_until_due(self, object subject, object timeout) except -1
    cdef bint wait_at_home(self, object subject, object timeout) except -1
    @cython.locals(visitor=Visitor)
    cdef bint wait_abroad(self, object subject, object timeout) except -1
    @cython.locals(waiter=Waiter)
    cdef int resume_first(self) except -1
    cdef Visitor enter(self)
    cdef int leave(self, Visitor visitor) except -1


@cython.locals(made=Visitor)
cdef Visitor make_visitor()
@cython.locals(first=Link)
cdef int call_first_link(Owned source) except -1
