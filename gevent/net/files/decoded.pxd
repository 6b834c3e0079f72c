"""Text of files that wait: native fields."""

cimport cython


@cython.final                       # called once for each line: nobody's base class
cdef class Decoded:
    cdef object buffer              # what is decoded; None after detach()
    cdef str encoding
    cdef str errors
    cdef object decoder             # None until something is read
    cdef str text                   # decoded last; from start on not returned (TEXT1)
    cdef Py_ssize_t start
    cdef readonly str newline                # as of open(), None stands for itself
    cdef str ending                 # of a line
    cdef Py_ssize_t ending_size
    cdef bint ends_anyhow           # each of the three endings is one
    cdef str held                   # "\r" that may be the first half of the ending
    cdef readonly bint has_read     # anything, ever

    @cython.locals(limit=Py_ssize_t, end=Py_ssize_t)
    cpdef str readline(self, object size=*)
    @cython.locals(stop=Py_ssize_t, length=Py_ssize_t, lines=list, line=str)
    cpdef list readlines(self, object hint=*)
    @cython.locals(n=Py_ssize_t)
    cpdef str read(self, object size=*)
    cpdef object newlines(self)
    cpdef int end(self) except -1
    @cython.locals(pieces=list, piece=str, end=Py_ssize_t, is_whole=bint)
    cdef str next_line(self, Py_ssize_t limit)
    @cython.locals(pieces=list, piece=str)
    cdef str read_up_to(self, Py_ssize_t n)
    @cython.locals(rest=str)
    cdef str read_all(self)
    @cython.locals(end=Py_ssize_t)
    cdef Py_ssize_t line_end(self) except -2
    @cython.locals(first=Py_ssize_t, other=Py_ssize_t, stop=Py_ssize_t)
    cdef Py_ssize_t any_line_end(self) except -2
    @cython.locals(taken=str)
    cdef str take(self, Py_ssize_t end)
    cdef int put_back(self, list pieces) except -1
    cdef bint fill(self, Py_ssize_t n) except -1
    @cython.locals(text=str)
    cdef str decode(self, object chunk, bint is_last)
    cdef object new_decoder(self)
    cpdef object open_buffer(self)
    cdef int demand_open(self) except -1


cdef str text_line_of(Decoded decoded, object size)
cdef str text_of(Decoded decoded, object size)
