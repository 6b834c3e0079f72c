cimport cython
from gevent._native.library.backend cimport Record
from gevent._native.library.polled_loop cimport PolledLoop
from gevent._native.scheduling.scheduler cimport Waiter, Watcher


cdef extern from *:
    """
    typedef unsigned char gevent_flag;
    """
    # A bint of one byte: there may be very many watchers.
    ctypedef bint gevent_flag


cdef class WatchedLoop(PolledLoop):
    cdef public dict kept           # active watchers that users started (WATCH2)
    cdef readonly list prepares
    cdef readonly list checks
    cdef readonly list idles
    cdef readonly list forks
    cdef readonly bint in_callbacks  # entries are being run
    cdef readonly double wall_offset


cdef class Armable(Watcher):
    cdef object function            # the callback, None after close
    cdef object arguments           # its arguments, None until started
    cdef gevent_flag is_active
    cdef gevent_flag is_referenced
    cdef gevent_flag is_closed
    cdef gevent_flag is_counted     # in loop.references
    cdef gevent_flag is_kept        # in loop.kept

    cdef int set_up(self, object loop, bint ref, object priority) except -1
    cdef int count(self) except -1
    cdef int keep(self) except -1
    cdef int begin(self, object function, tuple arguments) except -1
    cdef int halt(self) except -1
    cdef int engage(self) except -1
    cdef int disengage(self) except -1
    cdef int fire(self) except -1
    cdef size_t native_address(self) except? 0
    cpdef int wait_for(self, Waiter waiter, object subject) except -1


cdef class recorded(Armable):
    cdef Record record

    cdef size_t native_address(self) except? 0

    cdef int engage(self) except -1
    cdef int disengage(self) except -1


cdef class io(recorded):
    cdef int descriptor
    cdef int mask
    cdef gevent_flag is_stale       # fd or mask were set since the last start
    cdef gevent_flag passes_events

    cdef int engage(self) except -1
    cdef int fire(self) except -1
    cdef int failed(self) except -1
    cpdef int wait_for(self, Waiter waiter, object subject) except -1


cdef class signal(recorded):
    cdef int signum

    cdef int engage(self) except -1
    cdef int disengage(self) except -1


cdef class stat(recorded):
    cdef readonly object path
    cdef double wanted_interval
    cdef gevent_flag was_started

    cdef int engage(self) except -1


cdef class listed(Armable):
    cdef list members

    cdef int engage(self) except -1
    cdef int disengage(self) except -1


cdef class prepare(listed):
    pass


cdef class check(listed):
    pass


cdef class idle(listed):
    pass


cdef class fork(listed):
    pass


cdef class async_(Armable):
    cdef gevent_flag is_sent        # any thread sets it, the loop's clears it

    cdef int engage(self) except -1
    cdef int disengage(self) except -1


cdef class child(Armable):
    cdef readonly int pid
    cdef public int rpid
    cdef public int rstatus
    cdef public object usage        # struct_rusage, None when nobody could tell
    cdef Watcher source

    cdef int engage(self) except -1
    cdef int disengage(self) except -1


cdef class timer(Armable):
    cdef double after
    cdef double interval
    cdef double pending_delay       # of the start that is under way

    cdef int schedule(self, double after, double repeat) except -1
    cdef int keep(self) except -1
    cpdef int wait_for(self, Waiter waiter, object subject) except -1
    cdef int launch(self, object function, tuple arguments, double delay, object update) except -1
    cdef int engage(self) except -1
    cdef int disengage(self) except -1
    cdef int fire(self) except -1
    cdef int failed(self) except -1
    cdef int forget_call(self) except -1
    cdef int expired(self) except -1


@cython.locals(made=timer)
cpdef timer new_timer(object loop, double after, double repeat, bint ref, object priority)
