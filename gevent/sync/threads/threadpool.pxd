"""Thread pools: native fields of what travels; the pools are Python classes."""

from gevent._loop.loop cimport Loop
from gevent._native.library.backend cimport Backend
from gevent.sync.threads.workers cimport Worker, Workers


cdef bint _inherits_context


cdef class ThreadResult:
    cdef public object receiver         # dropped when it was called
    cdef public object hub
    cdef readonly Loop loop             # the hub's, also when that has let go of it
    cdef public object call_when_ready  # dropped when it was called
    cdef public object context          # of a failure
    cdef public object value
    cdef public object exc_info         # of a failure, else ()

    cpdef Backend deliver(self)


cdef class Task(ThreadResult):
    cdef object function                # dropped when it runs, as the next two
    cdef object args
    cdef object kwargs
    cdef object contextvars             # a Context, or None: that of the thread

    cdef object _call(self)
