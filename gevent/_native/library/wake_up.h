/* Waking a loop from other threads and from signal handlers: a descriptor that the
 * loop's library watches, written to only when the loop sleeps.
 *
 * WAKE1  A blocking poll sets `sleeping` before it reads `asked`; gevent_wake_send sets
 *     `asked` before it reads `sleeping` (both sequentially consistent), so that one of
 *     the two sees the other and no wake-up is lost.
 * WAKE2  `asked` is cleared only at the end of a blocking poll: a poll with timeout 0
 *     does not use up a wake-up.
 *
 * Threads: `asked`, `sleeping` and `write_fd` are read by any thread. `asked` is set by
 * any thread; everything else is written by the loop's own thread, before others know
 * of the loop or in a forked child. */
#ifndef GEVENT_WAKE_UP_H
#define GEVENT_WAKE_UP_H

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

typedef struct gevent_wake {
    int read_fd;
    _Atomic int write_fd; /* the same one for an eventfd */
    atomic_int asked;
    atomic_int sleeping;
} gevent_wake;

#ifdef __linux__
static int
gevent_make_wake_pair(int pair[2])
{
    pair[0] = pair[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return pair[0] < 0 ? -1 : 0;
}
#else
static int
gevent_make_wake_pair(int pair[2])
{
    if (pipe(pair))
        return -1;
    for (int i = 0; i < 2; i++) {
        fcntl(pair[i], F_SETFD, FD_CLOEXEC);
        fcntl(pair[i], F_SETFL, O_NONBLOCK);
    }
    return 0;
}
#endif

static void
gevent_close_wake_pair(int read_fd, int write_fd)
{
    close(read_fd);
    if (write_fd != read_fd)
        close(write_fd);
}

/* Give the loop descriptors. 0, or -1 with errno. */
static int
gevent_wake_open(gevent_wake *wake)
{
    int pair[2];

    if (gevent_make_wake_pair(pair))
        return -1;
    wake->read_fd = pair[0];
    atomic_store(&wake->write_fd, pair[1]);
    atomic_store(&wake->sleeping, 0);
    return 0;
}

static void
gevent_wake_close(gevent_wake *wake)
{
    gevent_close_wake_pair(wake->read_fd, atomic_load(&wake->write_fd));
}

/* From any thread and any signal handler. */
static void
gevent_wake_write(int fd)
{
    uint64_t one = 1;
    int saved = errno;

    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    errno = saved;
}

/* Who finds `asked` set writes nothing: somebody has written, or the loop is awake and
 * will look. For the order of the two steps see gevent_wake_sleep. */
static void
gevent_wake_send(gevent_wake *wake)
{
    if (!atomic_exchange(&wake->asked, 1) && atomic_load(&wake->sleeping))
        gevent_wake_write(atomic_load(&wake->write_fd));
}

static void
gevent_wake_empty(gevent_wake *wake)
{
    uint64_t buffer[8]; /* an eventfd empties at once, a pipe rarely holds more */

    while (read(wake->read_fd, buffer, sizeof buffer) == (ssize_t)sizeof buffer)
        continue;
}

/* Before a poll that may block. Whether somebody has asked, so that it must not.
 *
 * With the two steps of either side swapped, a wake-up is lost (WAKE1):
 *
 *     loop    asked? no                     sleeping = 1, sleeps for ever
 *     thread            sleeping? no: writes nothing; asked = 1
 */
static int
gevent_wake_sleep(gevent_wake *wake)
{
    atomic_store(&wake->sleeping, 1);
    return atomic_load(&wake->asked);
}

/* After it. A waker that comes between the two steps finds `asked` set and writes
 * nothing. Nothing is lost: what it left for the loop, a message for example, was there
 * before, and the exchange orders that before what the loop reads now. */
static void
gevent_wake_rise(gevent_wake *wake)
{
    atomic_store(&wake->sleeping, 0);
    atomic_exchange(&wake->asked, 0);
}

#endif
