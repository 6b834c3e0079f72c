"""Heads of HTTP/1 requests: see ``head.pyx``."""

cimport cython
from gevent._native.http.names cimport Name

cdef enum:
    N_OWN_FIELDS = 12               # of most heads; more need memory of their own


cdef struct Field:                  # places in the octets of the head
    unsigned int name_at
    unsigned int name_end
    unsigned int value_at
    unsigned int value_end
    Name* name                      # NULL: it is not known
    unsigned char kind              # see http_names.pxd
    unsigned char is_folded


@cython.final                       # made for each request: nobody's base class
cdef class Head:
    cdef bytes octets               # all of it, once it is whole; before that None
    cdef const char* data           # of octets
    cdef Field* table               # own_fields, or owned memory
    cdef Field[N_OWN_FIELDS] own_fields
    cdef unsigned int n_room        # fields that the table has room for
    cdef unsigned int line_at       # of the request line and its parts
    cdef unsigned int line_end
    cdef unsigned int method_end
    cdef unsigned int target_at
    cdef unsigned int target_end
    cdef unsigned int path_at
    cdef unsigned int path_end
    cdef unsigned int query_at      # target_end, if there is none
    cdef unsigned int authority_at
    cdef unsigned int authority_end
    cdef unsigned int fields_at
    cdef unsigned int end_at        # of the empty line at the end
    cdef unsigned int seen          # bits of the kinds of fields
    cdef bint keeps_underscores
    cdef bint is_ascii              # all of it

    cdef readonly Py_ssize_t size
    cdef readonly int n_fields
    cdef readonly int minor
    cdef readonly int n_host
    cdef readonly int n_content_length
    cdef readonly int n_transfer_encoding
    cdef readonly unsigned long long length
    cdef readonly bint is_head
    cdef readonly bint is_connect
    cdef readonly bint is_options
    cdef readonly bint is_origin
    cdef readonly bint is_absolute
    cdef readonly bint is_asterisk
    cdef readonly bint is_tunnel
    cdef readonly bint has_nul
    cdef readonly bint has_valid_authority
    cdef readonly bint has_valid_host
    cdef readonly bint has_valid_length
    cdef readonly bint has_valid_coding
    cdef readonly bint is_chunked
    cdef readonly bint repeats_single
    cdef readonly bint expects_continue
    cdef readonly bint expects_other
    cdef readonly bint wants_close
    cdef readonly bint wants_keep_alive
    cdef readonly bint wants_upgrade

    cpdef str get(self, str name)
    cpdef int fill(self, object environ) except -1
    cpdef int fill_fields(self, object environ) except -1
    cdef int fill_joined(self, object environ) except -1
    cdef bint is_in_environ(self, Field* field) noexcept
    cdef bint has_underscore(self, Field* field) noexcept
    cdef str key(self, Field* field)
    cdef str first(self, int kind)
    cdef str joined(self, int kind)
    cdef str text(self, unsigned int at, unsigned int end)
    cdef str value(self, Field* field)
    cdef str path(self)
    cdef Field* add_field(self) except NULL
    cdef int note(self, int kind, const char* value, Py_ssize_t size) noexcept
    cdef int note_length(self, const char* value, Py_ssize_t size) noexcept
    cdef int note_coding(self, const char* value, Py_ssize_t size) noexcept
    cdef int note_options(self, const char* value, Py_ssize_t size) noexcept
    cdef int note_target(self, const char* data) noexcept
    cdef unsigned int note_authority(
        self, const char* data, unsigned int at
    ) noexcept


@cython.final                       # for the same reason
cdef class HeadParser:
    cdef Py_ssize_t most_line
    cdef Py_ssize_t most_head
    cdef Py_ssize_t line_at         # where the line begins that is not judged yet
    cdef Py_ssize_t searched        # no line ends between line_at and here
    cdef int most_fields
    cdef int n_empty                # lines before the request line
    cdef int refused_with           # a status; 0: nothing is refused
    cdef Py_ssize_t refused_at
    cdef str refused_because
    cdef unsigned char target_class
    cdef bint takes_bare_lf
    cdef bint takes_obs_fold
    cdef bint keeps_underscores
    cdef readonly bint started
    cdef Head head                  # None before the request line
    cdef Head last                  # None once the next one begins
    cdef bytes seen_line            # of the refused head

    cpdef int reset(self) except -1
    cpdef Head feed(self, bytearray buffer)
    cdef int begin(self) except -1
    cdef Py_ssize_t next_line(self, const char* data, Py_ssize_t size) except -2
    cdef int check_first(
        self, const char* data, Py_ssize_t size, Py_ssize_t most
    ) except -1
    cdef Head take(self, const char* data, Py_ssize_t end)
    cdef Head end(self, const char* data, Py_ssize_t end)
    cdef int take_request_line(self, const char* data, Py_ssize_t end) except -1
    cdef int take_version(
        self, const char* data, Py_ssize_t at, Py_ssize_t end
    ) except -1
    cdef int take_field_line(self, const char* data, Py_ssize_t end) except -1
    cdef int take_fold(self, const char* data, Py_ssize_t end) except -1
    cdef int take_value(
        self, const char* data, Py_ssize_t* at, Py_ssize_t* end
    ) except -1
    cdef int refuse(
        self, const char* data, Py_ssize_t size, int status, str reason,
        Py_ssize_t offset
    ) except -1


cpdef Head head_of(bytes method, bytes target, object fields)
