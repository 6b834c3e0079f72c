"""Buffers of files that wait: native fields."""

cimport cython
from gevent._native.memory.byte_queue cimport ByteQueue
from gevent._native.scheduling.scheduler cimport Scheduler


@cython.final                       # called once for each line: nobody's base class
cdef class ReadAhead:
    cdef object raw                 # what is read
    cdef ByteQueue queue            # what was read and not returned (BUF1)
    cdef Py_ssize_t size            # how much is read at a time
    cdef bint has_whole_readall     # raw.readall() takes all or nothing
    cdef bint is_free               # neither busy nor ended
    cdef bint is_busy               # a call is under way that may wait (BUF4)
    cdef Scheduler owner            # of the thread of that call, if it has one
    cdef list waiting               # an Event for each call of another thread
    cdef str ended                  # why there is no more to read, or None

    @cython.locals(limit=Py_ssize_t, line=bytes)
    cpdef bytes readline(self, object size=*)
    @cython.locals(n=Py_ssize_t)
    cpdef object read(self, object size=*)
    @cython.locals(line=bytes, length=Py_ssize_t, stop=Py_ssize_t)
    cpdef list readlines(self, object hint=*)
    @cython.locals(n=Py_ssize_t)
    cpdef bytes read1(self, object size=*)
    cpdef bytes peek(self)
    cpdef object readinto(self, object buffer, bint once=*)
    cpdef Py_ssize_t count(self) except -1
    cpdef int demand_free(self) except -1
    cpdef int end(self, str reason) except -1
    cpdef int skip(self) except -1
    @cython.locals(line=bytes)
    cdef bytes next_line(self, Py_ssize_t limit)
    @cython.locals(missing=Py_ssize_t, got=Py_ssize_t)
    cdef object read_up_to(self, Py_ssize_t n)
    @cython.locals(pieces=list)
    cdef object read_large(self, Py_ssize_t n)
    @cython.locals(missing=Py_ssize_t, got=Py_ssize_t)
    cdef object read_pieces(self, list pieces, Py_ssize_t n)
    @cython.locals(total=Py_ssize_t, taken=Py_ssize_t)
    cdef object fill_target(self, object target, bint once)
    cdef object fill_rest(self, object rest)
    cdef Py_ssize_t fill(self, Py_ssize_t n) except -2
    cdef int enter(self, str when_closed) except -1
    cdef int leave(self) except -1


cdef bytes line_of(ReadAhead ahead, object size)
cdef object bytes_of(ReadAhead ahead, object size)
