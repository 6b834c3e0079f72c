cimport cython
from gevent._hub.cancellation cimport (
    CancelScope,
    Supervisor,
    abandon,
    cancel_greenlet,
)
from gevent._loop.watchers cimport timer
from gevent._native.scheduling.scheduler cimport (
    Linkable,
    NativeGreenlet,
    Scheduler,
    Waiter,
)
from gevent._native.scheduling.spawn_stack cimport SpawnStack


# C variables: comparing with a Python number costs more than what is decided.
cdef int CREATED
cdef int SCHEDULED
cdef int RUNNING
cdef int DONE
cdef int FAILED
cdef int USUAL_STACK_LIMIT
cdef bint _tracks_tree
cdef bint _inherits_context
cdef bint _tells_end
cdef dict _spawn_callbacks


cdef class GreenletLinks(Linkable):
    cdef Greenlet target

    cdef bint is_due(self)
    @cython.locals(target=Greenlet)
    cdef object link_argument(self)


cdef class Greenlet(NativeGreenlet):
    cdef readonly Scheduler loop
    cdef object function            # None: the body is self._run; dropped at the end
    cdef object arguments           # tuple
    cdef object keywords            # dict or None for none
    cdef int state                  # CREATED .. FAILED
    cdef bint had_joiner            # its failure is being reported, and it was joined
    cdef object result              # the value, or the exception
    cdef object trace               # traceback of the exception
    # Who wants to know of the end: one of these three, until it has come (GRN4).
    cdef Waiter joiner              # parked in wait_for_end()
    cdef object sole_link           # a callable
    cdef GreenletLinks links        # more than one of either
    cdef timer start_timer          # of start_later
    cdef object given_name
    cdef object body_text           # of repr, once it was asked for
    cdef object ident               # minimal_ident, None until asked for
    cdef SpawnStack origin          # None: not tracked
    cdef object tree_locals         # None: not made yet, or not tracked
    cdef object built_stack         # what origin's stack became when read
    cdef Supervisor supervisor      # of its task group, until it has ended

    cdef int set_up(self, object function, tuple arguments, dict keywords) except -1
    cdef int track_spawn(self) except -1
    cdef object shared_locals(self)
    cdef int schedule(self) except -1
    cdef int cancel_start(self) except -1
    cdef int finish(self, int state, object result, object trace) except -1
    @cython.locals(was_started=bint)
    cdef int settle(self, int state, object result, object trace) except -1
    cdef int end_unstarted(self, object error) except -1
    cdef int end_early(self, object error) except -1
    cdef bint is_fresh(self) except -1
    cdef int join_group(self, Supervisor group, CancelScope scope) except -1
    cdef int wait_for_end(self, object timeout) except -1
    cdef GreenletLinks own_links(self)
    cdef bint is_unheard(self)
    cdef bint take_sole_link(self, object callback)
    cdef int announce_end(self) except -1
    cdef int add_joiner(self, Waiter waiter) except -1
    cdef int remove_joiner(self, Waiter waiter) except -1
    cdef int fail(self, object error) except -1
    cdef object outcome(self)
    cdef bint throw_here(self, object exception) except -1


cdef class RawGreenlet(NativeGreenlet):
    cdef readonly Scheduler loop
    cdef object function            # dropped when it runs
    cdef tuple arguments
    cdef dict keywords
    cdef SpawnStack origin
    cdef object tree_locals

    cdef int end_early(self, object error) except -1

    cdef object shared_locals(self)


@cython.locals(made=RawGreenlet)
cdef RawGreenlet _spawn_raw(object function, tuple arguments, dict keywords)
cdef object _shared_locals_of_raw(RawGreenlet spawner)
cdef object _tree_locals_for(Scheduler loop, object spawner)
@cython.locals(made=Greenlet)
cdef Greenlet _spawn(object function, tuple arguments, dict keywords)
@cython.locals(each=Greenlet)
cpdef object _throw_into(object target, object exception)
cdef object _shared_locals_of(Greenlet spawner)
@cython.locals(each=Greenlet, raw=RawGreenlet)
cpdef tuple parts_known_of(object target)
@cython.locals(each=Greenlet, raw=RawGreenlet)
cpdef tuple call_known_of(object target)
@cython.locals(each=Greenlet)
cdef bint _ended(object greenlet, object exception) except -1
