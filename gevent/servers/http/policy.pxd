"""What heads are served, and how: native fields."""

cimport cython
from gevent._native.http.head cimport Head


cdef class Decision:
    cdef readonly long long length  # of the body; CHUNKED
    cdef readonly bint persistent
    cdef readonly bint expects_continue
    cdef readonly str upgrade


cdef Decision _NO_BODY
cdef Decision _NO_BODY_AND_CLOSE

@cython.locals(decision=Decision, length=cython.longlong, persistent=cython.bint)
cpdef Decision decide(Head head, object limits, object relax)
cpdef int judge_target(Head head, object relax) except -1
cpdef bint has_other_form(Head head, object relax) except -1
cpdef int judge_fields(Head head, object relax) except -1
cpdef long long body_length(Head head, object limits) except -2
cpdef int judge_coding(Head head) except -1
cpdef bint is_persistent(Head head) except -1
