"""Task groups: native fields."""

cimport cython
from gevent._hub.cancellation cimport (
    CancelScope,
    Standing,
    Supervisor,
    doomed_by,
    is_for,
    standing_of,
    without,
)
from gevent._hub.greenlet cimport Greenlet
from gevent._native.scheduling.scheduler cimport NativeGreenlet, Scheduler, Waiter
from gevent.sync.event cimport Event
from gevent.sync.group_members cimport make_greenlet
from gevent.sync.lock cimport Semaphore


cdef int NEW
cdef int OPEN
cdef int CLOSING
cdef int LEFT


cdef class TaskGroup(Supervisor):
    cdef Scheduler loop             # of the greenlet that entered it
    cdef readonly CancelScope scope
    cdef public object greenlet_class
    cdef int state                  # NEW .. LEFT
    cdef int mode                   # place in _MODES
    cdef dict members               # whether each is a service
    cdef Py_ssize_t n_services
    cdef Semaphore slots            # None: any number of members
    cdef object limit               # as given
    cdef list failures              # (who, what), as they came
    cdef object bare                # what leaves the block as it is (TG3)
    cdef bint has_told_services     # those that are left were cancelled
    cdef bint has_cut               # a cancel cut the body or a member short
    cdef Waiter waiter              # of the end of the block, while it waits
    cdef Event empty                # made when somebody joins

    @cython.locals(made=Greenlet)
    cdef object add(
        self, object function, tuple args, dict kwargs, bint is_service
    )
    cdef int start_member(self, Greenlet each) except -1
    @cython.locals(doom=CancelScope, standing=Standing)
    cdef int take_in(self, Greenlet greenlet, bint is_service) except -1
    cdef int demand_open(self) except -1
    cdef int demand_open_with_slot(self) except -1
    cdef int give_slot_back(self) except -1
    cdef list present_members(self)
    cdef int take_failure(self, NativeGreenlet member, object error) except -1
    cdef int take_group(self, object member, object error) except -1
    cdef int note_failure(self, object member, object error) except -1
    cdef int be_interrupted(self, object error) except -1
    @cython.locals(is_service=bint)
    cdef int member_ended(self, NativeGreenlet member, object outcome) except -1
    cdef int end_services(self) except -1
    @cython.locals(scope=CancelScope, innermost=CancelScope)
    cdef int demand_innermost(self) except -1
    cdef int take_end_of_body(self, object error) except -1
    @cython.locals(loop=Scheduler, standing=Standing, waiter=Waiter)
    cdef int wait_for_members(self) except -1
    cdef int report_failures(self, object error) except -1
    cdef object make_group(self)
    @cython.locals(outer=CancelScope)
    cdef bint judge(self, CancelScope scope, Standing standing, object v) except -1
