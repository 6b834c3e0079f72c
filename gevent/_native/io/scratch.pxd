"""The scratch buffer of a native thread: see ``scratch.h``."""

from gevent._native.io.sockets cimport sockaddr_storage

cdef extern from "io/scratch.h":
    char* gevent_scratch()
    sockaddr_storage* gevent_scratch_address()
