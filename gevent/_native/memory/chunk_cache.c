/* CHUNK1  The lock is tried, never waited for: who does not get it goes to the
 *     previous allocator. Nothing under it allocates, calls out or blocks.
 * CHUNK2  What the lock guards is in `cache`; the rest is atomic.
 * CHUNK3  A chunk is in `kept` or in `condemned` or in use, in one of them only.
 * CHUNK4  Frees in bulk go from the highest address down, so that the holes they
 *     make in the address space join: 100,000 chunks freed in the order in
 *     which their greenlets died would bring the process near
 *     vm.max_map_count. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE, madvise */
#endif

#include "memory/chunk_cache.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

/* Chunks that are never given back for being idle: 4 MB resident. */
#define FLOOR 1024

/* Places in each table: 16 GiB of chunks. Untouched places use no memory. */
#define CAPACITY ((size_t)1 << 20)

/* Seconds; the recent peak is that of this window and the one before. */
#define WINDOW 10.0

/* Chunks given back per tick (about half a millisecond) and seconds between. */
#define BATCH 256
#define PAUSE 0.01

/* Bits sorted per pass, and passes: 44 bits of chunk number. */
#define RADIX_BITS 11
#define RADIX (1 << RADIX_BITS)
#define RADIX_PASSES 4

static struct {
    gevent_arena previous; /* written before anybody can call, then constant */
    void **kept;           /* last in, first out: the warm ones are on top */
    void **condemned;      /* to be given back, ascending, highest first */
    void **scratch;        /* for sorting */
    size_t n_kept, n_condemned;
    long peak, peak_before; /* of live chunks, in this window and the last */
    double window_end;      /* 0: no window has begun */
    uint64_t hits;
} cache;

static atomic_flag lock = ATOMIC_FLAG_INIT;
static atomic_ulong n_misses;
static atomic_ulong n_hits; /* written at unlock only, as n_held is */
static atomic_size_t n_held;
static atomic_long n_live; /* below 0 when chunks from before us came back */
static _Atomic double due = INFINITY; /* when the next tick has work */

static int
try_lock(void)
{
    return !atomic_flag_test_and_set_explicit(&lock, memory_order_acquire);
}

static void
unlock(void)
{
    atomic_store_explicit(&n_hits, cache.hits, memory_order_relaxed);
    atomic_store_explicit(&n_held, cache.n_kept + cache.n_condemned,
                          memory_order_relaxed);
    atomic_flag_clear_explicit(&lock, memory_order_release);
}

/* -- how many to keep ----------------------------------------------------------- */

static long
live(void)
{
    long now = atomic_load_explicit(&n_live, memory_order_relaxed);

    return now < 0 ? 0 : now;
}

/* Enough to reach the recent peak again, and never less than the floor. */
static size_t
allowance(void)
{
    long peak = cache.peak > cache.peak_before ? cache.peak : cache.peak_before;
    long room = peak - live();

    return room < FLOOR ? FLOOR : (size_t)room;
}

/* -- allocate and free ------------------------------------------------------------- */

static void *
take_kept(long n_in_use)
{
    void *chunk = NULL;

    if (!try_lock())
        return NULL;
    if (n_in_use > cache.peak)
        cache.peak = n_in_use;
    if (cache.n_kept)
        chunk = cache.kept[--cache.n_kept];
    else if (cache.n_condemned)
        chunk = cache.condemned[--cache.n_condemned];
    if (chunk)
        cache.hits++;
    unlock();
    return chunk;
}

static void *
allocate_chunk(void)
{
    long n_in_use = 1 + atomic_fetch_add_explicit(&n_live, 1, memory_order_relaxed);
    void *chunk = take_kept(n_in_use);

    if (chunk)
        return chunk;
    atomic_fetch_add_explicit(&n_misses, 1, memory_order_relaxed);
    chunk = cache.previous.allocate(cache.previous.context, GEVENT_CHUNK_SIZE);
    if (!chunk)
        atomic_fetch_sub_explicit(&n_live, 1, memory_order_relaxed);
    return chunk;
}

static int
keep(void *chunk)
{
    int kept = 0;
    size_t n;

    if (!try_lock())
        return 0;
    n = cache.n_kept + cache.n_condemned;
    if (n < allowance() && n < CAPACITY) {
        cache.kept[cache.n_kept++] = chunk;
        kept = 1;
    }
    if (cache.n_kept > FLOOR
        && isinf(atomic_load_explicit(&due, memory_order_relaxed)))
        atomic_store_explicit(&due, 0., memory_order_relaxed);
    unlock();
    return kept;
}

void *
gevent_chunks_allocate(void *context, size_t size)
{
    (void)context;
    if (size == GEVENT_CHUNK_SIZE)
        return allocate_chunk();
    return cache.previous.allocate(cache.previous.context, size);
}

void
gevent_chunks_free(void *context, void *memory, size_t size)
{
    (void)context;
    if (size == GEVENT_CHUNK_SIZE) {
        atomic_fetch_sub_explicit(&n_live, 1, memory_order_relaxed);
        if (keep(memory))
            return;
    }
    cache.previous.free(cache.previous.context, memory, size);
}

/* -- giving back --------------------------------------------------------------------- */

static unsigned
digit(void *chunk, int pass)
{
    uintptr_t number = (uintptr_t)chunk / 4096; /* the least a chunk is aligned to */

    return (unsigned)(number >> (pass * RADIX_BITS)) & (RADIX - 1);
}

