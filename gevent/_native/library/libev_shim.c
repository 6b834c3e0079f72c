/* libev behind struct gevent_loop_ops. Knows nothing of Python.
 *
 * EV1  Only the loop's thread touches `ev` and the records. `wakeup` touches
 *     `wake`, in the order that wake_up.h gives.
 * EV2  libev's callbacks only append to the ready list.
 * EV3  libev never meets a closed descriptor: distributions build it with its
 *     assertions on, and a bad descriptor in epoll_ctl, poll or io_uring then
 *     aborts the process. So the shim keeps a table of the watched descriptors
 *     and looks at each number that libev is about to tell the kernel about;
 *     a closed one has its records stopped and appended, as libev's own
 *     fd_kill would do. Nothing of this costs a call while nothing changes.
 *
 * One file: io, signals, stat and the fork act on one ev_loop through its callbacks, and
 * EV1-EV3 hold between them. What libuv_shim.c needs too is in records.h, wake_up.h
 * and watched_fds.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll, pipe2 */
#endif

#include "library/libev_shim.h"
#include "library/wake_up.h"
#include "library/watched_fds.h"

#include <ev.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

/* Numbers tried when the backend's descriptor is not where it should be. */
#define SCANNED_FDS 65536

/* Numbers that are looked at with one system call. */
#define BATCH 64

typedef struct shim_loop {
    gevent_loop_state base; /* first: the core's pointer is ours */
    struct ev_loop *ev;
    gevent_wake wake;
    ev_io wake_io;  /* always active, so that a poll blocks */
    ev_timer limit; /* active only inside a poll with a time-out */
    ev_fork rebuild; /* tells that libev will replace its kernel objects */
    gevent_fd_table fds;
    int backend_fd; /* -1: none, or not found */
    int failure;    /* errno of a failed wait inside ev_run, else 0 */
    unsigned fired; /* counts what was appended, and wake-ups; wraps */
    unsigned char checks_all;     /* the backend needs EV3 for all, at each run */
    unsigned char may_block;      /* ev_run was allowed to wait: call the hooks */
    unsigned char rebuilt;        /* backend_fd has to be found again */
    unsigned char has_signal_pipe; /* libev has made its own descriptor */
} libev_loop;

#include "library/records.h"

typedef struct io_record {
    fd_record fd; /* first */
    ev_io watcher;
} io_record;

typedef struct signal_record {
    record head;
    ev_signal watcher;
} signal_record;

typedef struct stat_record {
    record head;
    ev_stat watcher;
    char path[]; /* libev keeps the pointer */
} stat_record;

/* libev keeps one loop per signal number and aborts on a second one, so the
 * owner is taken here by compare-and-swap. The rest of a slot belongs to the
 * owner's thread while there is an owner. */
typedef struct signal_slot {
    _Atomic(libev_loop *) owner;
    unsigned n_active;
    struct sigaction saved;     /* in force before the first start */
    struct sigaction installed; /* libev's */
} signal_slot;

static signal_slot signal_slots[NSIG];

/* -- errors inside libev ---------------------------------------------------- */

/* The loop in whose ev_run this thread is. */
static _Thread_local libev_loop *polling;

/* libev calls this where it would abort, and repeats the failed call when it
 * returns, except around the wait itself: there the poll reports the error. */
static void
on_system_error(const char *message) EV_NOEXCEPT
{
    if (polling) {
        polling->failure = errno;
        return;
    }
    perror(message);
    abort();
}

/* -- the wake-up descriptor ------------------------------------------------- */

static void
on_wake(struct ev_loop *ev, ev_io *watcher, int revents)
{
    libev_loop *loop = ev_userdata(ev);

    (void)watcher, (void)revents;
    loop->fired++;
    gevent_wake_empty(&loop->wake);
}

static void
loop_wakeup(gevent_loop_state *state)
{
    gevent_wake_send(&((libev_loop *)state)->wake);
}

/* -- hooks and internal watchers --------------------------------------------- */

static void
on_release(struct ev_loop *ev) EV_NOEXCEPT
{
    libev_loop *loop = ev_userdata(ev);

    if (loop->may_block && loop->base.release)
        loop->base.release(loop->base.hook_argument);
}

