"""What servers log: native forms."""

cimport cython

cdef dict _known_hosts
cdef dict _known_codes

@cython.locals(room=Py_ssize_t)
cpdef str access_line(
    object address, object requestline, object status, object length, object seconds
)
cpdef str escape(object text)
cpdef str shown_address(object address)
cpdef str code_of(object status)
