"""Descriptors that are no sockets: see ``files.pyx``."""

from gevent._native.io.descriptor cimport Descriptor
from gevent._native.scheduling.scheduler cimport Scheduler

cdef extern from "io/files.h":
    # These need the GIL: they give it up for big sizes themselves.
    Py_ssize_t gevent_read(int fd, void* buffer, size_t size)
    Py_ssize_t gevent_write(int fd, const void* data, size_t size)


cdef class FileDescriptor(Descriptor):
    cdef int before_reading(self) except -1
    cdef Py_ssize_t receive(self, char* buffer, Py_ssize_t size) except -1
