/* A FIFO of references: the run queue of a loop, and what one poll fired.
 *
 * RUN1  Every entry owns one reference to its object.
 * RUN2  serial numbers grow along the queue of one loop and are never reused; an
 *     object that remembers the serial of its entry can disown the entry by
 *     forgetting it, wherever the entry stands.
 * RUN3  A withdrawn entry has no object. There is none at the end of the queue, and if
 *     there are more than a few, not half of the entries are.
 */
#ifndef GEVENT_RUN_QUEUE_H
#define GEVENT_RUN_QUEUE_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct gevent_entry {
    void *object;    /* a Python object; one owned reference; NULL when withdrawn */
    uint64_t serial; /* the loop's running number, times 8, plus the kind */
} gevent_entry;

typedef struct gevent_queue {
    gevent_entry *ring;
    size_t head, count, capacity; /* capacity is 0 or a power of two */
    size_t withdrawn;             /* how many entries have no object */
} gevent_queue;

static inline int
gevent_queue_resize(gevent_queue *queue, size_t capacity)
{
    gevent_entry *ring = (gevent_entry *)malloc(capacity * sizeof *ring);
    if (ring == NULL)
        return -1;
    for (size_t i = 0; i < queue->count; ++i)
        ring[i] = queue->ring[(queue->head + i) & (queue->capacity - 1)];
    free(queue->ring);
    queue->ring = ring;
    queue->head = 0;
    queue->capacity = capacity;
    return 0;
}

/* 0, or -1 when out of memory (nothing changed). */
static inline int
gevent_queue_push(gevent_queue *queue, void *object, uint64_t serial)
{
    if (queue->count == queue->capacity &&
        gevent_queue_resize(queue, queue->capacity ? queue->capacity * 2 : 64) < 0)
        return -1;
    gevent_entry *entry =
        &queue->ring[(queue->head + queue->count++) & (queue->capacity - 1)];
    entry->object = object;
    entry->serial = serial;
    return 0;
}

static inline gevent_entry *
gevent_queue_head(gevent_queue *queue)
{
    return queue->count ? &queue->ring[queue->head] : NULL;
}

/* Drop the head; its reference goes to the caller, who has read it. */
static inline void
gevent_queue_pop(gevent_queue *queue)
{
    queue->head = (queue->head + 1) & (queue->capacity - 1);
    /* A burst must not keep its memory for ever. */
    if (--queue->count == 0 && queue->capacity > 4096)
        gevent_queue_resize(queue, 64);
}

static inline void
gevent_queue_free(gevent_queue *queue)
{
    free(queue->ring);
    queue->ring = NULL;
    queue->head = queue->count = queue->capacity = queue->withdrawn = 0;
}

/* Drop the head, which was withdrawn. */
static inline void
gevent_queue_pop_withdrawn(gevent_queue *queue)
{
    --queue->withdrawn;
    gevent_queue_pop(queue);
}

static inline gevent_entry *
gevent_queue_at(gevent_queue *queue, size_t position)
{
    return &queue->ring[(queue->head + position) & (queue->capacity - 1)];
}

/* Close the gaps that withdrawn entries are. */
static inline void
gevent_queue_compact(gevent_queue *queue)
{
    size_t kept = 0;
    for (size_t i = 0; i < queue->count; ++i) {
        gevent_entry entry = *gevent_queue_at(queue, i);
        if (entry.object != NULL)
            *gevent_queue_at(queue, kept++) = entry;
    }
    queue->count = kept;
    queue->withdrawn = 0;
}

/* Empty the entry of this serial and object; its reference is the caller's then.
   0 when there is none: a queue of another loop has the same numbers. */
static inline int
gevent_queue_withdraw(gevent_queue *queue, uint64_t serial, void *object)
{
    size_t low = 0, high = queue->count;
    while (low < high) { /* RUN2: sorted */
        size_t middle = low + (high - low) / 2;
        if (gevent_queue_at(queue, middle)->serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == queue->count || gevent_queue_at(queue, low)->serial != serial)
        return 0;
    gevent_entry *entry = gevent_queue_at(queue, low);
    if (entry->object != object)
        return 0;
    entry->object = NULL;
    ++queue->withdrawn;
    while (queue->count &&
           gevent_queue_at(queue, queue->count - 1)->object == NULL) {
        --queue->count;
        --queue->withdrawn;
    }
    if (queue->withdrawn > 64 && queue->withdrawn > queue->count / 2)
        gevent_queue_compact(queue);
    return 1;
}

#endif
