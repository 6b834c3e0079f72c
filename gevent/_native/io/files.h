/* The calls on descriptors that are no sockets, as files.pyx wants them: no Python
 * object is touched, a call that an interrupt cut short is made again, and what may
 * copy much runs without the GIL. */
#ifndef GEVENT_FILES_H
#define GEVENT_FILES_H

#include "io/sockets.h"

static inline Py_ssize_t
gevent_read(int fd, void *buffer, size_t size)
{
    Py_ssize_t got;
    GEVENT_CALL(got, size, read(fd, buffer, size));
    return got;
}

static inline Py_ssize_t
gevent_write(int fd, const void *data, size_t size)
{
    Py_ssize_t written;
    GEVENT_CALL(written, size, write(fd, data, size));
    return written;
}

#endif
