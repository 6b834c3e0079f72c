/* What an event library supplies to the core.
 *
 * Each library has one shim (libev_shim.c, libuv_shim.c) that exports one
 * `struct gevent_loop_ops`. The core takes its address once and calls through
 * it; no shim knows of Python. A library supplies polling, readiness of
 * descriptors, signals, file status, a cross-thread wake-up, and new kernel
 * objects after a fork. Everything else (timers, callbacks, prepare, check,
 * idle, priorities, reference counts of the loop) lives in the core.
 *
 * Threads: every function belongs to the loop's own thread, except `wakeup`,
 * which any thread and any signal handler may call until `close` begins.
 *
 * Nothing here calls back: what fires is appended to the ready list, in the
 * order in which the library reports it, and the core reads the list when
 * `poll` has returned.
 */
#ifndef GEVENT_LOOP_OPS_H
#define GEVENT_LOOP_OPS_H

#include <stddef.h>
#include <sys/stat.h>

#define GEVENT_LOOP_OPS_VERSION 2

enum { GEVENT_READ = 1, GEVENT_WRITE = 2 };

/* One watched thing. The shim allocates it with whatever the library needs
 * behind it, and frees it; it stays where it is from `*_new` to `record_free`.
 *
 * OPS1  ready == 1 exactly while the record is linked in its loop's ready list,
 *     and it is linked there at most once.
 * OPS2  An inactive record is never in the ready list: `record_stop` takes it out.
 * OPS3  owner is the core's and never followed by a shim. */
typedef struct gevent_record {
    struct gevent_record *next, *previous; /* neighbours in the ready list */
    void *owner;          /* the core's object, borrowed; NULL when it let go */
    int events;           /* what fired since the record was last taken out:
                             READ | WRITE for io, 1 for signal and stat */
    unsigned char ready;  /* linked in the ready list */
    unsigned char active; /* started and not stopped */
} gevent_record;

typedef struct gevent_ready_list {
    gevent_record *first, *last; /* oldest and newest, NULL when empty */
} gevent_ready_list;

/* The part of a loop that the core reads; the shim's own state follows it. */
typedef struct gevent_loop_state {
    gevent_ready_list ready;
    void (*release)(void *); /* called right before the thread may block */
    void (*acquire)(void *); /* and right after it; both only when it may */
    void *hook_argument;
} gevent_loop_state;

typedef struct gevent_loop_ops {
    unsigned version; /* GEVENT_LOOP_OPS_VERSION */
    unsigned size;    /* sizeof(gevent_loop_ops) in the shim */
    const char *name; /* "libev" */

    /* Make a loop. `flags` are the library's own. NULL with errno on failure.
     * Never the library's default loop; no child watching; no SIGCHLD handler. */
    gevent_loop_state *(*open)(unsigned flags, void (*release)(void *),
                               void (*acquire)(void *), void *hook_argument);
    /* Free the loop. All its records have been freed before. */
    void (*close)(gevent_loop_state *);

    /* Wait for events: at most `timeout` seconds, for ever if negative, not at
     * all if 0 (then neither release nor acquire is called). Also returns when
     * `wakeup` was called or a signal interrupted it. 0, or -1 with errno. */
    int (*poll)(gevent_loop_state *, double timeout);
    /* Make a poll that runs, or else the next one that would block, return. */
    void (*wakeup)(gevent_loop_state *);
    /* In a forked child, before anything else is asked of this loop: own kernel
     * objects, and every active record watched by them. 0, or -1 with errno. */
    int (*after_fork)(gevent_loop_state *);

    const char *(*backend_name)(gevent_loop_state *); /* "epoll" */
    unsigned (*backend_flag)(gevent_loop_state *);    /* the library's number for it */
    int (*backend_fd)(gevent_loop_state *);           /* -1 if there is none */

    /* Records begin inactive, with owner NULL. NULL with errno on failure. */
    gevent_record *(*io_new)(gevent_loop_state *, int fd, int events);
    /* Give an inactive io record another descriptor or mask, or the same ones
     * again: afterwards nothing the library remembers of the number is trusted. */
    void (*io_set)(gevent_record *, int fd, int events);
    /* io_set for a record that somebody else had: what was watched before may stay
     * known to the kernel until it fires. */
    void (*io_reuse)(gevent_record *, int fd, int events);
    gevent_record *(*signal_new)(gevent_loop_state *, int signum);
    gevent_record *(*stat_new)(gevent_loop_state *, const char *path, double interval);
    /* The two last results of a stat record; st_nlink == 0: no such file. */
    const struct stat *(*stat_current)(gevent_record *);
    const struct stat *(*stat_previous)(gevent_record *);

    int (*record_start)(gevent_record *); /* no-op if active; 0, or -1 with errno */
    void (*record_stop)(gevent_record *); /* no-op if inactive */
    void (*record_free)(gevent_record *); /* stops it first */
} gevent_loop_ops;

/* Take the record out of the ready list (if it is in it) and forget what fired. */
static inline void
gevent_ready_remove(gevent_ready_list *list, gevent_record *record)
{
    if (!record->ready)
        return;
    if (record->previous)
        record->previous->next = record->next;
    else
        list->first = record->next;
    if (record->next)
        record->next->previous = record->previous;
    else
        list->last = record->previous;
    record->next = record->previous = NULL;
    record->ready = 0;
    record->events = 0;
}

/* Append the record unless it is in the list, and add to what fired. */
static inline void
gevent_ready_append(gevent_ready_list *list, gevent_record *record, int events)
{
    record->events |= events;
    if (record->ready)
        return;
    record->ready = 1;
    record->next = NULL;
    record->previous = list->last;
    if (list->last)
        list->last->next = record;
    else
        list->first = record;
    list->last = record;
}

#endif
