"""Names of fields that were met: see ``names.pyx``."""

from cpython.object cimport PyObject

cdef enum:
    MOST_KNOWN_NAMES = 512
    LONGEST_KNOWN_NAME = 64

# What a field is to us. Policy reads the value of those from HOST on; they are never
# folded. There can be one of those from CONTENT_TYPE to ORIGIN.
cdef enum:
    PLAIN
    DROPPED
    COOKIE
    CONTENT_TYPE
    AUTHORIZATION
    USER_AGENT
    REFERER
    ORIGIN
    HOST
    CONTENT_LENGTH
    TRANSFER_ENCODING
    CONNECTION
    EXPECT
    UPGRADE


cdef struct Name:                   # in one spelling; never freed
    PyObject* key                   # of environs, interned; owned
    unsigned short key_number       # one for each key, below MOST_KNOWN_NAMES
    unsigned char kind
    unsigned char has_underscore
    unsigned char size
    char[LONGEST_KNOWN_NAME] octets


cdef bytes TO_LOWER                 # tables of bytes.translate

cdef Name* find_name(const char* data, Py_ssize_t size) noexcept
cdef Name* add_name(const char* data, Py_ssize_t size) except? NULL
cdef int kind_of(const char* data, Py_ssize_t size) except -1
cdef str key_of(bytes name)