static void
sort_by_digit(void **from, void **to, size_t n, int pass)
{
    static uint32_t ends[RADIX]; /* static: under the lock, and off the C stack */
    uint32_t sum = 0;

    memset(ends, 0, sizeof ends);
    for (size_t i = 0; i < n; i++)
        ends[digit(from[i], pass)]++;
    for (int d = 0; d < RADIX; d++) {
        uint32_t count = ends[d];
        ends[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[ends[digit(from[i], pass)]++] = from[i];
}

/* 100,000 addresses take about a millisecond; an even number of passes ends
 * where it began. */
static void
sort_kept(void)
{
    for (int pass = 0; pass < RADIX_PASSES; pass += 2) {
        sort_by_digit(cache.kept, cache.scratch, cache.n_kept, pass);
        sort_by_digit(cache.scratch, cache.kept, cache.n_kept, pass + 1);
    }
}

static void
condemn_all_but(size_t n_keep)
{
    size_t n_more;

    if (cache.n_kept <= n_keep)
        return;
    sort_kept();
    n_more = cache.n_kept - n_keep;
    memcpy(cache.condemned, cache.kept + n_keep, n_more * sizeof *cache.condemned);
    cache.n_condemned = n_more;
    cache.n_kept = n_keep;
}

/* Let the system have the pages of the tables that are not in use. */
static void
release_tables(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t used = (cache.n_kept * sizeof *cache.kept + page - 1) & ~(page - 1);

    madvise((char *)cache.kept + used, CAPACITY * sizeof(void *) * 3 - used,
            MADV_DONTNEED);
}

/* Take up to BATCH condemned chunks out, the highest first. */
static size_t
take_condemned(void **batch)
{
    size_t n = 0;

    while (n < BATCH && cache.n_condemned)
        batch[n++] = cache.condemned[--cache.n_condemned];
    if (n && !cache.n_condemned)
        release_tables();
    return n;
}

static void
free_batch(void **batch, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cache.previous.free(cache.previous.context, batch[i], GEVENT_CHUNK_SIZE);
}

static void
move_window(double now)
{
    if (cache.window_end == 0)
        cache.window_end = now + WINDOW;
    else if (now >= cache.window_end) {
        cache.peak_before = cache.peak;
        cache.peak = live();
        cache.window_end = now + WINDOW;
    }
}

/* The next instant with work to do; without any, the windows end too. */
static double
next_due(double now)
{
    if (cache.n_condemned)
        return now + PAUSE;
    if (cache.n_kept > FLOOR)
        return cache.window_end;
    cache.window_end = 0;
    cache.peak = cache.peak_before = live();
    return INFINITY;
}

static double
tick(double now)
{
    void *batch[BATCH];
    double next;
    size_t n;

    if (!try_lock())
        return now + PAUSE;
    move_window(now);
    if (!cache.n_condemned)
        condemn_all_but(allowance());
    n = take_condemned(batch);
    next = next_due(now);
    atomic_store_explicit(&due, next, memory_order_relaxed);
    unlock();
    free_batch(batch, n);
    return next;
}

double
gevent_chunks_tick(double now)
{
    double next = atomic_load_explicit(&due, memory_order_relaxed);

    return now < next ? next : tick(now);
}

static size_t
start_trim(size_t n_keep, void **batch)
{
    memcpy(cache.kept + cache.n_kept, cache.condemned,
           cache.n_condemned * sizeof *cache.kept);
    cache.n_kept += cache.n_condemned;
    cache.n_condemned = 0;
    condemn_all_but(n_keep);
    return take_condemned(batch);
}

size_t
gevent_chunks_trim(size_t n_keep)
{
    void *batch[BATCH];
    size_t n, n_freed = 0;

    if (!cache.kept || !try_lock())
        return 0;
    n = start_trim(n_keep, batch);
    unlock();
    while (n) {
        free_batch(batch, n);
        n_freed += n;
        if (!try_lock()) {
            /* The next tick goes on, whenever it comes. */
            atomic_store_explicit(&due, 0.0, memory_order_relaxed);
            break;
        }
        n = take_condemned(batch);
        unlock();
    }
    return n_freed;
}

void
gevent_chunks_statistics(gevent_chunk_statistics *statistics)
{
    statistics->hits = atomic_load(&n_hits);
    statistics->misses = atomic_load(&n_misses);
    statistics->kept = atomic_load(&n_held);
    statistics->live = live();
}

/* -- fork ------------------------------------------------------------------------------ */

/* The forking thread tries to hold the lock meanwhile. If another thread has it,
 * the child's copy of the tables may be torn: their chunks are abandoned. */
static _Thread_local int locked_for_fork;

static void
before_fork(void)
{
    locked_for_fork = try_lock();
}

static void
after_fork_in_parent(void)
{
    if (locked_for_fork)
        unlock();
}

static void
after_fork_in_child(void)
{
    if (!locked_for_fork)
        cache.n_kept = cache.n_condemned = 0;
    unlock();
}

/* -- begin -------------------------------------------------------------------------------- */

int
gevent_chunks_begin(const gevent_arena *previous)
{
    void **tables;
    int error;

    if (cache.kept)
        return 0;
    tables = mmap(NULL, CAPACITY * sizeof(void *) * 3, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (tables == MAP_FAILED)
        return -1;
    error = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    if (error) {
        munmap(tables, CAPACITY * sizeof(void *) * 3);
        errno = error;
        return -1;
    }
    cache.previous = *previous;
    cache.condemned = tables + CAPACITY;
    cache.scratch = tables + 2 * CAPACITY;
    cache.kept = tables;
    return 0;
}
