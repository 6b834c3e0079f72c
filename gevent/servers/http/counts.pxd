"""What a server has done so far, in numbers: native fields."""


cdef class Counts:
    cdef public long long requests
    cdef public long long octets_in
    cdef public long long octets_out
    cdef public long long deadlines
    cdef public long long evicted
    cdef public dict refused
