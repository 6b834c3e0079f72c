/* Socket calls as the socket classes want them: no Python object is touched, a call
 * that an interrupt cut short is made again, and what may copy much runs without
 * the GIL.
 */
#ifndef GEVENT_SOCKETS_H
#define GEVENT_SOCKETS_H

#include <Python.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Up to here a call keeps the GIL: giving it up costs a wait for a busy thread,
 * copying this much costs some 10 us. It is also the size of the scratch buffer
 * (scratch.h). */
enum { GEVENT_SCRATCH = 65536 };

#define GEVENT_CALL(result, size, call)                 \
    do {                                                \
        if ((size) > GEVENT_SCRATCH) {                  \
            PyThreadState *thread = PyEval_SaveThread(); \
            int code;                                   \
            result = (call);                            \
            code = errno;                               \
            PyEval_RestoreThread(thread);               \
            errno = code;                               \
        }                                               \
        else                                            \
            result = (call);                            \
    } while (result < 0 && errno == EINTR)

static inline Py_ssize_t
gevent_recv(int fd, void *buffer, size_t size, int flags)
{
    Py_ssize_t got;
    GEVENT_CALL(got, size, recv(fd, buffer, size, flags));
    return got;
}

static inline Py_ssize_t
gevent_recvfrom(int fd, void *buffer, size_t size, int flags,
                struct sockaddr_storage *address, socklen_t *length)
{
    Py_ssize_t got;
    *length = sizeof *address;
    memset(address, 0, offsetof(struct sockaddr_un, sun_path) + 2);
    GEVENT_CALL(got, size,
                recvfrom(fd, buffer, size, flags, (struct sockaddr *)address, length));
    return got;
}

/* A peer that is gone shows as EPIPE; Python programs ignore SIGPIPE anyway, but
 * an embedding program may not. */
#ifdef MSG_NOSIGNAL
#define GEVENT_NOSIGNAL MSG_NOSIGNAL
#else
#define GEVENT_NOSIGNAL 0
#endif

static inline Py_ssize_t
gevent_send(int fd, const void *data, size_t size, int flags)
{
    Py_ssize_t sent;
    GEVENT_CALL(sent, size, send(fd, data, size, flags | GEVENT_NOSIGNAL));
    return sent;
}

static inline Py_ssize_t
gevent_sendto(int fd, const void *data, size_t size, int flags,
              const struct sockaddr_storage *address, socklen_t length)
{
    Py_ssize_t sent;
    GEVENT_CALL(sent, size, sendto(fd, data, size, flags | GEVENT_NOSIGNAL,
                                   (const struct sockaddr *)address, length));
    return sent;
}

static inline int
gevent_set_flags(int fd)
{
    int on = 1;
    if (fd < 0)
        return fd;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && ioctl(fd, FIONBIO, &on) == 0)
        return fd;
    close(fd);
    return -1;
}

/* A new descriptor, non-blocking and not inherited by programs; -1 with errno. */
static inline int
gevent_socket(int family, int type, int proto)
{
#ifdef SOCK_CLOEXEC
    return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
#else
    return gevent_set_flags(socket(family, type, proto));
#endif
}

/* The same for a connection that waits; EAGAIN when none does. */
static inline int
gevent_accept(int fd, struct sockaddr_storage *address, socklen_t *length)
{
    int accepted;
    do {
        *length = sizeof *address;
        memset(address, 0, offsetof(struct sockaddr_un, sun_path) + 2);
#ifdef SOCK_CLOEXEC
        accepted = accept4(fd, (struct sockaddr *)address, length,
                           SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
        accepted = gevent_set_flags(accept(fd, (struct sockaddr *)address, length));
#endif
    } while (accepted < 0 && errno == EINTR);
    return accepted;
}

/* 0, or errno. An interrupted connect goes on: it is in progress. */
static inline int
gevent_connect(int fd, const struct sockaddr_storage *address, socklen_t length)
{
    if (connect(fd, (const struct sockaddr *)address, length) == 0)
        return 0;
    return errno == EINTR ? EINPROGRESS : errno;
}

/* Whether a second connect tells how far the first one is, and nothing else. */
#ifdef __linux__
enum { GEVENT_CONNECTS_TWICE = 1 };
#else
enum { GEVENT_CONNECTS_TWICE = 0 };
#endif

/* The errno that a connection ended with, or 0. */
static inline int
gevent_pending_error(int fd)
{
    int code = 0;
    socklen_t length = sizeof code;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0)
        return errno;
    return code;
}

/* Length of the encoded address; 0: the text is not a literal address. */
static inline socklen_t
gevent_encode_inet(const char *host, int port, struct sockaddr_storage *storage)
{
    struct sockaddr_in *address = (struct sockaddr_in *)storage;
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1)
        return 0;
    address->sin_family = AF_INET;
    address->sin_port = htons((unsigned short)port);
    return sizeof *address;
}

/* Like inet_ntop, which goes through printf and costs as much as the system call.
 * The text takes up to 16 bytes. */
static inline void
gevent_inet_text(const struct in_addr *address, char *text)
{
    const unsigned char *parts = (const unsigned char *)address;
    int i;
    for (i = 0; i < 4; i++) {
        unsigned int part = parts[i];
        if (part >= 100)
            *text++ = (char)('0' + part / 100);
        if (part >= 10)
            *text++ = (char)('0' + part / 10 % 10);
        *text++ = (char)('0' + part % 10);
        *text++ = i < 3 ? '.' : '\0';
    }
}

static inline socklen_t
gevent_encode_inet6(const char *host, int port, unsigned flow, unsigned scope,
                    struct sockaddr_storage *storage)
{
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)storage;
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET6, host, &address->sin6_addr) != 1)
        return 0;
    address->sin6_family = AF_INET6;
    address->sin6_port = htons((unsigned short)port);
    address->sin6_flowinfo = htonl(flow);
    address->sin6_scope_id = scope;
    return sizeof *address;
}

static inline socklen_t
gevent_encode_unix(const char *path, size_t size, struct sockaddr_storage *storage)
{
    struct sockaddr_un *address = (struct sockaddr_un *)storage;
    size_t head = offsetof(struct sockaddr_un, sun_path);
    int is_abstract = size > 0 && path[0] == '\0';
    /* What an empty one means is up to the system: the interpreter knows. */
    if (size == 0 || size + !is_abstract > sizeof address->sun_path)
        return 0;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, size);
    return (socklen_t)(head + size + !is_abstract);
}

#endif
