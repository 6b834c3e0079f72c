/* How a loop's thread hands a task to a worker and gets the result back, with as few
 * sleeps and as little quarrel about the GIL as that needs.
 *
 * The plain way costs each thread one sleep too many:
 *
 *     loop    opens the gate      wants to poll, gives up the GIL      sleeps
 *     worker       wakes, waits for the GIL (sleeps) ... gets it ... works, wakes the loop
 *
 * So the gate is only put down as due, and the next poll of the loop opens it when it has
 * given up the GIL. Then it looks for a moment whether the worker has its answer already
 * (spin.h): being put to sleep and woken takes longer than most tasks.
 *
 * HAND1  A due gate is opened once: whoever exchanges `due` for NULL frees the lock.
 *        That is the next poll, after it has given up the GIL, or at its end if it kept
 *        it. Before that it may be the next gate that becomes due, another thread that
 *        hands over a task, or the end of the loop.
 * HAND2  A worker counts `n_wakes` up after it has woken the loop. A poll reads the
 *        number before it opens the gate; if it has changed later, the loop has been
 *        woken. Seeing a change too late costs a sleep, never a wake-up.
 *
 * Threads: `due` and `n_wakes` are atomic; `spin` is the loop's thread's own. */
#ifndef GEVENT_HAND_OVER_H
#define GEVENT_HAND_OVER_H

#include <Python.h>
#include <pythread.h>

#include "library/spin.h"

typedef struct gevent_hand_over {
    void *due;   /* the lock of a gate, or NULL */
    int n_wakes; /* wraps */
    gevent_spin spin;
} gevent_hand_over;

/* Open the gate that is due; whether there was one (HAND1).
 *
 * The loop's thread, in its poll without the GIL, and a thread that hands over a task
 * may both be here. If they read `due` and cleared it in two steps, both would free the
 * lock, and the second time might end another wait of the worker. */
static inline int
gevent_open_due(gevent_hand_over *hand_over)
{
    void *lock = __atomic_exchange_n(&hand_over->due, NULL, __ATOMIC_ACQ_REL);

    if (lock == NULL)
        return 0;
    PyThread_release_lock((PyThread_type_lock)lock);
    return 1;
}

/* Have a gate opened by the next poll; an older one now. */
static inline void
gevent_put_off(gevent_hand_over *hand_over, void *lock)
{
    gevent_open_due(hand_over);
    __atomic_store_n(&hand_over->due, lock, __ATOMIC_RELEASE);
}

static inline int
gevent_has_due(gevent_hand_over *hand_over)
{
    return __atomic_load_n(&hand_over->due, __ATOMIC_ACQUIRE) != NULL;
}

/* A worker has woken the loop (HAND2). */
static inline void
gevent_count_wake(gevent_hand_over *hand_over)
{
    __atomic_add_fetch(&hand_over->n_wakes, 1, __ATOMIC_ACQ_REL);
}

static inline int
gevent_n_wakes(gevent_hand_over *hand_over)
{
    return __atomic_load_n(&hand_over->n_wakes, __ATOMIC_ACQUIRE);
}

/* The hook of a poll that may block: give up the GIL, and open what is due. */
static inline PyThreadState *
gevent_before_blocking(gevent_hand_over *hand_over)
{
    /* Read before the gate opens (HAND2). A worker that answers between the two would be
       counted already, and waited for in vain. */
    int n_wakes = gevent_n_wakes(hand_over);
    int is_woken = 0;
    PyThreadState *state = PyEval_SaveThread();

    if (!gevent_open_due(hand_over) || !gevent_spin_begin(&hand_over->spin))
        return state;
    while (!is_woken && gevent_spin_on(&hand_over->spin))
        is_woken = gevent_n_wakes(hand_over) != n_wakes;
    gevent_spin_end(&hand_over->spin, is_woken);
    return state;
}

#endif
