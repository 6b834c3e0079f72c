/* The timers of one loop: a stable heap ordered by (deadline, sequence).
 *
 * The node lives inside the object that waits (no allocation to arm one); the
 * heap array repeats the keys, so that sifting does not touch the nodes.
 * Four children per slot: half the depth of a binary heap, and the children
 * share cache lines. The bet is that timers rarely fire: arming appends near
 * the bottom and disarming looks the slot up by the stored index.
 *
 * HEAP1  node->index is the node's slot, or -1 exactly while it is not in a heap.
 * HEAP2  sequence numbers grow, so that equal deadlines keep the order of arming.
 * HEAP3  a NaN never gets in (the callers refuse it): it would break the order.
 */
#ifndef GEVENT_TIMER_HEAP_H
#define GEVENT_TIMER_HEAP_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { GEVENT_TIMER_WATCHER, GEVENT_TIMER_WAITER, GEVENT_TIMER_ALARM };

typedef struct gevent_timer {
    double deadline; /* loop seconds */
    void *owner;     /* the object around the node; the armed heap owns one
                        reference to it, taken and dropped by the core */
    int32_t index;   /* slot in the heap, -1 when not armed */
    int32_t kind;    /* of the owner: GEVENT_TIMER_WATCHER ... */
} gevent_timer;

typedef struct {
    double deadline;
    uint64_t sequence; /* order of arming */
    gevent_timer *timer;
} gevent_timer_slot;

typedef struct gevent_timer_heap {
    gevent_timer_slot *slots;
    ptrdiff_t size, capacity;
    uint64_t sequence;
} gevent_timer_heap;

static inline int
gevent_timer_before(const gevent_timer_slot *a, const gevent_timer_slot *b)
{
    return a->deadline < b->deadline ||
           (a->deadline == b->deadline && a->sequence < b->sequence);
}

static inline void
gevent_timer_put(gevent_timer_heap *heap, ptrdiff_t at, gevent_timer_slot slot)
{
    heap->slots[at] = slot;
    slot.timer->index = (int32_t)at;
}

static inline void
gevent_timer_sift_up(gevent_timer_heap *heap, ptrdiff_t at, gevent_timer_slot slot)
{
    while (at > 0) {
        ptrdiff_t parent = (at - 1) >> 2;
        if (!gevent_timer_before(&slot, &heap->slots[parent]))
            break;
        gevent_timer_put(heap, at, heap->slots[parent]);
        at = parent;
    }
    gevent_timer_put(heap, at, slot);
}

static inline void
gevent_timer_sift_down(gevent_timer_heap *heap, ptrdiff_t at, gevent_timer_slot slot)
{
    for (;;) {
        ptrdiff_t child = (at << 2) + 1, best = child, end = child + 4;
        if (child >= heap->size)
            break;
        if (end > heap->size)
            end = heap->size;
        for (++child; child < end; ++child)
            if (gevent_timer_before(&heap->slots[child], &heap->slots[best]))
                best = child;
        if (!gevent_timer_before(&heap->slots[best], &slot))
            break;
        gevent_timer_put(heap, at, heap->slots[best]);
        at = best;
    }
    gevent_timer_put(heap, at, slot);
}

/* Arm an unarmed timer. 0, or -1 when out of memory (nothing changed). */
static inline int
gevent_timer_arm(gevent_timer_heap *heap, gevent_timer *timer, double deadline)
{
    gevent_timer_slot slot;
    if (heap->size == INT32_MAX)
        return -1;
    if (heap->size == heap->capacity) {
        ptrdiff_t capacity = heap->capacity ? heap->capacity * 2 : 64;
        void *slots = realloc(heap->slots, (size_t)capacity * sizeof *heap->slots);
        if (slots == NULL)
            return -1;
        heap->slots = (gevent_timer_slot *)slots;
        heap->capacity = capacity;
    }
    timer->deadline = deadline;
    slot.deadline = deadline;
    slot.sequence = ++heap->sequence;
    slot.timer = timer;
    gevent_timer_sift_up(heap, heap->size++, slot);
    return 0;
}

/* Take an armed timer out. */
static inline void
gevent_timer_disarm(gevent_timer_heap *heap, gevent_timer *timer)
{
    ptrdiff_t at = timer->index;
    gevent_timer_slot last = heap->slots[--heap->size];
    timer->index = -1;
    if (at != heap->size) {
        if (at > 0 && gevent_timer_before(&last, &heap->slots[(at - 1) >> 2]))
            gevent_timer_sift_up(heap, at, last);
        else
            gevent_timer_sift_down(heap, at, last);
    }
    /* A burst must not keep its memory for ever. */
    if (heap->capacity > 4096 && heap->size < heap->capacity >> 3) {
        ptrdiff_t capacity = heap->capacity >> 1;
        void *slots = realloc(heap->slots, (size_t)capacity * sizeof *heap->slots);
        if (slots != NULL) {
            heap->slots = (gevent_timer_slot *)slots;
            heap->capacity = capacity;
        }
    }
}

static inline void
gevent_timer_heap_free(gevent_timer_heap *heap)
{
    free(heap->slots);
    heap->slots = NULL;
    heap->size = heap->capacity = 0;
}

#endif
