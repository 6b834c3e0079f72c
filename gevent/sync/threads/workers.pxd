"""Native threads that run tasks: native fields."""

cimport cython
from gevent._loop.loop cimport Loop
from gevent._native.library.backend cimport Backend
from gevent._native.library.hand_over cimport Gate, open_due


cdef class Worker:
    cdef readonly Workers crew
    cdef readonly object hub
    cdef readonly Gate gate             # see WORK2
    cdef public bint is_dismissed
    cdef readonly object thread_ident

    cdef bint _stays(self, Backend asleep) except -1
    cdef bint _has_work(self) except -1
    cdef bint _withdraw(self) except -1


cdef class Workers:
    cdef readonly set coming
    cdef readonly object hub
    cdef readonly Loop loop
    cdef public Py_ssize_t limit
    cdef readonly double idle_timeout
    cdef readonly object backlog        # deque of tasks
    cdef readonly list idle
    cdef readonly dict members

    cpdef int submit(self, object task, bint awaited=*) except -1
    cdef bint _take_back(self, object task) except -1
    cdef bint _has_worker(self, bint awaited) except -1
    @cython.locals(worker=Worker)
    cdef bint _call_one(self, bint awaited) except -1
    cdef object next_task(self, Worker worker)
    cdef int arrive(self, Worker worker) except -1
    cpdef int hire(self) except -1
    @cython.locals(worker=Worker)
    cpdef int dismiss(self, Py_ssize_t count) except -1
    @cython.locals(worker=Worker)
    cdef int _dismiss_busy(self) except -1
