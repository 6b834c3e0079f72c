"""How the client learns where the body of a reply ends: native forms."""

cimport cython

cpdef bint has_no_body(int code, bint is_head) noexcept     # compares numbers
cpdef Py_ssize_t length_of(object result) except -2
@cython.locals(total=Py_ssize_t)
cdef Py_ssize_t _sum(object blocks) except -1
