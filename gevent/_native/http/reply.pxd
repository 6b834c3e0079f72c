"""HTTP replies: see ``reply.pyx``."""

cpdef bytes status_line(object status)

cdef class Fields:
    cdef readonly list pairs        # of bytes
    cdef readonly int flags
    cdef readonly long long length  # of Content-Length; -1: there is none

cpdef int code_of(bytes status) except -1
cpdef Fields checked_fields(object headers, bint keep_hop_by_hop)
cpdef bytes head(bytes status, object pairs)
cpdef bytes date()
cpdef bytes date_of(long long second)
cpdef list chunk(object data)
cpdef Py_ssize_t send_parts(object sock, object parts) except -1
