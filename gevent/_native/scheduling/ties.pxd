"""What is tied to a greenlet: see ``ties.pyx``."""

cpdef Py_ssize_t ties(object greenlet) except -2
