/* How often this process's ancestors forked since the count was begun.
 *
 * Written by the pthread_atfork handler only, in the child, where one thread exists;
 * so forks of C code count, too. Each module that includes this has its own count. */
#ifndef GEVENT_FORK_COUNT_H
#define GEVENT_FORK_COUNT_H

#include <pthread.h>

static volatile int gevent_forks = 0;

static void
gevent_forked(void)
{
    ++gevent_forks;
}

/* Begin to count; once per module. 0, or an errno. */
static int
gevent_watch_forks(void)
{
    return pthread_atfork(NULL, NULL, gevent_forked);
}

#endif
