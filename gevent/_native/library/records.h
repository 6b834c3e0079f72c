/* Records as both shims have them: kinds, starting, stopping, what is refused.
 *
 * Included once by a shim, after it has defined `struct shim_loop`, which begins with a
 * gevent_loop_state and has a gevent_fd_table `fds`. The shim adds what its library
 * needs behind a `record` or `fd_record`, and the functions that are declared last. */
#ifndef GEVENT_RECORDS_H
#define GEVENT_RECORDS_H

#include "library/loop_ops.h"
#include "library/watched_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

#ifndef NSIG
#define NSIG _NSIG
#endif

/* Below this many seconds the error of whole milliseconds, in which the libraries wait,
 * matters; above it the further system call of waiting precisely does. */
#define PRECISE_BELOW 2e-3

/* Longer time-outs are "for ever"; keeps sums of instants exact enough. */
#define LONGEST_TIMEOUT 1e9

/* Tables have one slot per number up to the highest descriptor, and a library may abort
 * when it cannot allocate its own: above this a number must be open. */
#define TRUSTED_FD 65536

enum kind { KIND_IO, KIND_SIGNAL, KIND_STAT };

/* What all records begin with. */
typedef struct record {
    gevent_record base; /* first: the core's pointer is ours */
    struct shim_loop *loop;
    enum kind kind;
} record;

/* What io records begin with. */
typedef struct fd_record {
    record head;
    gevent_fd_link link;
} fd_record;

static int start_io(fd_record *);
static void stop_io(fd_record *);
static int start_signal(record *);
static void stop_signal(record *);
static int start_stat(record *);
static void stop_stat(record *);

static fd_record *
record_of_link(gevent_fd_link *link)
{
    return (fd_record *)((char *)link - offsetof(fd_record, link));
}

static void *
new_record(gevent_loop_state *state, enum kind kind, size_t size)
{
    record *made = calloc(1, size);

    if (made) {
        made->loop = (struct shim_loop *)state;
        made->kind = kind;
    }
    return made;
}

/* Whether no library can watch this; errno says why. */
static int
refuses_io(int fd, int events)
{
    if (fd >= 0 && !(events & ~(GEVENT_READ | GEVENT_WRITE)))
        return 0;
    errno = fd < 0 ? EBADF : EINVAL;
    return 1;
}

/* The same when it is to begin; a loop cannot watch the library's own descriptor. */
static int
refuses_start(int fd, int backend_fd)
{
    if (fd < 0 || (fd >= TRUSTED_FD && fcntl(fd, F_GETFD) < 0))
        errno = EBADF;
    else if (fd == backend_fd)
        errno = EINVAL;
    else
        return 0;
    return 1;
}

/* sigaction refuses what the C library reserves. */
static int
refuses_signal(int signum)
{
    struct sigaction unused;

    if (signum > 0 && signum < NSIG && !sigaction(signum, NULL, &unused))
        return 0;
    errno = EINVAL;
    return 1;
}

static int
start_kind(record *starting)
{
    switch (starting->kind) {
    case KIND_IO: return start_io((fd_record *)starting);
    case KIND_SIGNAL: return start_signal(starting);
    case KIND_STAT: return start_stat(starting);
    }
    return 0;
}

static int
record_start(gevent_record *given)
{
    if (given->active)
        return 0;
    if (start_kind((record *)given))
        return -1;
    given->active = 1;
    return 0;
}

static void
stop_kind(record *stopping)
{
    switch (stopping->kind) {
    case KIND_IO: stop_io((fd_record *)stopping); return;
    case KIND_SIGNAL: stop_signal(stopping); return;
    case KIND_STAT: stop_stat(stopping);
    }
}

static void
record_stop(gevent_record *given)
{
    record *stopping = (record *)given;

    if (given->active) {
        given->active = 0;
        stop_kind(stopping);
    }
    /* one that was stopped from below is inactive and may be in the list */
    gevent_ready_remove(&((gevent_loop_state *)stopping->loop)->ready, given);
}

#endif
