/* A buffer of each native thread, for what is copied right after a system call has
 * filled it. Whoever fills it reads it before anything can switch or run Python code.
 *
 * Every extension that includes this has buffers of its own: so one does.
 */
#ifndef GEVENT_SCRATCH_H
#define GEVENT_SCRATCH_H

#include <pthread.h>
#include <stdlib.h>

#include "io/sockets.h"

static pthread_key_t gevent_scratch_key;
static pthread_once_t gevent_scratch_once = PTHREAD_ONCE_INIT;
static __thread char *gevent_scratch_memory = NULL;

static void
gevent_scratch_prepare(void)
{
    /* Frees the buffer when its thread ends. */
    pthread_key_create(&gevent_scratch_key, free);
}

/* The thread's buffer of GEVENT_SCRATCH bytes, with room for an address behind
 * them; NULL when memory is out. */
static inline char *
gevent_scratch(void)
{
    if (!gevent_scratch_memory) {
        pthread_once(&gevent_scratch_once, gevent_scratch_prepare);
        gevent_scratch_memory =
            malloc(GEVENT_SCRATCH + sizeof(struct sockaddr_storage));
        pthread_setspecific(gevent_scratch_key, gevent_scratch_memory);
    }
    return gevent_scratch_memory;
}

/* The room for an address, of a buffer that is there. */
static inline struct sockaddr_storage *
gevent_scratch_address(void)
{
    return (struct sockaddr_storage *)(gevent_scratch() + GEVENT_SCRATCH);
}

#endif
