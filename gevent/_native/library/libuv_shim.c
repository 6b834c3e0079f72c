/* libuv behind struct gevent_loop_ops. Knows nothing of Python.
 *
 * UV1  Only the loop's thread touches `uv` and the records. `wakeup` touches `wake`, in
 *     the order that wake_up.h gives.
 * UV2  uv_run never waits: the shim waits on libuv's own descriptor, to the nanosecond
 *     where that matters.
 * UV3  On Linux that says at once which numbers are ready. Those of our table and the
 *     wake-up descriptor are served right there; for others (they are libuv's own)
 *     uv_run is called, whose callbacks may report the former again. Our callbacks only
 *     append to the ready list and count in `touched`.
 * UV4  libuv never meets a closed descriptor, nor a file that the kernel does not poll:
 *     it aborts when the kernel refuses one. So each number is offered to the kernel by
 *     the shim first (`probe`), with the very registration that libuv repeats in its
 *     next uv_run; right before that it is offered again (`queued`), because it may
 *     have been closed meanwhile.
 * UV5  There is one uv_poll_t per number, for as many records as want it; it is made
 *     once and kept until the loop is closed, so that nothing asynchronous is in the
 *     way of closing a descriptor. `mask` of its slot is what it polls for, 0: nothing.
 * UV6  Stopping a record is lazy: its number stays registered until it fires or is
 *     polled for something else. Naming it anew (`io_set`) or freeing the record is
 *     not: whoever closes the descriptor next finds no trace of it in the kernel.
 *     `io_reuse` is, for those who wait for hundreds of bare numbers again and again;
 *     if one is closed while it is still registered, UV7 and UV9 make good for it.
 * UV7  A registration whose number was closed by other code, while a duplicate of it
 *     lives elsewhere, cannot be removed; the kernel goes on to report it. A few polls
 *     in which libuv finds something ready and none of us is called reveal it: then
 *     libuv gets a new descriptor, as after a fork.
 * UV8  Signals are ours, not libuv's: its handler would write into a pipe that a forked
 *     child shares with its parent, whose watcher then fires. Our handler counts in a
 *     slot of the process and wakes the owner, all by memory that a child has itself.
 *
 * UV9  A number that lost its registration without us (`suspect`) was closed, or became
 *     another file; if a duplicate of the former file lives, that is still reported
 *     under the number. So the file itself is asked when such a number fires, and
 *     libuv gets a new descriptor if it knows nothing of it.
 *
 * One file: io, signals, stat, closing and the fork all act on one uv_loop_t, and
 * UV1-UV9 hold between them. What libev_shim.c needs too is in records.h, wake_up.h and
 * watched_fds.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll */
#endif

#include "library/libuv_shim.h"
#include "library/wake_up.h"
#include "library/watched_fds.h"

#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <uv.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

/* What one poll takes from the kernel; the rest is ready at the next one. */
#define MOST_EVENTS 512

/* Polls in which libuv found something and called nobody, in a row (UV7). libuv itself
 * removes one stale registration that way now and then, which takes one poll. */
#define MOST_SILENT_POLLS 4

/* Rounds of uv_run until all handles are closed; one does. */
#define CLOSING_ROUNDS 8

/* Between two looks at a file, in seconds: if none was asked for, and the least. */
#define USUAL_STAT_INTERVAL 5.0074891
#define SHORTEST_STAT_INTERVAL 0.1074891

struct signal_record;

typedef struct shim_loop {
    gevent_loop_state base; /* first: the core's pointer is ours */
    uv_loop_t uv;
    gevent_wake wake;
    struct fd_poll *wake_poll; /* always active, so that libuv has something to do */
    gevent_fd_table fds;
    struct signal_record *signals; /* active ones */
    unsigned touched;  /* counts our callbacks; wraps */
    unsigned n_silent; /* UV7 */
    int n_always;      /* slots with `always` */
    int has_queued;    /* there may be slots with `queued` */
    int has_stale;     /* a file was reported that has its number no more (UV9) */
    int n_stats;       /* active stat records: libuv has timers */
    int n_closing;     /* handles whose closing has begun */
#ifdef __linux__
    struct epoll_event events[MOST_EVENTS]; /* not on the stack: it may be copied */
#endif
} libuv_loop;

#include "library/records.h"

typedef struct signal_record {
    record head;
    int signum;
    unsigned seen; /* deliveries that were reported */
    struct signal_record *next, *previous; /* in loop->signals, while active */
} signal_record;

