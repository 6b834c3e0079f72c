"""Sending a reply: native forms."""

cimport cython
from gevent._native.http.reply cimport send_parts

@cython.locals(size=Py_ssize_t)
cpdef Py_ssize_t send_reply(object sock, object parts, object timeouts) except -1
@cython.locals(n_sent=Py_ssize_t, n=Py_ssize_t, began=double, seconds=double)
cdef int _send_long(object sock, object left, double rate) except -1
