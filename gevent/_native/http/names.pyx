# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Names of fields that were met: what each is to us, and its key in environs.

They are looked up by their exact octets, without a Python object. There are at most
``MOST_KNOWN_NAMES`` names, of at most ``LONGEST_KNOWN_NAME`` octets, for ever; a name
that is not among them costs more, and means the same.

Threads: the names are the process's; they change with the GIL held, and are only added
to. What is declared ``noexcept`` looks at C memory only.
"""

from cpython.mem cimport PyMem_Malloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.stdint cimport uint64_t
from libc.string cimport memchr, memcmp, memcpy

import sys

cdef enum:
    N_SLOTS = 1024
    MOST_PROBES = 16

cdef dict KINDS = {
    b"proxy": DROPPED,
    b"cookie": COOKIE,
    b"content-type": CONTENT_TYPE,
    b"authorization": AUTHORIZATION,
    b"user-agent": USER_AGENT,
    b"referer": REFERER,
    b"origin": ORIGIN,
    b"host": HOST,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"connection": CONNECTION,
    b"expect": EXPECT,
    b"upgrade": UPGRADE,
}

cdef tuple USUAL_NAMES = (
    b"Accept", b"Accept-Charset", b"Accept-Encoding", b"Accept-Language",
    b"Authorization", b"Cache-Control", b"Connection", b"Content-Encoding",
    b"Content-Length", b"Content-Type", b"Cookie", b"DNT", b"Expect", b"Forwarded",
    b"From", b"Host", b"If-Match", b"If-Modified-Since", b"If-None-Match",
    b"If-Range", b"If-Unmodified-Since", b"Keep-Alive", b"Origin", b"Pragma",
    b"Priority", b"Range", b"Referer", b"Sec-Ch-Ua", b"Sec-Ch-Ua-Mobile",
    b"Sec-Ch-Ua-Platform", b"Sec-Fetch-Dest", b"Sec-Fetch-Mode", b"Sec-Fetch-Site",
    b"Sec-Fetch-User", b"Sec-WebSocket-Extensions", b"Sec-WebSocket-Key",
    b"Sec-WebSocket-Protocol", b"Sec-WebSocket-Version", b"TE",
    b"Transfer-Encoding", b"Upgrade", b"Upgrade-Insecure-Requests", b"User-Agent",
    b"Via", b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Proto",
    b"X-Real-IP", b"X-Request-ID", b"X-Requested-With",
)

cdef bytes UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
cdef bytes LOWER = b"abcdefghijklmnopqrstuvwxyz"
cdef bytes TO_LOWER = bytes.maketrans(UPPER, LOWER)
cdef bytes TO_KEY = bytes.maketrans(LOWER + b"-", UPPER + b"_")

# The names that are known, each in the first free slot behind its hash.
cdef Name* slots[N_SLOTS]
cdef int n_names = 0
# Key -> its number.
cdef dict key_numbers = {}


cdef Name* find_name(const char* data, Py_ssize_t size) noexcept:
    """Return what is known of a name; NULL: nothing."""
    cdef unsigned int slot = hash_of(data, size)
    cdef Name* name
    cdef int _probe
    for _probe in range(MOST_PROBES):
        slot &= N_SLOTS - 1
        if slots[slot] == NULL:
            break
        name = slots[slot]
        if name.size == size and memcmp(name.octets, data, size) == 0:
            return name
        slot += 1
    return NULL


cdef int free_slot(const char* data, Py_ssize_t size) noexcept:
    """Return where a name can be found that is not known yet; -1: nowhere."""
    cdef unsigned int slot = hash_of(data, size)
    cdef int _probe
    for _probe in range(MOST_PROBES):
        slot &= N_SLOTS - 1
        if slots[slot] == NULL:
            return slot
        slot += 1
    return -1


cdef unsigned int hash_of(const char* data, Py_ssize_t size) noexcept:
    """Mix the size, the first and the last octets."""
    cdef uint64_t first = 0, last = 0
    cdef Py_ssize_t i
    if size >= 8:
        memcpy(&first, data, 8)
        memcpy(&last, data + size - 8, 8)
    else:
        for i in range(size):
            first = first << 8 | <unsigned char>data[i]
    first = (first ^ <uint64_t>size) * 0x9E3779B97F4A7C15ULL
    first ^= first >> 32
    first = (first ^ last) * 0xC2B2AE3D27D4EB4FULL
    return first >> 40


cdef Name* add_name(const char* data, Py_ssize_t size) except? NULL:
    """Make a name known, and return what is known of it; NULL: there is no room."""
    global n_names
    cdef int slot = free_slot(data, size)
    cdef Name* name
    cdef str key
    if n_names == MOST_KNOWN_NAMES or slot < 0 or size > LONGEST_KNOWN_NAME:
        return NULL
    key = sys.intern(key_of(data[:size]))
    name = <Name*>PyMem_Malloc(sizeof(Name))
    if name == NULL:
        raise MemoryError
    name.key_number = key_numbers.setdefault(key, len(key_numbers))
    Py_INCREF(key)                  # for ever
    name.key = <PyObject*>key
    name.kind = kind_of(data, size)
    name.has_underscore = memchr(data, c"_", size) != NULL
    name.size = size
    memcpy(name.octets, data, size)
    n_names += 1
    slots[slot] = name              # last: from now on it is found
    return name


cdef str key_of(bytes name):
    """Return the key of a name."""
    return "HTTP_" + name.translate(TO_KEY).decode("latin-1")


cdef int kind_of(const char* data, Py_ssize_t size) except -1:
    """Return what a name is to us."""
    return KINDS.get(data[:size].translate(TO_LOWER), PLAIN)


cdef int add_usual_names() except -1:
    """Make names known that are sent every day: who sends others takes no room here."""
    cdef bytes name
    for name in USUAL_NAMES:
        add_name(name, len(name))
        name = name.translate(TO_LOWER)
        add_name(name, len(name))
    return 0


add_usual_names()
