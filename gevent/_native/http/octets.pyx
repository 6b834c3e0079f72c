# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""What octets of HTTP/1 are, and stand for: classes, lists, hosts, escapes.

What letters mean in either case is compared as ASCII. What is declared ``noexcept``
looks at C memory only.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.unicode cimport PyUnicode_DecodeLatin1
from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy

from gevent._native.io.sockets cimport AF_INET6

cdef enum:
    LONGEST_IPV6 = 45

# Eight octets in a word: 1, and the highest bit, in each.
cdef extern from *:
    """
    #define ONES 0x0101010101010101ULL
    #define HIGHS 0x8080808080808080ULL
    """
    const uint64_t ONES, HIGHS

cdef unsigned char classes[256]


cdef Py_ssize_t end_of(
    const char* data, Py_ssize_t at, Py_ssize_t end, unsigned char kinds
) noexcept:
    """Return where octets of a class end."""
    while at < end and classes[<unsigned char>data[at]] & kinds:
        at += 1
    return at


cdef Py_ssize_t end_of_value(const char* data, Py_ssize_t at, Py_ssize_t end) noexcept:
    """Return where the octets of a value end; eight at a time, while none is special."""
    cdef Py_ssize_t stop
    if end - at < 8:
        return end_of(data, at, end, VALUE)
    while at < end:
        # The last eight overlap those before.
        stop = min(at + 8, end)
        if is_special(data + stop - 8) and end_of(data, at, stop, VALUE) != stop:
            return end_of(data, at, stop, VALUE)
        at = stop
    return end


cdef bint is_special(const char* eight) noexcept:
    """Whether one of eight octets is below 0x20, or 0x7f."""
    cdef uint64_t word, delete
    memcpy(&word, eight, 8)
    delete = word ^ (0x7F * ONES)
    return (
        (((word - 0x20 * ONES) & ~word) | ((delete - ONES) & ~delete)) & HIGHS
    ) != 0


cdef bint is_ascii(const char* data, Py_ssize_t size) noexcept:
    cdef uint64_t word, all_words = 0
    cdef Py_ssize_t at = 0
    while size - at >= 8:
        memcpy(&word, data + at, 8)
        all_words |= word
        at += 8
    while at < size:
        all_words |= <unsigned char>data[at]
        at += 1
    return not all_words & HIGHS


cdef int trim(const char* data, Py_ssize_t* at, Py_ssize_t* end) noexcept:
    """Leave out spaces and tabs at both ends."""
    cdef Py_ssize_t first = at[0], last = end[0]
    while first < last and (data[first] == c" " or data[first] == c"\t"):
        first += 1
    while last > first and (data[last - 1] == c" " or data[last - 1] == c"\t"):
        last -= 1
    at[0] = first
    end[0] = last
    return 0


cdef Py_ssize_t next_member(
    const char* value, Py_ssize_t size, Py_ssize_t at, Py_ssize_t* first,
    Py_ssize_t* end
) noexcept:
    """Find the member of a list that begins at *at*; return where the next one does."""
    cdef Py_ssize_t comma = at
    while comma < size and value[comma] != c",":
        comma += 1
    first[0] = at
    end[0] = comma
    trim(value, first, end)
    return comma + 1


cdef bint has_text(
    const char* data, Py_ssize_t size, const char* text, Py_ssize_t text_size
) noexcept:
    """Whether it is this text."""
    return size == text_size and memcmp(data, text, size) == 0


cdef bint is_text(
    const char* data, Py_ssize_t size, const char* lower, Py_ssize_t lower_size
) noexcept:
    """Whether it is this text, in small letters here, in any case."""
    cdef Py_ssize_t i
    if size != lower_size:
        return False
    for i in range(size):
        if to_lower(data[i]) != lower[i]:
            return False
    return True


cdef char to_lower(char octet) noexcept:
    return octet | 0x20 if c"A" <= octet <= c"Z" else octet


cdef bint has_nul(const char* path, Py_ssize_t size) noexcept:
    """Whether there is a NUL in a path, escaped."""
    cdef Py_ssize_t i
    for i in range(size - 2):
        if path[i] == c"%" and path[i + 1] == c"0" and path[i + 2] == c"0":
            return True
    return False


