"""What objects share that belong to one thread's loop and serve other threads too."""

cimport cython
from gevent._native.scheduling.messages cimport post
from gevent._native.scheduling.scheduler cimport Link, Linkable, Scheduler, Waiter


cdef class ForeignWaiter(Waiter):
    cdef object lock                # native, of a thread without a loop; None with one
    cdef bint is_told               # True: whoever tells it; False: itself, when it lost

    cdef int prepare(self, Scheduler loop) except -1
    cdef int park(self, object subject, object timeout) except -1
    cdef bint wake(self) except -1


cdef class Shared(Linkable):
    cdef object __weakref__
    cdef Linkable foreign_waiters          # who waits abroad; None while there never was one
    cdef bint is_posted             # a message to the owner is on its way (SHARE4)

    cdef bint claim(self, Scheduler loop) except -1
    cdef int leave_owner(self) except -1
    cdef bint has_dead_owner(self) noexcept
    cdef int disown(self, list gone) except -1
    @cython.locals(loop=Scheduler, foreign=ForeignWaiter)
    cdef int keep_survivors(self) except -1
    @staticmethod
    cdef bint is_in_hub() except -1
    @staticmethod
    cdef Scheduler waiting_loop()
    cdef bint has_listener(self) noexcept
    @cython.locals(waiters=Linkable)
    cdef bint has_foreign_waiter(self) noexcept
    cdef int announce(self) except -1
    @cython.locals(mine=Scheduler, loop=Scheduler)
    cdef int announce_at_home(self) except -1
    cdef int post_announcement(self, Scheduler loop) except -1
    cdef int call_links(self) except -1
    @cython.locals(foreign=ForeignWaiter)
    cdef int wake_foreign(self) except -1
    cdef int wake_next_foreign(self) except -1
    @cython.locals(waiters=Linkable)
    cdef int wake_all_foreign(self) except -1
    @cython.locals(loop=Scheduler)
    cdef int link(self, object callback) except -1
    cdef int announce_link(self) except -1
    @cython.locals(loop=Scheduler, waiter=Waiter)
    cdef bint wait_until_due(self, object subject, object timeout) except -1
    cdef bint wait_under(self, object subject, object timeout) except -1
    cdef bint wait_at_home(self, Waiter waiter, object subject, object timeout) except -1
    @cython.locals(foreign=ForeignWaiter)
    cdef bint wait_abroad(self, Scheduler loop, object subject, object timeout) except -1
    @cython.locals(waiter=Waiter)
    cdef int resume_first(self) except -1
    @cython.locals(foreign=ForeignWaiter, waiters=Linkable)
    cdef ForeignWaiter enter(self, Scheduler loop)
    cdef int enter_again(self, ForeignWaiter foreign) except -1
    cdef int leave(self, ForeignWaiter foreign) except -1


cdef int park_thread(object lock, object timeout) except -1
@cython.locals(first=Link)
cdef int call_first_link(Shared source) except -1


@cython.locals(loop=Scheduler)
cpdef int let_others_run() except -1
