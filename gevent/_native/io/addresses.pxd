"""Socket addresses: see ``addresses.pyx``."""

from gevent._native.io.sockets cimport sockaddr_storage, socklen_t

cdef bint knows_family(int family) noexcept
cdef bint can_encode(int family, object address) except -1
cdef socklen_t encode_address(
    int family, object address, sockaddr_storage* storage
) except? 0
cdef object decode_address(sockaddr_storage* storage, socklen_t length)