/* libev reads errno after this one. */
static void
on_acquire(struct ev_loop *ev) EV_NOEXCEPT
{
    libev_loop *loop = ev_userdata(ev);
    int saved = errno;

    if (loop->may_block && loop->base.acquire)
        loop->base.acquire(loop->base.hook_argument);
    errno = saved;
}

static void
on_limit(struct ev_loop *ev, ev_timer *watcher, int revents)
{
    (void)ev, (void)watcher, (void)revents;
}

/* -- watched descriptors (EV3) ---------------------------------------------------- */

static void
fire(record *fired, int events)
{
    fired->loop->fired++;
    gevent_ready_append(&fired->loop->base.ready, &fired->base, events);
}

static int
fired_events(int revents)
{
    return ((revents & EV_READ) ? GEVENT_READ : 0)
           | ((revents & EV_WRITE) ? GEVENT_WRITE : 0);
}

static void
kill_fd(libev_loop *loop, int fd)
{
    gevent_fd_link *link;

    while ((link = loop->fds.slots[fd].first)) {
        io_record *io = (io_record *)record_of_link(link);
        record *killed = &io->fd.head;
        gevent_unlink_from_fd(&loop->fds, link);
        ev_io_stop(loop->ev, &io->watcher);
        killed->base.active = 0;
        fire(killed, fired_events(io->watcher.events));
    }
}

typedef struct fd_batch {
    int size;
    struct pollfd entries[BATCH];
} fd_batch;

static void
check_batch(libev_loop *loop, fd_batch *batch)
{
    struct pollfd *entries = batch->entries;
    /* of several; a negative result is a failure, as for lack of memory */
    int n_found = batch->size > 1 ? poll(entries, (nfds_t)batch->size, 0) : -1;

    for (int i = 0; n_found && i < batch->size; i++)
        if (n_found < 0 ? fcntl(entries[i].fd, F_GETFD) < 0
                        : entries[i].revents & POLLNVAL)
            kill_fd(loop, entries[i].fd);
    batch->size = 0;
}

static void
add_to_batch(libev_loop *loop, fd_batch *batch, int fd)
{
    batch->entries[batch->size++] = (struct pollfd){.fd = fd};
    if (batch->size == BATCH)
        check_batch(loop, batch);
}

static void
check_all_fds(libev_loop *loop)
{
    fd_batch batch;

    batch.size = 0;
    for (int fd = 0; fd < loop->fds.n_slots; fd++)
        if (loop->fds.slots[fd].first)
            add_to_batch(loop, &batch, fd);
    check_batch(loop, &batch);
}

static void
take_change(libev_loop *loop, fd_batch *batch, int fd)
{
    gevent_watched_fd *slot = &loop->fds.slots[fd];
    unsigned char mask = gevent_mask_of_fd(slot);
    /* libev tells the kernel nothing when the last watcher has stopped */
    int is_news = mask && (slot->reset || mask != slot->mask);

    slot->mask = mask;
    slot->changed = slot->reset = 0;
    if (is_news)
        add_to_batch(loop, batch, fd);
}

static void
check_changes(libev_loop *loop)
{
    fd_batch batch;

    batch.size = 0;
    while (loop->fds.n_changes) { /* what is killed is a change again */
        while (loop->fds.n_changes)
            take_change(loop, &batch, loop->fds.changes[--loop->fds.n_changes]);
        check_batch(loop, &batch);
    }
    if (loop->checks_all)
        check_all_fds(loop);
}

/* libev is about to make new kernel objects and to register everything. */
static void
on_rebuild(struct ev_loop *ev, ev_fork *watcher, int revents)
{
    libev_loop *loop = ev_userdata(ev);

    (void)watcher, (void)revents;
    loop->rebuilt = 1;
    check_all_fds(loop);
}

/* -- the backend's descriptor -------------------------------------------------- */

/* libev has no call for it. Our wake-up descriptor is registered with it and
 * with nothing else, which is how it is recognised. */
