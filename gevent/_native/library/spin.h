/* Waiting a moment for another processor before going to sleep.
 *
 * A thread that sleeps is woken by an interrupt to a processor that may sleep itself:
 * some 30 microseconds, where the other thread has its answer ready within 5. So two
 * threads that hand each other short tasks look for a moment before they sleep. That
 * is tried less and less while it is in vain: with one processor it always is. */
#ifndef GEVENT_SPIN_H
#define GEVENT_SPIN_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds; what is worth waiting for takes less, being woken takes more. */
#define GEVENT_SPIN_FOR 20000

/* How many sleeps there are at most between two tries. */
#define GEVENT_MOST_SKIPPED 64

/* How well it went lately; used by one thread. */
typedef struct gevent_spin {
    int skip;    /* sleeps that remain without a spin */
    int penalty; /* how many there were last time */
    int64_t until;
} gevent_spin;

static inline void
gevent_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

static inline int64_t
gevent_nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Before a sleep: whether to try. */
static inline int
gevent_spin_begin(gevent_spin *spin)
{
    if (spin->skip) {
        spin->skip--;
        return 0;
    }
    spin->until = gevent_nanoseconds() + GEVENT_SPIN_FOR;
    return 1;
}

/* Wait a little. Whether to look, and go on. */
static inline int
gevent_spin_on(gevent_spin *spin)
{
    for (int i = 0; i < 8; i++)
        gevent_pause();
    return gevent_nanoseconds() < spin->until;
}

/* Instead of the sleep, or before it. */
static inline void
gevent_spin_end(gevent_spin *spin, int was_worth_it)
{
    if (was_worth_it)
        spin->penalty = 0;
    else if (spin->penalty < GEVENT_MOST_SKIPPED)
        spin->penalty = spin->penalty * 2 + 1;
    spin->skip = spin->penalty;
}

#endif
