"""What octets of HTTP/1 are, and stand for: see ``octets.pyx``."""

cdef extern from "<arpa/inet.h>" nogil:
    int inet_pton(int family, const char* text, void* address)

# What an octet may be part of.
cdef enum:
    TCHAR = 1
    TARGET = 2
    LOOSE_TARGET = 4
    VALUE = 8
    REG_NAME = 16                   # "%" apart, and no comma
    HEX_DIGIT = 32

cdef unsigned char classes[256]

cdef Py_ssize_t end_of(
    const char* data, Py_ssize_t at, Py_ssize_t end, unsigned char kinds
) noexcept
cdef Py_ssize_t end_of_value(const char* data, Py_ssize_t at, Py_ssize_t end) noexcept
cdef bint is_ascii(const char* data, Py_ssize_t size) noexcept
cdef int trim(const char* data, Py_ssize_t* at, Py_ssize_t* end) noexcept
cdef Py_ssize_t next_member(
    const char* value, Py_ssize_t size, Py_ssize_t at, Py_ssize_t* first,
    Py_ssize_t* end
) noexcept
cdef bint has_text(
    const char* data, Py_ssize_t size, const char* text, Py_ssize_t text_size
) noexcept
cdef bint is_text(
    const char* data, Py_ssize_t size, const char* lower, Py_ssize_t lower_size
) noexcept
cdef bint has_nul(const char* path, Py_ssize_t size) noexcept
cdef Py_ssize_t host_size(const char* authority, Py_ssize_t size) noexcept
cdef bint is_host_and_port(const char* target, Py_ssize_t size) noexcept
cdef str unescaped(const char* path, Py_ssize_t size)
cdef str unfolded(bytes value)