/* Outlives its record until libuv has closed both handles. */
typedef struct stat_handles {
    uv_timer_t timer;
    uv_fs_event_t folder;
    struct stat_record *owner; /* NULL once stopped */
    int n_open;
} stat_handles;

typedef struct stat_record {
    record head;
    stat_handles *handles; /* while active */
    double interval;
    struct stat current, previous;
    const char *name; /* the last part of path */
    char path[];
} stat_record;

/* What a slot's handle points to. */
typedef struct fd_poll {
    uv_poll_t poll; /* first */
    libuv_loop *loop;
    int fd;
} fd_poll;

/* One loop of the process owns a signal. `n_active` and `saved` belong to the owner's
 * thread; `count` and `wake_fd` are what the handler touches. */
typedef struct signal_slot {
    _Atomic(libuv_loop *) owner;
    atomic_uint count;    /* deliveries */
    _Atomic int wake_fd;  /* of the owner */
    unsigned n_active;
    struct sigaction saved; /* in force before the first start */
} signal_slot;

static signal_slot signal_slots[NSIG];

static int
fail(int uv_code)
{
    errno = -uv_code;
    return -1;
}

static void
fire(record *fired, int events)
{
    gevent_ready_append(&fired->loop->base.ready, &fired->base, events);
}

/* -- closing handles -------------------------------------------------------------- */

static void
on_poll_closed(uv_handle_t *handle)
{
    fd_poll *closed = (fd_poll *)handle;

    closed->loop->n_closing--;
    free(closed);
}

static void
close_poll(fd_poll *closing)
{
    closing->loop->n_closing++;
    uv_close((uv_handle_t *)&closing->poll, on_poll_closed);
}

/* -- watched descriptors ------------------------------------------------------------ */

static void
stop_polling(gevent_watched_fd *slot)
{
    if (slot->mask)
        uv_poll_stop(&((fd_poll *)slot->handle)->poll);
    slot->mask = slot->queued = 0;
}

/* Whether what is reported is true of the file that has the number now (UV9). */
static int
is_true_of(int fd, int events)
{
    struct pollfd asked = {.fd = fd};

    asked.events = (short)(((events & GEVENT_READ) ? POLLIN : 0)
                           | ((events & GEVENT_WRITE) ? POLLOUT : 0));
    return poll(&asked, 1, 0) != 0;
}

static void
fire_fd(libuv_loop *loop, int fd, int events)
{
    gevent_watched_fd *slot = &loop->fds.slots[fd];

    if (slot->suspect && !is_true_of(fd, events)) {
        loop->has_stale = 1;
        return;
    }
    if (!slot->first)
        stop_polling(slot); /* UV6 */
    for (gevent_fd_link *link = slot->first; link; link = link->next)
        if (link->mask & events)
            fire(&record_of_link(link)->head, link->mask & events);
}

static void
on_poll(uv_poll_t *handle, int status, int events)
{
    fd_poll *polled = (fd_poll *)handle;
    libuv_loop *loop = polled->loop;

    loop->touched++;
    if (status < 0) {
        /* libuv stops on an error condition: everything is "ready", and whoever goes
         * on to watch is told again */
        loop->fds.slots[polled->fd].mask = 0;
        gevent_note_fd_change(&loop->fds, polled->fd);
        events = GEVENT_READ | GEVENT_WRITE;
    }
    fire_fd(loop, polled->fd, events);
}

/* Stop all records of a descriptor that is closed, and report them. */
static void
kill_fd(libuv_loop *loop, int fd)
{
    gevent_watched_fd *slot = &loop->fds.slots[fd];
    gevent_fd_link *link;

    stop_polling(slot);
    while ((link = slot->first)) {
        record *killed = &record_of_link(link)->head;
        gevent_unlink_from_fd(&loop->fds, link);
        killed->base.active = 0;
        fire(killed, link->mask);
    }
}

#ifdef __linux__
/* Register a number as libuv will (UV4). 0, or -1 with errno. */
static int
control(libuv_loop *loop, int operation, int fd, int mask)
{
    struct epoll_event wanted = {.data.fd = fd};

    wanted.events = ((mask & UV_READABLE) ? EPOLLIN : 0)
                    | ((mask & UV_WRITABLE) ? EPOLLOUT : 0);
    return epoll_ctl(uv_backend_fd(&loop->uv), operation, fd, &wanted);
}

