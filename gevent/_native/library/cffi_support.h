/* What the pure form asks of the CFFI modules beside the operations of a loop. */
#ifndef GEVENT_CFFI_SUPPORT_H
#define GEVENT_CFFI_SUPPORT_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpreter/fork_count.h"
#include "library/loop_ops.h"

static int
gevent_operations_fit(const gevent_loop_ops *ops)
{
    return ops->version == GEVENT_LOOP_OPS_VERSION && ops->size == sizeof *ops;
}

/* 0, or an errno. */
static int
gevent_begin_fork_count(void)
{
    return gevent_watch_forks();
}

static int
gevent_fork_count(void)
{
    return gevent_forks;
}

/* Take up to `n_most` records out of the ready list: their owners, as numbers, and
 * what fired. Returns how many. */
static int
gevent_take_ready(gevent_loop_state *state, size_t *owners, int *events, int n_most)
{
    gevent_record *record;
    int n = 0;

    for (; n < n_most && (record = state->ready.first); n++) {
        owners[n] = (size_t)record->owner;
        events[n] = record->events;
        gevent_ready_remove(&state->ready, record);
    }
    return n;
}

/* The ten fields of os.stat_result; 0 if there was no such file. */
static int
gevent_stat_fields(const gevent_loop_ops *ops, gevent_record *record, int previous,
                   double *fields)
{
    const struct stat *info =
        previous ? ops->stat_previous(record) : ops->stat_current(record);
    const double found[] = {
        info->st_mode, info->st_ino, info->st_dev, info->st_nlink, info->st_uid,
        info->st_gid, info->st_size, info->st_atime, info->st_mtime, info->st_ctime,
    };

    for (int i = 0; i < 10; i++)
        fields[i] = found[i];
    return info->st_nlink != 0;
}

/* os.pidfd_open, which PyPy does not have: a descriptor, or -1 and errno. */
static int
gevent_pidfd_open(int pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    errno = ENOSYS;
    return -1;
#endif
}

#endif
