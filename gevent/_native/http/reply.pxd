"""HTTP replies: see ``reply.pyx``."""

cpdef bytes status_line(object status)
# checked_headers(); the flags are returned by the pointer.
cdef list check_headers(object headers, bint keep_hop_by_hop, int* flags)
cpdef bytes head(bytes status, object pairs)
cpdef bytes date()
cpdef bytes date_of(long long second)
cpdef list chunk(object data)
cpdef Py_ssize_t send_parts(object sock, object parts) except -1