static int
probe(libuv_loop *loop, int fd, int mask)
{
    if (control(loop, EPOLL_CTL_ADD, fd, mask) == 0 || errno == EEXIST)
        return 0;
    return -1;
}

/* The number polls for the same as before, but may be another file's by now: one call
 * if it is not. 0, or -1 with errno. */
static int
renew_polling(libuv_loop *loop, int fd, int mask)
{
    if (control(loop, EPOLL_CTL_MOD, fd, mask) == 0)
        return 0;
    if (errno != ENOENT)
        return -1;
    loop->fds.slots[fd].suspect = 1;
    return probe(loop, fd, mask);
}
#else /* kqueue refuses closed descriptors only; libuv tells it at the next uv_run */
static int
probe(libuv_loop *loop, int fd, int mask)
{
    (void)loop, (void)mask;
    return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

static int start_polling(libuv_loop *, int, unsigned char);

static int
renew_polling(libuv_loop *loop, int fd, int mask)
{
    return start_polling(loop, fd, (unsigned char)mask);
}
#endif

/* libuv makes what it polls non-blocking. That is not ours to decide: the open file may
 * be shared with other processes, as a terminal is. */
static int
init_poll(libuv_loop *loop, fd_poll *made)
{
    int flags = fcntl(made->fd, F_GETFL);
    int code = uv_poll_init(&loop->uv, &made->poll, made->fd);

    if (code == 0 && !(flags & O_NONBLOCK))
        fcntl(made->fd, F_SETFL, flags);
    return code;
}

static fd_poll *
new_poll(libuv_loop *loop, int fd)
{
    fd_poll *made = calloc(1, sizeof *made);
    int code;

    if (!made)
        return NULL;
    made->loop = loop;
    made->fd = fd;
    code = init_poll(loop, made);
    if (code == 0)
        return made;
    free(made);
    fail(code);
    return NULL;
}

static int
start_polling(libuv_loop *loop, int fd, unsigned char mask)
{
    gevent_watched_fd *slot = &loop->fds.slots[fd];
    fd_poll *handle = slot->handle;
    int code;

    if (!handle && !(handle = slot->handle = new_poll(loop, fd)))
        return -1;
    /* first makes the kernel forget what it knows of the number */
    code = uv_poll_start(&handle->poll, mask, on_poll);
    if (code)
        return fail(code);
    slot->mask = mask;
    slot->queued = 1;
    loop->has_queued = 1;
    return probe(loop, fd, mask);
}

/* The kernel does not take a descriptor. -1 with errno if libuv's own one is gone. */
static int
on_refused(libuv_loop *loop, int fd)
{
    gevent_watched_fd *slot = &loop->fds.slots[fd];

    if (errno == EPERM) {
        stop_polling(slot);
        slot->always = 1;
        loop->n_always++;
        return 0;
    }
    if (fcntl(uv_backend_fd(&loop->uv), F_GETFD) < 0)
        return -1;
    kill_fd(loop, fd);
    return 0;
}

static int
apply_change(libuv_loop *loop, int fd)
{
    gevent_watched_fd *slot = &loop->fds.slots[fd];
    unsigned char mask = gevent_mask_of_fd(slot);
    int is_named_anew = slot->reset;
    int failed;

    loop->n_always -= slot->always;
    slot->changed = slot->reset = slot->always = 0;
    if (!mask || (mask == slot->mask && !is_named_anew))
        return 0;
    if (mask == slot->mask)
        failed = renew_polling(loop, fd, mask);
    else
        failed = start_polling(loop, fd, mask);
    return failed ? on_refused(loop, fd) : 0;
}

/* -1 with errno if libuv's own descriptor is gone; after_fork makes good for it. */
static int
apply_changes(libuv_loop *loop)
{
    while (loop->fds.n_changes)
        if (apply_change(loop, loop->fds.changes[--loop->fds.n_changes]))
            return -1;
    return 0;
}

static int
probe_queued(libuv_loop *loop)
{
    for (int fd = 0; loop->has_queued && fd < loop->fds.n_slots; fd++) {
        gevent_watched_fd *slot = &loop->fds.slots[fd];
        if (slot->queued && probe(loop, fd, slot->mask) && on_refused(loop, fd))
            return -1;
        slot->queued = 0;
    }
    loop->has_queued = 0;
    return 0;
}

/* Let libuv do what it has to do. -1 with errno if its descriptor is gone. */
static int
run_uv(libuv_loop *loop)
{
    if (probe_queued(loop))
        return -1;
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    return 0;
}

static void
fire_always_ready(libuv_loop *loop)
{
    for (int fd = 0; loop->n_always && fd < loop->fds.n_slots; fd++) {
        gevent_watched_fd *slot = &loop->fds.slots[fd];
        if (!slot->always)
            continue;
        for (gevent_fd_link *link = slot->first; link; link = link->next)
            fire(&record_of_link(link)->head, link->mask);
    }
}

/* -- the wake-up descriptor ---------------------------------------------------------- */

static void
on_wake(uv_poll_t *handle, int status, int events)
{
    libuv_loop *loop = ((fd_poll *)handle)->loop;

    (void)status, (void)events;
    loop->touched++;
    gevent_wake_empty(&loop->wake);
}

static int
watch_wake(libuv_loop *loop)
{
    if (gevent_wake_open(&loop->wake))
        return -1;
    loop->wake_poll = new_poll(loop, loop->wake.read_fd);
    if (!loop->wake_poll) {
        gevent_wake_close(&loop->wake);
        return -1;
    }
    uv_poll_start(&loop->wake_poll->poll, UV_READABLE, on_wake);
    return 0;
}

static void
loop_wakeup(gevent_loop_state *state)
{
    gevent_wake_send(&((libuv_loop *)state)->wake);
}

/* -- signals ---------------------------------------------------------------------------- */

static void
on_signal(int signum)
{
    signal_slot *slot = &signal_slots[signum];
    int fd = atomic_load(&slot->wake_fd);

    atomic_fetch_add(&slot->count, 1);
    if (fd >= 0)
        gevent_wake_write(fd);
}

static void
fire_signals(libuv_loop *loop)
{
    for (signal_record *each = loop->signals; each; each = each->next) {
        unsigned count = atomic_load(&signal_slots[each->signum].count);
        if (count != each->seen)
            fire(&each->head, 1);
        each->seen = count;
    }
}

static gevent_record *
signal_record_new(gevent_loop_state *state, int signum)
{
    signal_record *made;

    if (refuses_signal(signum))
        return NULL;
    made = new_record(state, KIND_SIGNAL, sizeof *made);
    if (!made)
        return NULL;
    made->signum = signum;
    return &made->head.base;
}

static int
install_handler(libuv_loop *loop, int signum)
{
    signal_slot *slot = &signal_slots[signum];
    struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigfillset(&ours.sa_mask);
    atomic_store(&slot->wake_fd, atomic_load(&loop->wake.write_fd));
    return sigaction(signum, &ours, &slot->saved);
}

static int
claim_signal(libuv_loop *loop, int signum)
{
    signal_slot *slot = &signal_slots[signum];
    libuv_loop *owner = NULL;

    if (!atomic_compare_exchange_strong(&slot->owner, &owner, loop) && owner != loop) {
        errno = EBUSY;
        return -1;
    }
    if (slot->n_active++ || install_handler(loop, signum) == 0)
        return 0;
    slot->n_active = 0; /* SIGKILL, SIGSTOP */
    atomic_store(&slot->owner, NULL);
    return -1;
}

static int
start_signal(record *given)
{
    signal_record *starting = (signal_record *)given;
    libuv_loop *loop = given->loop;

    if (claim_signal(loop, starting->signum))
        return -1;
    starting->seen = atomic_load(&signal_slots[starting->signum].count);
    starting->previous = NULL;
    starting->next = loop->signals;
    if (loop->signals)
        loop->signals->previous = starting;
    loop->signals = starting;
    return 0;
}

/* If somebody has replaced our handler meanwhile, theirs stays. */
static void
restore_handler(int signum)
{
    signal_slot *slot = &signal_slots[signum];
    struct sigaction current;

    sigaction(signum, NULL, &current);
    if (current.sa_handler == on_signal)
        sigaction(signum, &slot->saved, NULL);
    atomic_store(&slot->wake_fd, -1);
    atomic_store(&slot->owner, NULL);
}

static void
stop_signal(record *given)
{
    signal_record *stopping = (signal_record *)given;

    if (stopping->previous)
        stopping->previous->next = stopping->next;
    else
        given->loop->signals = stopping->next;
    if (stopping->next)
        stopping->next->previous = stopping->previous;
    if (--signal_slots[stopping->signum].n_active == 0)
        restore_handler(stopping->signum);
}

/* -- file status --------------------------------------------------------------------------- */

static void
read_status(const char *path, struct stat *status)
{
    if (lstat(path, status)) {
        memset(status, 0, sizeof *status);
        return;
    }
    if (!status->st_nlink)
        status->st_nlink = 1; /* some file systems count none */
}

static int
differ(const struct stat *one, const struct stat *two)
{
    return one->st_dev != two->st_dev || one->st_ino != two->st_ino
           || one->st_mode != two->st_mode || one->st_nlink != two->st_nlink
           || one->st_uid != two->st_uid || one->st_gid != two->st_gid
           || one->st_rdev != two->st_rdev || one->st_size != two->st_size
           || one->st_atime != two->st_atime || one->st_mtime != two->st_mtime
           || one->st_ctime != two->st_ctime;
}

static void
look_at_file(stat_record *looking)
{
    struct stat found;

    read_status(looking->path, &found);
    if (!differ(&found, &looking->current))
        return;
    looking->previous = looking->current;
    looking->current = found;
    fire(&looking->head, 1);
}

/* Something happened to an entry of the file's folder: the file may not exist yet. */
static void
on_folder_event(uv_fs_event_t *handle, const char *name, int events, int status)
{
    stat_record *owner = ((stat_handles *)handle->data)->owner;

    (void)events;
    owner->head.loop->touched++;
    if (status == 0 && (!name || !*owner->name || !strcmp(name, owner->name)))
        look_at_file(owner);
}

static void
watch_folder(stat_record *watching)
{
    char folder[PATH_MAX] = ".";
    size_t length = (size_t)(watching->name - watching->path);

    if (uv_is_active((uv_handle_t *)&watching->handles->folder) || length >= PATH_MAX)
        return;
    if (length) {
        memcpy(folder, watching->path, length);
        folder[length] = 0;
    }
    /* without it there are still the looks at intervals, and then the next try */
    uv_fs_event_start(&watching->handles->folder, on_folder_event, folder, 0);
}

static void
on_stat_timer(uv_timer_t *timer)
{
    stat_record *owner = ((stat_handles *)timer->data)->owner;

    owner->head.loop->touched++;
    watch_folder(owner);
    look_at_file(owner);
}

static const char *
last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static gevent_record *
stat_record_new(gevent_loop_state *state, const char *path, double interval)
{
    size_t size = strlen(path) + 1;
    stat_record *made = new_record(state, KIND_STAT, sizeof *made + size);

    if (!made)
        return NULL;
    memcpy(made->path, path, size);
    made->name = last_part(made->path);
    made->interval = interval;
    if (interval == 0)
        made->interval = USUAL_STAT_INTERVAL;
    else if (!(interval >= SHORTEST_STAT_INTERVAL))
        made->interval = SHORTEST_STAT_INTERVAL;
    return &made->head.base;
}

static int
start_stat(record *given)
{
    stat_record *starting = (stat_record *)given;
    libuv_loop *loop = given->loop;
    stat_handles *handles = calloc(1, sizeof *handles);
    uint64_t interval_ms = (uint64_t)(starting->interval * 1e3);

    if (!handles)
        return -1;
    read_status(starting->path, &starting->current);
    uv_timer_init(&loop->uv, &handles->timer);
    uv_fs_event_init(&loop->uv, &handles->folder);
    handles->timer.data = handles->folder.data = handles;
    handles->owner = starting;
    handles->n_open = 2;
    starting->handles = handles;
    watch_folder(starting);
    uv_update_time(&loop->uv);
    uv_timer_start(&handles->timer, on_stat_timer, interval_ms, interval_ms);
    loop->n_stats++;
    return 0;
}

static void
on_stat_closed(uv_handle_t *handle)
{
    stat_handles *handles = handle->data;
    libuv_loop *loop = (libuv_loop *)((char *)handle->loop - offsetof(libuv_loop, uv));

    loop->n_closing--;
    if (--handles->n_open == 0)
        free(handles);
}

static void
stop_stat(record *given)
{
    stat_record *stopping = (stat_record *)given;
    stat_handles *handles = stopping->handles;
    libuv_loop *loop = given->loop;

    stopping->handles = NULL;
    handles->owner = NULL;
    loop->n_stats--;
    loop->n_closing += 2;
    uv_close((uv_handle_t *)&handles->timer, on_stat_closed);
    uv_close((uv_handle_t *)&handles->folder, on_stat_closed);
}

static const struct stat *
stat_record_current(gevent_record *given)
{
    return &((stat_record *)given)->current;
}

static const struct stat *
stat_record_previous(gevent_record *given)
{
    return &((stat_record *)given)->previous;
}

/* -- polling ------------------------------------------------------------------------------- */

/* libuv may have work of its own (looks at files, closing) that is due sooner. */
static double
sooner(libuv_loop *loop, double timeout)
{
    int ms;

    if (!loop->n_stats && !loop->n_closing)
        return timeout;
    uv_update_time(&loop->uv);
    ms = uv_backend_timeout(&loop->uv);
    return ms < 0 || (timeout >= 0 && timeout <= ms * 1e-3) ? timeout : ms * 1e-3;
}

static int rebuild(libuv_loop *);

/* Let libuv call us; I7. */
static int
run_callbacks(libuv_loop *loop, int n_ready)
{
    unsigned touched = loop->touched;

    if (run_uv(loop))
        return -1;
    if (!n_ready || loop->touched != touched) {
        loop->n_silent = 0;
        return 0;
    }
    if (++loop->n_silent < MOST_SILENT_POLLS)
        return 0;
    loop->n_silent = 0;
    return rebuild(loop);
}

static int
needs_callbacks(const libuv_loop *loop)
{
    return loop->n_stats || loop->n_closing;
}

#ifdef __linux__
static int
wait_precisely(int backend, double timeout)
{
    struct timespec limit = {0, (long)(timeout * 1e9)};
    struct pollfd waited = {.fd = backend, .events = POLLIN};
    int n_ready = ppoll(&waited, 1, &limit, NULL);

    return n_ready <= 0 ? n_ready : 1;
}

/* epoll_wait counts whole milliseconds. */
static int
wait_for_events(libuv_loop *loop, double timeout)
{
    int backend = uv_backend_fd(&loop->uv);
    int limit_ms = -1, n_ready;

    if (timeout > 0 && timeout < PRECISE_BELOW) {
        n_ready = wait_precisely(backend, timeout);
        if (n_ready <= 0)
            return n_ready;
        limit_ms = 0;
    } else if (timeout >= 0) {
        limit_ms = timeout < INT_MAX / 1000 ? (int)ceil(timeout * 1e3) : INT_MAX;
    }
    return epoll_wait(backend, loop->events, MOST_EVENTS, limit_ms);
}

/* Serve what is ours (UV3). Whether there is anything of libuv's own. */
static int
serve_event(libuv_loop *loop, const struct epoll_event *event)
{
    int fd = event->data.fd;
    int broken = (event->events & (EPOLLERR | EPOLLHUP)) != 0;
    int fired = ((event->events & EPOLLIN) || broken ? GEVENT_READ : 0)
                | ((event->events & EPOLLOUT) || broken ? GEVENT_WRITE : 0);

    if (fd == loop->wake.read_fd)
        gevent_wake_empty(&loop->wake);
    else if (fd < loop->fds.n_slots && loop->fds.slots[fd].mask)
        fire_fd(loop, fd, fired);
    else
        return 1;
    return 0;
}

static int
serve_events(libuv_loop *loop, int n_ready)
{
    int n_of_libuv = 0;

    for (int i = 0; i < n_ready; i++)
        n_of_libuv += serve_event(loop, &loop->events[i]);
    if (loop->has_stale)
        return rebuild(loop);
    if (n_of_libuv || needs_callbacks(loop))
        return run_callbacks(loop, n_of_libuv);
    return 0;
}
#else
static int
wait_for_events(libuv_loop *loop, double timeout)
{
    struct pollfd backend = {.fd = uv_backend_fd(&loop->uv), .events = POLLIN};
    int n_ready =
        poll(&backend, 1, timeout < 0 ? -1 : (int)ceil(fmin(timeout * 1e3, INT_MAX)));

    if (n_ready <= 0 || !(backend.revents & POLLNVAL))
        return n_ready;
    errno = EBADF;
    return -1;
}

static int
serve_events(libuv_loop *loop, int n_ready)
{
    return n_ready || needs_callbacks(loop) ? run_callbacks(loop, n_ready) : 0;
}
#endif

static int
wait_with_hooks(libuv_loop *loop, double timeout)
{
    int n_ready, saved;

    if (timeout == 0)
        return wait_for_events(loop, 0);
    if (loop->base.release)
        loop->base.release(loop->base.hook_argument);
    n_ready = wait_for_events(loop, timeout);
    saved = errno;
    if (loop->base.acquire)
        loop->base.acquire(loop->base.hook_argument);
    errno = saved;
    return n_ready;
}

static int
look(libuv_loop *loop, double timeout)
{
    int n_ready;

#ifndef __linux__
    if (run_uv(loop)) /* tells the kernel what is watched */
        return -1;
    if (loop->base.ready.first)
        timeout = 0;
#endif
    n_ready = wait_with_hooks(loop, sooner(loop, timeout));
    if (n_ready < 0 && errno != EINTR)
        return -1;
    if (serve_events(loop, n_ready < 0 ? 0 : n_ready))
        return -1;
    fire_signals(loop);
    return 0;
}

static int
loop_poll(gevent_loop_state *state, double timeout)
{
    libuv_loop *loop = (libuv_loop *)state;
    int result;

    if (apply_changes(loop))
        return -1;
    fire_always_ready(loop);
    if (timeout == 0)
        return look(loop, 0);
    if (!(timeout < LONGEST_TIMEOUT))
        timeout = -1;
    if (gevent_wake_sleep(&loop->wake) || state->ready.first)
        timeout = 0;
    result = look(loop, timeout);
    gevent_wake_rise(&loop->wake);
    return result;
}

/* -- opening, closing, forking --------------------------------------------------------------- */

static gevent_loop_state *
loop_open(unsigned flags, void (*release)(void *), void (*acquire)(void *),
          void *hook_argument)
{
    libuv_loop *loop = calloc(1, sizeof *loop);
    int code;

    (void)flags;
    if (!loop)
        return NULL;
    code = uv_loop_init(&loop->uv);
    if (code) {
        free(loop);
        fail(code);
        return NULL;
    }
    if (watch_wake(loop)) {
        code = errno;
        uv_loop_close(&loop->uv);
        free(loop);
        errno = code;
        return NULL;
    }
    loop->base.release = release;
    loop->base.acquire = acquire;
    loop->base.hook_argument = hook_argument;
    uv_run(&loop->uv, UV_RUN_NOWAIT); /* registers the wake-up descriptor */
    return &loop->base;
}

/* libuv closes the number that it remembers: if that is not its own any more, it must
 * not be somebody else's then. */
static void
hold_number(int fd)
{
    int filler;

    if (fcntl(fd, F_GETFD) >= 0)
        return;
    filler = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (filler < 0 || filler == fd)
        return;
    dup2(filler, fd);
    close(filler);
}

static void
close_handles(libuv_loop *loop)
{
    for (int fd = 0; fd < loop->fds.n_slots; fd++)
        if (loop->fds.slots[fd].handle)
            close_poll(loop->fds.slots[fd].handle);
    close_poll(loop->wake_poll);
    for (int round = 0; loop->n_closing && round < CLOSING_ROUNDS; round++)
        uv_run(&loop->uv, UV_RUN_NOWAIT);
}

static void
loop_close(gevent_loop_state *state)
{
    libuv_loop *loop = (libuv_loop *)state;

    if (fcntl(uv_backend_fd(&loop->uv), F_GETFD) < 0) {
        hold_number(uv_backend_fd(&loop->uv));
        uv_loop_fork(&loop->uv); /* uv_run would abort */
    }
    close_handles(loop);
    gevent_wake_close(&loop->wake);
    gevent_free_fd_table(&loop->fds);
    if (uv_loop_close(&loop->uv) == 0)
        free(loop); /* else a handle still refers to it: impossible, but not fatal */
}

static void
kill_closed_fds(libuv_loop *loop)
{
    for (int fd = 0; fd < loop->fds.n_slots; fd++)
        if (loop->fds.slots[fd].mask && fcntl(fd, F_GETFD) < 0)
            kill_fd(loop, fd);
}

/* Register with libuv's new descriptor what it will register at its next run. */
static int
probe_all(libuv_loop *loop)
{
    for (int fd = 0; fd < loop->fds.n_slots; fd++) {
        gevent_watched_fd *slot = &loop->fds.slots[fd];
        if (!slot->first)
            stop_polling(slot);
        slot->queued = slot->mask != 0;
        slot->suspect = 0;
    }
    loop->has_stale = 0;
    loop->has_queued = 1;
    if (probe_queued(loop))
        return -1;
    /* libuv does it at its next run, and what is closed by then is probed again: UV4 */
    for (int fd = 0; fd < loop->fds.n_slots; fd++)
        loop->fds.slots[fd].queued = loop->fds.slots[fd].mask != 0;
    loop->has_queued = 1;
    return 0;
}

/* Give libuv a new descriptor, with everything registered there. */
static int
rebuild(libuv_loop *loop)
{
    int code;

    kill_closed_fds(loop); /* before a new descriptor gets a closed one's number */
    hold_number(uv_backend_fd(&loop->uv));
    code = uv_loop_fork(&loop->uv);
    return code ? fail(code) : probe_all(loop);
}

static int
loop_after_fork(gevent_loop_state *state)
{
    libuv_loop *loop = (libuv_loop *)state;
    fd_poll *inherited_poll = loop->wake_poll;
    gevent_wake inherited;

    inherited.read_fd = loop->wake.read_fd;
    atomic_init(&inherited.write_fd, atomic_load(&loop->wake.write_fd));
    /* the order matters: until rebuild() libuv's descriptor is the parent's */
    if (rebuild(loop))
        return -1;
    if (watch_wake(loop)) {
        loop->wake_poll = inherited_poll; /* for the next try */
        return -1;
    }
    close_poll(inherited_poll);
    gevent_wake_close(&inherited);
    for (signal_record *each = loop->signals; each; each = each->next)
        atomic_store(&signal_slots[each->signum].wake_fd,
                     atomic_load(&loop->wake.write_fd));
    return run_uv(loop);
}

/* -- what the loop is ----------------------------------------------------------------------- */

static const char *
loop_backend_name(gevent_loop_state *state)
{
    (void)state;
#ifdef __linux__
    return "epoll";
#else
    return "kqueue";
#endif
}

/* libuv has one mechanism per system, and no numbers for them. */
static unsigned
loop_backend_flag(gevent_loop_state *state)
{
    (void)state;
    return 0;
}

static int
loop_backend_fd(gevent_loop_state *state)
{
    return uv_backend_fd(&((libuv_loop *)state)->uv);
}

/* -- records -------------------------------------------------------------------------------- */

/* Make the kernel forget a number that nobody watches (UV6). */
static void
forget_fd(libuv_loop *loop, int fd)
{
    if (fd >= 0 && fd < loop->fds.n_slots && !loop->fds.slots[fd].first)
        stop_polling(&loop->fds.slots[fd]);
}

static void
name_fd(gevent_record *given, int fd, int events)
{
    fd_record *io = (fd_record *)given;

    io->link.fd = fd;
    io->link.mask = ((events & GEVENT_READ) ? UV_READABLE : 0)
                    | ((events & GEVENT_WRITE) ? UV_WRITABLE : 0);
    io->link.reset = 1;
}

static void
io_record_set(gevent_record *given, int fd, int events)
{
    fd_record *io = (fd_record *)given;

    forget_fd(io->head.loop, io->link.fd);
    name_fd(given, fd, events);
}

static gevent_record *
io_record_new(gevent_loop_state *state, int fd, int events)
{
    fd_record *io;

    if (refuses_io(fd, events))
        return NULL;
    io = new_record(state, KIND_IO, sizeof *io);
    if (!io)
        return NULL;
    io->link.fd = fd;
    io_record_set(&io->head.base, fd, events);
    return &io->head.base;
}

static int
start_io(fd_record *starting)
{
    libuv_loop *loop = starting->head.loop;

    if (refuses_start(starting->link.fd, uv_backend_fd(&loop->uv))
        || gevent_make_room_for_fd(&loop->fds, starting->link.fd))
        return -1;
    gevent_link_to_fd(&loop->fds, &starting->link);
    return 0;
}

static void
stop_io(fd_record *stopping)
{
    gevent_unlink_from_fd(&stopping->head.loop->fds, &stopping->link);
}

static void
record_free(gevent_record *given)
{
    record *freed = (record *)given;

    record_stop(given);
    if (freed->kind == KIND_IO)
        forget_fd(freed->loop, ((fd_record *)freed)->link.fd);
    free(given);
}

/* -- exports -------------------------------------------------------------------------------- */

const struct gevent_loop_ops gevent_libuv_ops = {
    .version = GEVENT_LOOP_OPS_VERSION,
    .size = sizeof(struct gevent_loop_ops),
    .name = "libuv",
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
    .io_reuse = name_fd,
    .signal_new = signal_record_new,
    .stat_new = stat_record_new,
    .stat_current = stat_record_current,
    .stat_previous = stat_record_previous,
    .record_start = record_start,
    .record_stop = record_stop,
    .record_free = record_free,
};

unsigned
gevent_libuv_header_version(void)
{
    return UV_VERSION_HEX;
}

unsigned
gevent_libuv_library_version(void)
{
    return uv_version();
}
