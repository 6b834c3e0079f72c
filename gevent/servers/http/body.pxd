"""Bodies of requests: native fields."""

cimport cython
from gevent.servers.http.request_file cimport RequestFile

cdef bytes _DIGITS


cdef class Body:
    cdef public object rfile
    cdef public object content_length       # int or None
    cdef public object socket               # until a 100 was sent to it; or None
    cdef public long long position          # in the body, or in this chunk
    cdef public bint chunked_input
    cdef public long long chunk_length      # -1: not known yet; 0: of the last
    cdef public bint send_100_continue_enabled
    cdef public object error                # OSError or None (BODY3)
    cdef object _limits
    cdef bytes _kept                        # (BODY2)
    cdef bint _has_trailers_read
    cdef long long _framing                 # octets of chunk and trailer lines
    cdef long long _room                    # what may still come of each
    cdef long long _extension_room
    cdef long long _trailer_room
    cdef long long _fields_room

    cdef int set_up(
        self,
        object rfile,
        object content_length,
        object socket,
        bint chunked_input,
        object limits,
    ) except -1
    cdef bint ends(self) except -1
    cdef bint _drop(self, long long limit) except -1
    cdef long long _left(self) except? -1
    cdef int _begin(self) except -1
    cdef int _break(self, object error) except -1
    cdef int _refuse(self, str text, int status=*) except -1
    cdef int _end_of_file(self) except -1
    @cython.locals(data=bytes)
    cdef bytes _read_part(self, long long n)
    @cython.locals(line=bytes)
    cdef bytes _readline_part(self, long long n)
    @cython.locals(line=bytes)
    cdef bytes _readline_framing(self, long long limit)
    @cython.locals(rest=cython.longlong, missing=cython.longlong, data=bytes)
    cdef bytes _read_chunks(self, long long n)
    @cython.locals(rest=cython.longlong, missing=cython.longlong, end=Py_ssize_t, line=bytes)
    cdef bytes _readline_chunks(self, long long n)
    @cython.locals(data=bytes)
    cdef Py_ssize_t _give_kept(self, long long limit, object out) except -1
    cdef int _keep(self, object out) except -1
    cdef long long _rest_of_chunk(self) except -1
    cdef int _apply_limits(self) except -1
    @cython.locals(
        line=bytes,
        size=cython.ulonglong,
        room=cython.ulonglong,
        digit=cython.uint,
        octet=cython.uchar,
        n_digits=Py_ssize_t,
    )
    cdef long long _read_chunk_size(self) except -1
    cdef int _check_extensions(self, bytes extensions) except -1
    @cython.locals(line=bytes)
    cdef bint _is_last_trailer(self) except -1


@cython.locals(body=Body)
cpdef object new_input(object rfile, long long length, object socket, object limits)
@cython.locals(ours=Body)
cpdef bint has_ended(object body) except -1
cdef object _again(object error)
@cython.locals(ours=RequestFile)
cdef bytes _read_of(object file, long long n)
@cython.locals(ours=RequestFile)
cdef bytes _readline_of(object file, long long limit)
