cdef class GreenletTracer:
    cdef readonly unsigned long long greenlet_switch_counter
    cdef object active              # None: the hub, or to be ignored
    cdef object hub_reference       # weak (TRACER3); None until the hub has run
    cdef readonly object previous_trace_function
    cdef readonly bint killed       # set by any thread, never cleared
    cdef readonly unsigned long thread_ident
    # What the last look saw; owned by the thread that looks.
    cdef long long n_seen
    cdef unsigned long long n_scheduled

    cdef int note_active(self, object target) except -1
    cdef int put_back(self) except -1
