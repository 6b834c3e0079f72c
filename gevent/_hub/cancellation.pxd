"""Cancel scopes: native fields, and what other compiled modules use of them."""

cimport cython
from gevent._native.interpreter.handled cimport handled_exceptions
from gevent._native.scheduling.scheduler cimport (
    Alarm,
    NativeGreenlet,
    ParkPolicy,
    Scheduler,
    Waiter,
    Zeroed,
)


cdef int NEW
cdef int OPEN
cdef int LEFT
cdef int MOST_CONTEXTS
cdef double LONGEST_PAUSE
cdef Py_ssize_t MOST_AT_ONCE


cdef class Supervisor(Zeroed):
    cdef list present_members(self)
    cdef int take_failure(self, NativeGreenlet member, object error) except -1
    cdef int member_ended(self, NativeGreenlet member, object outcome) except -1


cdef class Mark(Zeroed):
    cdef Cancellation policy


@cython.locals(made=Mark)
cdef Mark mark_for(Cancellation policy)


cdef class Patience(Zeroed):
    cdef CancelScope scope


@cython.final
cdef class CancelScope(Zeroed):
    cdef Scheduler loop             # of the greenlet that entered it
    cdef object owner               # that greenlet, while open
    cdef CancelScope parent         # what is seen outside of it, while open
    cdef Supervisor group           # whose members stand in it, or None
    cdef unsigned long long serial  # of the entry: grows with time
    cdef int state                  # NEW .. LEFT
    cdef object seconds             # as given; None: none, or a deadline
    cdef double after               # the same, as a number
    cdef double limit               # instant of the loop's clock
    cdef Alarm alarm                # until the deadline
    cdef Alarm patience             # until cleanup has had its time
    cdef Mark mark                  # while cancelled and open (CS1)
    cdef bint is_shield
    cdef bint is_cut                # it was raised in its own greenlet (C10)
    cdef bint is_impatient          # cleanup has had its time (C3)
    cdef bint fails                 # it is one of fail_after()
    cdef object raised              # the last Cancelled, for the error of that
    cdef public object cleanup_timeout
    cdef readonly object name
    cdef readonly object reason
    cdef readonly bint cancel_called
    cdef readonly bint expired
    cdef readonly bint cancelled_caught  # assigned by task groups

    cdef int set_up(
        self, object timeout, bint shield, object cleanup_timeout, object name
    ) except -1
    cdef int open(
        self, Scheduler loop, object current, Standing standing
    ) except -1
    cdef int arm(self, double after) except -1
    @cython.locals(standing=Standing)
    cdef Standing leave(self)
    cdef int close(self) except -1
    @cython.locals(outer=CancelScope)
    cdef bint judge(self, Standing standing, object v) except -1
    @cython.locals(outer=CancelScope)
    cdef bint judge_group(self, Standing standing, object v) except -1
    cdef bint fail(self, object cause) except -1
    cdef CancelScope outer_due(self, Standing standing)
    cpdef catch_up(self)
    cpdef cancel_now(self, object reason)
    cdef int begin_cancel(self) except -1
    cdef int be_patient(self, double seconds) except -1
    cpdef lose_patience(self)
    cdef int expire(self) except -1


cdef class Standing(Zeroed):
    cdef CancelScope scope          # the innermost
    cdef CancelScope own            # of Greenlet.cancel()
    cdef unsigned long long handling  # number of the youngest Cancelled (CS2)
    cdef CancelScope raised_for     # whose were raised last, and
    cdef int n_raised               # how many of them
    cdef int shields                # of ours: no cancel comes through

    @cython.locals(scope=CancelScope, found=CancelScope)
    cdef CancelScope due(self)
    @cython.locals(loop=Scheduler)
    cdef object error_for(self, CancelScope due, object current)


cdef class Cancellation(ParkPolicy):
    cdef Scheduler loop
    cdef int n_marks                # cancelled scopes that are open
    cdef Standing root              # of the greenlet that the thread began with
    cdef object others              # of greenlets that are not of ours
    cdef Py_ssize_t n_others        # so many: look for ended ones

    @cython.locals(standing=Standing, due=CancelScope)
    cdef int meet(self, object current, Waiter waiter) except -1
    cdef int hold_up(
        self, Standing standing, object current, CancelScope due
    ) except -1


cdef Cancellation policy_of(Scheduler loop)
@cython.locals(native=NativeGreenlet, standing=Standing, policy=Cancellation)
cpdef Standing standing_of(Scheduler loop, object current)
cdef Standing other_standing(Cancellation policy, object current)
@cython.locals(native=NativeGreenlet, policy=Cancellation)
cdef Standing known_standing(Scheduler loop, object current)
@cython.locals(latest="unsigned long long", serial="unsigned long long", n_left=int)
cdef unsigned long long latest_handled(long long before) except? 0
cdef rename(object error, CancelScope scope)
cpdef object without(object group, CancelScope scope, bint is_chain)
@cython.locals(each=CancelScope)
cpdef bint is_for(object error, CancelScope scope, bint is_chain) except -1
@cython.locals(loop=Scheduler, end=CancelScope)
cdef reach(CancelScope top)
@cython.locals(standing=Standing, scope=CancelScope)
cdef bint look_into(
    Scheduler loop, object target, CancelScope end, list tops
) except -1
@cython.locals(native=NativeGreenlet, standing=Standing, due=CancelScope)
cdef bint ends_early(Scheduler loop, object target) except -1
@cython.locals(n_done="Py_ssize_t")
cpdef deliver_all(Scheduler loop, list targets)
@cython.locals(standing=Standing, due=CancelScope)
cdef deliver(Scheduler loop, object target)
@cython.locals(standing=Standing, own=CancelScope, scope=CancelScope)
cpdef cancel_greenlet(Scheduler loop, NativeGreenlet target, object reason)
@cython.locals(standing=Standing, scope=CancelScope, parent=CancelScope)
cpdef abandon(NativeGreenlet target)
@cython.locals(standing=Standing, scope=CancelScope, due=CancelScope)
cdef int check(Scheduler loop, object current) except -1
@cython.locals(scope=CancelScope)
cdef double earliest_of(Standing standing) except? -1
@cython.locals(made=CancelScope)
cdef CancelScope make_scope(
    object timeout, bint shield, object cleanup_timeout, object name, bint fails
)
@cython.locals(newcomer=Standing)
cpdef CancelScope doomed_by(CancelScope scope)


cdef class Shielded(Zeroed):
    cdef Standing standing
