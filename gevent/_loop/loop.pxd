cimport cython
from gevent._loop.watchers cimport Armable, WatchedLoop
from gevent._native.library.backend cimport Backend


cdef int PIPE_CHECKED_EVERY
cdef double LONGEST_UNGUARDED_POLL


cdef class SignalPipe:
    cdef readonly int reader
    cdef readonly int writer
    cdef readonly bint is_installed
    cdef bint was_installed         # ever
    cdef object process             # whose pipe it is
    cdef int polls
    cdef readonly object watcher

    cdef double guard(self, double timeout) except? -2


cdef class Loop(WatchedLoop):
    cdef readonly object inbox      # deque; any thread appends, ours pops
    cdef bint is_default
    cdef readonly bint in_poll      # the event library has control; read by any thread
    cdef bint is_running
    cdef bint is_breaking
    cdef unsigned int polls
    cdef public object error_handler
    cdef object child_watch
    cdef SignalPipe signal_pipe
    cdef readonly object origflags

    cdef int iterate(self, bint may_block) except -1
    cdef int run_entries(self, bint only_fired) except -1
    @cython.locals(watcher=Armable)
    cdef int fire_all(self, list watchers) except -1
    cdef int take_inbox(self) except -1
    cdef double longest_wait(self, bint may_block) except? -2
    cdef int wait_for_events(self, double timeout) except -1
    cdef int poll_once(self, double timeout) except -1
    cdef int poll_with_signals(self, double timeout) except -1
    cdef bint run_signal_handlers(self) except -1
    cpdef bint is_alive(self) except -1
    cpdef Backend deposit(self, object message)
    @cython.locals(watcher=Armable)
    cpdef bint closing_fd(self, int fd) except -1


cdef SignalPipe open_signal_pipe(Loop loop)
cdef double cut_poll(double timeout) except? -2.0
