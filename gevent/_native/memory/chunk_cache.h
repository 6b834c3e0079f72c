/* Keeps the 16 KiB data-stack chunks of dead greenlets for new ones.
 *
 * Since CPython 3.11 each greenlet that runs a Python frame maps a chunk at its
 * start and unmaps it at its end, which costs more than the rest of its life.
 * The cache stands in front of the interpreter's arena allocator; every chunk
 * comes from that one, and either of the two may free it. Knows nothing of
 * Python: chunks.pyx puts it in place. */
#ifndef GEVENT_CHUNK_CACHE_H
#define GEVENT_CHUNK_CACHE_H

#include <stddef.h>
#include <stdint.h>

#define GEVENT_CHUNK_SIZE ((size_t)16384)

/* Laid out as PyObjectArenaAllocator. */
typedef struct gevent_arena {
    void *context;
    void *(*allocate)(void *context, size_t size);
    void (*free)(void *context, void *memory, size_t size);
} gevent_arena;

typedef struct gevent_chunk_statistics {
    uint64_t hits;   /* chunks handed out without the previous allocator */
    uint64_t misses; /* chunks asked of the previous allocator */
    size_t kept;     /* chunks held now */
    long live;       /* chunks in use now, as far as they passed here */
} gevent_chunk_statistics;

/* Begin to serve in front of `previous`, once per process. 0, or -1 with errno.
 * Then hand gevent_chunks_allocate and _free to the interpreter, with the
 * context of `previous`. */
int gevent_chunks_begin(const gevent_arena *previous);

void *gevent_chunks_allocate(void *context, size_t size);
void gevent_chunks_free(void *context, void *memory, size_t size);

/* Give back what recent use does not justify, a little at a time. To be called
 * often, with a clock in seconds that does not go back; costs one comparison
 * until something is due. Returns the instant at which the next call is wanted,
 * infinity if none: a loop that would sleep longer wakes for it. */
double gevent_chunks_tick(double now);

/* Give back at once all chunks but `n_keep`. Returns how many went. */
size_t gevent_chunks_trim(size_t n_keep);

void gevent_chunks_statistics(gevent_chunk_statistics *statistics);

#endif
