"""The socket calls of ``sockets.h``, and what they take from the system's headers."""

cdef extern from "io/sockets.h" nogil:
    enum:
        GEVENT_SCRATCH
        AF_INET
        AF_INET6
        AF_UNIX
        INET6_ADDRSTRLEN
        SOCK_STREAM
        SOCK_NONBLOCK
        SOCK_CLOEXEC
        MSG_DONTWAIT
        MSG_PEEK
        GEVENT_CONNECTS_TWICE

    ctypedef unsigned int socklen_t

    struct in_addr:
        pass
    struct in6_addr:
        pass
    struct sockaddr_storage:
        unsigned short ss_family
    struct sockaddr_in:
        unsigned short sin_port
        in_addr sin_addr
    struct sockaddr_in6:
        unsigned short sin6_port
        unsigned int sin6_flowinfo
        in6_addr sin6_addr
        unsigned int sin6_scope_id
    struct sockaddr_un:
        char* sun_path              # an array; its address is what is used

    unsigned short ntohs(unsigned short)
    unsigned int ntohl(unsigned int)
    const char* inet_ntop(int family, const void* address, char* text, socklen_t size)
    int c_close "close"(int fd)
    int c_shutdown "shutdown"(int fd, int how)
    int c_listen "listen"(int fd, int backlog)
    int c_setsockopt "setsockopt"(
        int fd, int level, int name, const void* value, socklen_t length
    )

    int gevent_socket(int family, int type, int proto)
    int gevent_accept(int fd, sockaddr_storage* address, socklen_t* length)
    int gevent_connect(int fd, const sockaddr_storage* address, socklen_t length)
    int gevent_pending_error(int fd)
    socklen_t gevent_encode_inet(const char* host, int port, sockaddr_storage*)
    socklen_t gevent_encode_inet6(
        const char* host, int port, unsigned int flow, unsigned int scope,
        sockaddr_storage*
    )
    void gevent_inet_text(const in_addr* address, char* text)
    socklen_t gevent_encode_unix(const char* path, size_t size, sockaddr_storage*)

cdef extern from "io/sockets.h":
    # These need the GIL: they give it up for big sizes themselves.
    Py_ssize_t gevent_recv(int fd, void* buffer, size_t size, int flags)
    Py_ssize_t gevent_recvfrom(
        int fd, void* buffer, size_t size, int flags, sockaddr_storage*, socklen_t*
    )
    Py_ssize_t gevent_send(int fd, const void* data, size_t size, int flags)
    Py_ssize_t gevent_sendto(
        int fd, const void* data, size_t size, int flags,
        const sockaddr_storage*, socklen_t
    )