#ifdef __linux__
static int
is_backend_fd(libev_loop *loop, int fd)
{
    struct epoll_event nothing = {0};

    if (epoll_ctl(fd, EPOLL_CTL_ADD, loop->wake.read_fd, &nothing))
        return errno == EEXIST;
    epoll_ctl(fd, EPOLL_CTL_DEL, loop->wake.read_fd, &nothing);
    return 0;
}

static int
find_backend_fd(libev_loop *loop, int likely)
{
    if (ev_backend(loop->ev) != EVBACKEND_EPOLL)
        return -1;
    if (likely >= 0 && is_backend_fd(loop, likely))
        return likely;
    for (int fd = 0; fd < SCANNED_FDS; fd++)
        if (is_backend_fd(loop, fd))
            return fd;
    return -1;
}
#else
static int
find_backend_fd(libev_loop *loop, int likely)
{
    struct stat status;

    /* The number that was the lowest free one before libev made its own. */
    if (ev_backend(loop->ev) != EVBACKEND_KQUEUE || likely < 0)
        return -1;
    return fstat(likely, &status) == 0 ? likely : -1;
}
#endif

/* The number that the next descriptor of this process will probably get. */
static int
next_free_fd(int any_open_fd)
{
    int fd = fcntl(any_open_fd, F_DUPFD_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
    return fd;
}

/* -- polling -------------------------------------------------------------------- */

static int
run(libev_loop *loop, int flags)
{
    unsigned fired = loop->fired;

    check_changes(loop);
    if (loop->fired != fired)
        flags = EVRUN_NOWAIT; /* there is news already */
    loop->may_block = flags != EVRUN_NOWAIT;
    loop->failure = 0;
    polling = loop;
    /* each time: a process may have two shims, in two modules, over one libev */
    ev_set_syserr_cb(on_system_error);
    ev_run(loop->ev, flags);
    polling = NULL;
    if (loop->rebuilt) {
        loop->rebuilt = 0;
        loop->backend_fd = find_backend_fd(loop, loop->backend_fd);
    }
    if (!loop->failure)
        return 0;
    errno = loop->failure;
    return -1;
}

static int
wait_in_library(libev_loop *loop, double timeout)
{
    int result;

    if (timeout < 0)
        return run(loop, EVRUN_ONCE);
    ev_now_update(loop->ev);
    ev_timer_set(&loop->limit, timeout, 0.);
    ev_timer_start(loop->ev, &loop->limit);
    result = run(loop, EVRUN_ONCE);
    ev_timer_stop(loop->ev, &loop->limit);
    return result;
}

#ifdef __linux__
static int
can_wait_precisely(libev_loop *loop, double timeout)
{
    return timeout > 0 && timeout < PRECISE_BELOW && loop->backend_fd >= 0;
}

/* Wait for the epoll descriptor itself. The first run lets libev tell the
 * kernel what is watched. */
static int
wait_precisely(libev_loop *loop, double timeout)
{
    struct timespec limit = {0, (long)(timeout * 1e9)};
    struct pollfd backend = {.events = POLLIN};
    unsigned fired = loop->fired;
    int n_ready;

    if (run(loop, EVRUN_NOWAIT))
        return -1;
    if (loop->fired != fired)
        return 0;
    backend.fd = loop->backend_fd; /* the run may have replaced it */
    if (loop->base.release)
        loop->base.release(loop->base.hook_argument);
    n_ready = ppoll(&backend, 1, &limit, NULL);
    if (loop->base.acquire)
        loop->base.acquire(loop->base.hook_argument);
    return n_ready == 0 ? 0 : run(loop, EVRUN_NOWAIT);
}
#else /* kqueue takes nanoseconds already */
static int
can_wait_precisely(libev_loop *loop, double timeout)
{
    (void)loop, (void)timeout;
    return 0;
}

static int
wait_precisely(libev_loop *loop, double timeout)
{
    return wait_in_library(loop, timeout);
}
#endif

static int
loop_poll(gevent_loop_state *state, double timeout)
{
    libev_loop *loop = (libev_loop *)state;
    int result;

    if (timeout == 0)
        return run(loop, EVRUN_NOWAIT);
    if (!(timeout < LONGEST_TIMEOUT))
        timeout = -1;
    if (gevent_wake_sleep(&loop->wake))
        result = run(loop, EVRUN_NOWAIT);
    else if (can_wait_precisely(loop, timeout))
        result = wait_precisely(loop, timeout);
    else
        result = wait_in_library(loop, timeout);
    gevent_wake_rise(&loop->wake);
    return result;
}

/* -- opening, closing, forking ------------------------------------------------------ */

static void
start_internal_watchers(libev_loop *loop)
{
    ev_set_userdata(loop->ev, loop);
    ev_set_loop_release_cb(loop->ev, on_release, on_acquire);
    ev_init(&loop->limit, on_limit);
    ev_fork_init(&loop->rebuild, on_rebuild);
    ev_fork_start(loop->ev, &loop->rebuild);
    ev_io_init(&loop->wake_io, on_wake, loop->wake.read_fd, EV_READ);
    ev_io_start(loop->ev, &loop->wake_io);
}

static struct ev_loop *
new_ev_loop(unsigned flags)
{
    struct ev_loop *ev;

    flags &= ~(unsigned)(EVFLAG_FORKCHECK | EVFLAG_SIGNALFD);
    errno = 0;
    ev = ev_loop_new(flags | EVFLAG_NOENV);
    if (!ev && !errno)
        errno = EINVAL; /* no such backend here: libev sets no error */
    return ev;
}

static gevent_loop_state *
loop_open(unsigned flags, void (*release)(void *), void (*acquire)(void *),
          void *hook_argument)
{
    libev_loop *loop = calloc(1, sizeof *loop);
    int likely;

    if (!loop)
        return NULL;
    if (gevent_wake_open(&loop->wake)) {
        free(loop);
        return NULL;
    }
    likely = next_free_fd(loop->wake.read_fd);
    loop->ev = new_ev_loop(flags);
    if (!loop->ev) {
        int saved = errno;
        gevent_wake_close(&loop->wake);
        free(loop);
        errno = saved;
        return NULL;
    }
    loop->checks_all = !(ev_backend(loop->ev) & (EVBACKEND_EPOLL | EVBACKEND_SELECT));
    loop->base.release = release;
    loop->base.acquire = acquire;
    loop->base.hook_argument = hook_argument;
    start_internal_watchers(loop);
    /* registers the wake-up descriptor, which find_backend_fd looks for */
    run(loop, EVRUN_NOWAIT);
    loop->backend_fd = find_backend_fd(loop, likely);
    return &loop->base;
}

static void
loop_close(gevent_loop_state *state)
{
    libev_loop *loop = (libev_loop *)state;

    ev_loop_destroy(loop->ev);
    gevent_wake_close(&loop->wake);
    gevent_free_fd_table(&loop->fds);
    free(loop);
}

/* Takes effect at once: ev_loop_fork alone would leave the parent's epoll and
 * inotify descriptors in use until the next ev_run, and a stat record stopped
 * before it would remove the parent's watch. */
static int
loop_after_fork(gevent_loop_state *state)
{
    libev_loop *loop = (libev_loop *)state;
    int old_read = loop->wake.read_fd;
    int old_write = atomic_load(&loop->wake.write_fd);

    check_all_fds(loop); /* before a new descriptor gets a closed one's number */
    if (gevent_wake_open(&loop->wake))
        return -1;
    ev_io_stop(loop->ev, &loop->wake_io);
    gevent_close_wake_pair(old_read, old_write);
    ev_io_set(&loop->wake_io, loop->wake.read_fd, EV_READ);
    ev_io_start(loop->ev, &loop->wake_io);
    ev_loop_fork(loop->ev);
    return run(loop, EVRUN_NOWAIT);
}

/* -- what the loop is ------------------------------------------------------------------ */

static unsigned
loop_backend_flag(gevent_loop_state *state)
{
    return ev_backend(((libev_loop *)state)->ev);
}

static const char *
loop_backend_name(gevent_loop_state *state)
{
    switch (loop_backend_flag(state)) {
    case EVBACKEND_SELECT: return "select";
    case EVBACKEND_POLL: return "poll";
    case EVBACKEND_EPOLL: return "epoll";
    case EVBACKEND_KQUEUE: return "kqueue";
    case EVBACKEND_DEVPOLL: return "devpoll";
    case EVBACKEND_PORT: return "port";
    case EVBACKEND_LINUXAIO: return "linuxaio";
    case EVBACKEND_IOURING: return "iouring";
    default: return "unknown";
    }
}

static int
loop_backend_fd(gevent_loop_state *state)
{
    return ((libev_loop *)state)->backend_fd;
}

/* -- records ------------------------------------------------------------------------------ */

static void
on_io(struct ev_loop *ev, ev_io *watcher, int revents)
{
    io_record *io = watcher->data;
    record *fired = &io->fd.head;
    int asked = watcher->events & (EV_READ | EV_WRITE);

    (void)ev;
    /* libev stops the watchers of a descriptor that the kernel refuses */
    if (!ev_is_active(watcher)) {
        gevent_unlink_from_fd(&fired->loop->fds, &io->fd.link);
        fired->base.active = 0;
    }
    fire(fired, fired_events((revents & EV_ERROR) ? asked : revents & asked));
}

static void
io_record_set(gevent_record *given, int fd, int events)
{
    io_record *io = (io_record *)given;
    int mask = ((events & GEVENT_READ) ? EV_READ : 0)
               | ((events & GEVENT_WRITE) ? EV_WRITE : 0);

    ev_io_set(&io->watcher, fd, mask);
    io->fd.link.fd = fd;
    io->fd.link.mask = (unsigned char)mask;
    io->fd.link.reset = 1;
}

static gevent_record *
io_record_new(gevent_loop_state *state, int fd, int events)
{
    io_record *io;

    if (refuses_io(fd, events))
        return NULL;
    io = new_record(state, KIND_IO, sizeof *io);
    if (!io)
        return NULL;
    ev_init(&io->watcher, on_io);
    io->watcher.data = io;
    io_record_set(&io->fd.head.base, fd, events);
    return &io->fd.head.base;
}

/* To watch its own descriptor is one more assertion of libev's. */
static int
start_io(fd_record *starting)
{
    libev_loop *loop = starting->head.loop;

    if (refuses_start(starting->link.fd, loop->backend_fd)
        || gevent_make_room_for_fd(&loop->fds, starting->link.fd))
        return -1;
    gevent_link_to_fd(&loop->fds, &starting->link);
    ev_io_start(loop->ev, &((io_record *)starting)->watcher);
    return 0;
}

static void
stop_io(fd_record *stopping)
{
    libev_loop *loop = stopping->head.loop;

    gevent_unlink_from_fd(&loop->fds, &stopping->link);
    ev_io_stop(loop->ev, &((io_record *)stopping)->watcher);
}

/* -- signals ---------------------------------------------------------------------------------- */

static void
on_signal(struct ev_loop *ev, ev_signal *watcher, int revents)
{
    (void)ev, (void)revents;
    fire(watcher->data, 1);
}

static gevent_record *
signal_record_new(gevent_loop_state *state, int signum)
{
    signal_record *made;

    if (refuses_signal(signum)) /* libev asserts the range */
        return NULL;
    made = new_record(state, KIND_SIGNAL, sizeof *made);
    if (!made)
        return NULL;
    ev_signal_init(&made->watcher, on_signal, signum);
    made->watcher.data = made;
    return &made->head.base;
}

/* libev makes its own descriptor at the first signal and aborts, or tries for
 * ever, if it cannot: see first whether there is room for one. */
static int
has_room_for_signal_pipe(libev_loop *loop)
{
    int pair[2];

    if (loop->has_signal_pipe)
        return 1;
    if (gevent_make_wake_pair(pair))
        return 0;
    gevent_close_wake_pair(pair[0], pair[1]);
    return loop->has_signal_pipe = 1;
}

static int
start_signal(record *starting)
{
    libev_loop *loop = starting->loop, *owner = NULL;
    ev_signal *watcher = &((signal_record *)starting)->watcher;
    int signum = watcher->signum;
    signal_slot *slot = &signal_slots[signum];

    if (!has_room_for_signal_pipe(loop))
        return -1;
    if (!atomic_compare_exchange_strong(&slot->owner, &owner, loop)
        && owner != loop) {
        errno = EBUSY;
        return -1;
    }
    if (slot->n_active++ == 0)
        sigaction(signum, NULL, &slot->saved);
    ev_signal_start(loop->ev, watcher);
    if (slot->n_active == 1)
        sigaction(signum, NULL, &slot->installed);
    return 0;
}

/* libev resets the action to the default when the last watcher stops. The
 * signal is blocked meanwhile, so that it does not end this process in between
 * (another thread that does not block it could still take it). */
static void
stop_last_signal(libev_loop *loop, ev_signal *stopping, signal_slot *slot)
{
    int signum = stopping->signum;
    struct sigaction current;
    sigset_t blocked, before;

    sigemptyset(&blocked);
    sigaddset(&blocked, signum);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    sigaction(signum, NULL, &current);
    ev_signal_stop(loop->ev, stopping);
    if (current.sa_handler == slot->installed.sa_handler)
        current = slot->saved;
    sigaction(signum, &current, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    atomic_store(&slot->owner, NULL);
}

static void
stop_signal(record *stopping)
{
    ev_signal *watcher = &((signal_record *)stopping)->watcher;
    signal_slot *slot = &signal_slots[watcher->signum];

    if (--slot->n_active == 0)
        stop_last_signal(stopping->loop, watcher, slot);
    else
        ev_signal_stop(stopping->loop->ev, watcher);
}

/* -- file status --------------------------------------------------------------------------------- */

static void
on_stat(struct ev_loop *ev, ev_stat *watcher, int revents)
{
    (void)ev, (void)revents;
    fire(watcher->data, 1);
}

static gevent_record *
stat_record_new(gevent_loop_state *state, const char *path, double interval)
{
    size_t size = strlen(path) + 1;
    stat_record *made = new_record(state, KIND_STAT, sizeof *made + size);

    if (!made)
        return NULL;
    memcpy(made->path, path, size);
    ev_stat_init(&made->watcher, on_stat, made->path, interval);
    made->watcher.data = made;
    return &made->head.base;
}

static const struct stat *
stat_record_current(gevent_record *given)
{
    return &((stat_record *)given)->watcher.attr;
}

static const struct stat *
stat_record_previous(gevent_record *given)
{
    return &((stat_record *)given)->watcher.prev;
}

static int
start_stat(record *starting)
{
    ev_stat_start(starting->loop->ev, &((stat_record *)starting)->watcher);
    return 0;
}

static void
stop_stat(record *stopping)
{
    ev_stat_stop(stopping->loop->ev, &((stat_record *)stopping)->watcher);
}

static void
record_free(gevent_record *given)
{
    record_stop(given);
    free(given);
}

/* -- exports ----------------------------------------------------------------------------------------- */

const struct gevent_loop_ops gevent_libev_ops = {
    .version = GEVENT_LOOP_OPS_VERSION,
    .size = sizeof(struct gevent_loop_ops),
    .name = "libev",
    .open = loop_open,
    .close = loop_close,
    .poll = loop_poll,
    .wakeup = loop_wakeup,
    .after_fork = loop_after_fork,
    .backend_name = loop_backend_name,
    .backend_flag = loop_backend_flag,
    .backend_fd = loop_backend_fd,
    .io_new = io_record_new,
    .io_set = io_record_set,
    .io_reuse = io_record_set,
    .signal_new = signal_record_new,
    .stat_new = stat_record_new,
    .stat_current = stat_record_current,
    .stat_previous = stat_record_previous,
    .record_start = record_start,
    .record_stop = record_stop,
    .record_free = record_free,
};

unsigned
gevent_libev_supported(void)
{
    return ev_supported_backends();
}

unsigned
gevent_libev_recommended(void)
{
    return ev_recommended_backends();
}

unsigned
gevent_libev_embeddable(void)
{
    return ev_embeddable_backends();
}

int
gevent_libev_header_major(void)
{
    return EV_VERSION_MAJOR;
}

int
gevent_libev_header_minor(void)
{
    return EV_VERSION_MINOR;
}

int
gevent_libev_library_major(void)
{
    return ev_version_major();
}

int
gevent_libev_library_minor(void)
{
    return ev_version_minor();
}