cdef Py_ssize_t host_size(const char* authority, Py_ssize_t size) noexcept:
    """Return how long the host of an authority is; -1 if it is none."""
    cdef Py_ssize_t end = 0
    if size > 0 and authority[0] == c"[":
        end = literal_size(authority, size)
    else:
        while end < size:
            if classes[<unsigned char>authority[end]] & REG_NAME:
                end += 1
            elif is_escape(authority + end, size - end):
                end += 3
            else:
                break
    if end == size or end < 0:
        return end
    return end if is_port(authority + end, size - end) else -1


cdef Py_ssize_t literal_size(const char* authority, Py_ssize_t size) noexcept:
    """Return how long an IPv6 address in brackets is, with them; -1 if it is none."""
    cdef char[LONGEST_IPV6 + 1] text
    cdef char[16] address
    cdef Py_ssize_t end = 1
    while end < size and end <= LONGEST_IPV6 and authority[end] != c"]":
        if not classes[<unsigned char>authority[end]] & HEX_DIGIT:
            if authority[end] != c":" and authority[end] != c".":
                return -1
        text[end - 1] = authority[end]
        end += 1
    if end == size or authority[end] != c"]":
        return -1
    text[end - 1] = 0
    return end + 1 if inet_pton(AF_INET6, text, address) == 1 else -1


cdef bint is_port(const char* port, Py_ssize_t size) noexcept:
    """Whether it is a colon, and digits if any."""
    cdef Py_ssize_t i
    for i in range(1, size):
        if not c"0" <= port[i] <= c"9":
            return False
    return port[0] == c":"


cdef bint is_host_and_port(const char* target, Py_ssize_t size) noexcept:
    """Whether it is what CONNECT takes."""
    cdef Py_ssize_t end = host_size(target, size)
    return end > 0 and end + 1 < size


cdef bint is_escape(const char* at, Py_ssize_t size) noexcept:
    return (
        size >= 3
        and at[0] == c"%"
        and classes[<unsigned char>at[1]] & HEX_DIGIT
        and classes[<unsigned char>at[2]] & HEX_DIGIT
    )


cdef unsigned char hex_value(char digit) noexcept:
    return digit - c"0" if digit <= c"9" else (digit | 0x20) - c"a" + 10


cdef str unescaped(const char* path, Py_ssize_t size):
    """Decode %XX, once; what is none stays."""
    cdef bytes made = PyBytes_FromStringAndSize(path, size)
    cdef char* to = PyBytes_AS_STRING(made)
    cdef Py_ssize_t at = 0, n = 0
    while at < size:
        if is_escape(path + at, size - at):
            to[n] = <char>(16 * hex_value(path[at + 1]) + hex_value(path[at + 2]))
            at += 3
        else:
            to[n] = path[at]
            at += 1
        n += 1
    return PyUnicode_DecodeLatin1(to, n, NULL)


cdef str unfolded(bytes value):
    """Join the lines of a folded value by single spaces."""
    cdef const char* data = PyBytes_AS_STRING(value)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(value)
    cdef Py_ssize_t at = 0, end, first, last
    cdef list parts = []
    while at <= size:
        end = at
        while end < size and data[end] != c"\n":
            end += 1
        first = at
        last = end - 1 if end > at and data[end - 1] == c"\r" else end
        trim(data, &first, &last)
        if last > first:
            parts.append(value[first:last])
        at = end + 1
    return b" ".join(parts).decode("latin-1")


cdef int fill_classes() except -1:
    """Say of each octet what it may be part of."""
    cdef int octet
    for octet in range(256):
        if 0x21 <= octet <= 0x7E and octet != c"#":
            classes[octet] |= TARGET | LOOSE_TARGET
        if 0x20 <= octet <= 0x7E or octet == c"\t":
            classes[octet] |= VALUE
        if octet >= 0x80:
            classes[octet] |= VALUE | LOOSE_TARGET
    for octet in (
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    ):
        classes[octet] |= TCHAR | REG_NAME
    for octet in b"!#$%&'*+-.^_`|~":
        classes[octet] |= TCHAR
    for octet in b"-._~!$&'()*+;=":
        classes[octet] |= REG_NAME
    for octet in b"0123456789abcdefABCDEF":
        classes[octet] |= HEX_DIGIT
    return 0


fill_classes()
