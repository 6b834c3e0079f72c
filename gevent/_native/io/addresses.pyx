# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Socket addresses: literal ones of the usual families, to C and back.

Everything else (names, other families, wrong addresses) is left to the interpreter's
own ``_socket``, which has the right words for what is wrong. It has no plain-Python
twin for that reason: there ``_socket`` does all of it.

Functions declared ``noexcept`` compare C numbers, or ask an int for its value by the
call that reports no error; neither can raise.
"""

from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_SIZE
from libc.string cimport strlen

from gevent._native.io.sockets cimport (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    INET6_ADDRSTRLEN,
    gevent_encode_inet,
    gevent_encode_inet6,
    gevent_encode_unix,
    gevent_inet_text,
    inet_ntop,
    ntohl,
    ntohs,
    sockaddr_in,
    sockaddr_in6,
    sockaddr_storage,
    sockaddr_un,
    socklen_t,
)

import os

cdef extern from "Python.h":
    object PyUnicode_DecodeFSDefault(const char*)
    object PyUnicode_FromString(const char*)
    bint PyUnicode_CheckExact(object)
    bint PyUnicode_IS_ASCII(object)
    bint PyLong_Check(object)
    # An int that is too large gives -1, without an exception.
    long long PyLong_AsLongLongAndOverflow(object, int* overflow) noexcept
    const char* PyUnicode_AsUTF8AndSize(object, Py_ssize_t*) except NULL


cdef bint knows_family(int family) noexcept:
    """Whether addresses of the family are coded here."""
    return family == AF_INET or family == AF_INET6 or family == AF_UNIX


cdef bint can_encode(int family, object address) except -1:
    """Whether it is a literal address of a family that is coded here."""
    cdef sockaddr_storage storage
    return encode_address(family, address, &storage) != 0


cdef socklen_t encode_address(
    int family, object address, sockaddr_storage* storage
) except? 0:
    """Encode an address; 0: it is no literal one, or wrong."""
    cdef Py_ssize_t size, n_parts, i
    cdef const char* host
    cdef long long[4] numbers       # port, flow and scope, at their places
    cdef tuple parts
    if family == AF_UNIX:
        return encode_path(address, storage)
    if (family != AF_INET and family != AF_INET6) or not PyTuple_CheckExact(address):
        return 0
    parts = <tuple>address
    n_parts = PyTuple_GET_SIZE(parts)
    if not 2 <= n_parts <= (2 if family == AF_INET else 4):
        return 0
    if not PyUnicode_CheckExact(parts[0]) or not PyUnicode_IS_ASCII(parts[0]):
        return 0
    numbers[2] = numbers[3] = 0
    for i in range(1, n_parts):
        numbers[i] = small_number(parts[i])
        if numbers[i] < 0:
            return 0
    host = PyUnicode_AsUTF8AndSize(parts[0], &size)
    if numbers[1] > 0xFFFF or size == 0 or strlen(host) != <size_t>size:
        return 0
    if family == AF_INET:
        return gevent_encode_inet(host, numbers[1], storage)
    if numbers[2] > 0xFFFFF:
        return 0
    return gevent_encode_inet6(host, numbers[1], numbers[2], numbers[3], storage)


cdef long long small_number(object number) noexcept:
    """The value of an int of 32 bits without a sign, -1 for what is none."""
    cdef int overflow = 0
    cdef long long value
    if not PyLong_Check(number):
        return -1
    value = PyLong_AsLongLongAndOverflow(number, &overflow)
    return value if 0 <= value <= 0xFFFFFFFF else -1


cdef socklen_t encode_path(object path, sockaddr_storage* storage) except? 0:
    """Encode the path or the abstract name of a unix socket; 0: it is wrong."""
    if type(path) is str:
        path = os.fsencode(path)
    if not PyBytes_CheckExact(path):
        return 0
    return gevent_encode_unix(
        PyBytes_AS_STRING(path), PyBytes_GET_SIZE(path), storage
    )


cdef object decode_address(sockaddr_storage* storage, socklen_t length):
    """An address as the standard library has it."""
    cdef char[INET6_ADDRSTRLEN] text
    cdef sockaddr_in* inet = <sockaddr_in*>storage
    cdef sockaddr_in6* inet6 = <sockaddr_in6*>storage
    cdef int port
    cdef unsigned int flow, scope
    if length == 0:
        return None
    # All is read before an object is made: that may run Python code, which may write
    # to memory that belongs to the thread.
    if storage.ss_family == AF_INET:
        gevent_inet_text(&inet.sin_addr, text)
        port = ntohs(inet.sin_port)
        return PyUnicode_FromString(text), port
    if storage.ss_family == AF_INET6:
        inet_ntop(AF_INET6, &inet6.sin6_addr, text, INET6_ADDRSTRLEN)
        port = ntohs(inet6.sin6_port)
        flow = ntohl(inet6.sin6_flowinfo)
        scope = inet6.sin6_scope_id
        return PyUnicode_FromString(text), port, flow, scope
    return decode_path(<sockaddr_un*>storage, length)


cdef object decode_path(sockaddr_un* address, socklen_t length):
    """The path (str) or the abstract name (bytes) of a unix socket."""
    cdef Py_ssize_t size = <Py_ssize_t>length - (address.sun_path - <char*>address)
    if size > 0 and address.sun_path[0] == 0:
        return PyBytes_FromStringAndSize(address.sun_path, size)
    return PyUnicode_DecodeFSDefault(address.sun_path)
