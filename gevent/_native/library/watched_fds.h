/* Which records watch which descriptor, and what changed since the last poll.
 *
 * The libraries are told of changes in one go, right before they poll: a record that is
 * stopped and started again between two polls costs no system call, and no descriptor
 * that was closed in between reaches the kernel. */
#ifndef GEVENT_WATCHED_FDS_H
#define GEVENT_WATCHED_FDS_H

#include <stdlib.h>
#include <string.h>

/* Part of an io record; linked while that is active. */
typedef struct gevent_fd_link {
    struct gevent_fd_link *next, *previous;
    int fd;
    unsigned char mask;  /* in bits of the library */
    unsigned char reset; /* named anew since it was last linked */
} gevent_fd_link;

typedef struct gevent_watched_fd {
    gevent_fd_link *first;
    void *handle;          /* the library's, or NULL */
    unsigned char mask;    /* as the library last saw it */
    unsigned char changed; /* in the list of changes */
    unsigned char reset;   /* what the library knows of the number is worth nothing */
    unsigned char always;  /* a file that the kernel does not poll: always ready */
    unsigned char queued;  /* the library has yet to tell the kernel */
    unsigned char suspect; /* the kernel may report a file that had the number before */
} gevent_watched_fd;

typedef struct gevent_fd_table {
    gevent_watched_fd *slots; /* indexed by descriptor */
    int *changes; /* numbers with `changed`; as many places as there are slots */
    int n_slots, n_changes;
} gevent_fd_table;

/* 0, or -1 with errno. */
static int
gevent_make_room_for_fd(gevent_fd_table *table, int fd)
{
    int size = fd + fd / 2 + 16;
    gevent_watched_fd *slots;
    int *changes;

    if (fd < table->n_slots)
        return 0;
    if (!(changes = realloc(table->changes, (size_t)size * sizeof *changes)))
        return -1;
    table->changes = changes;
    if (!(slots = realloc(table->slots, (size_t)size * sizeof *slots)))
        return -1;
    table->slots = slots;
    memset(slots + table->n_slots, 0, (size_t)(size - table->n_slots) * sizeof *slots);
    table->n_slots = size;
    return 0;
}

static void
gevent_free_fd_table(gevent_fd_table *table)
{
    free(table->slots);
    free(table->changes);
}

static gevent_watched_fd *
gevent_note_fd_change(gevent_fd_table *table, int fd)
{
    gevent_watched_fd *slot = &table->slots[fd];

    if (!slot->changed) {
        slot->changed = 1;
        table->changes[table->n_changes++] = fd;
    }
    return slot;
}

static void
gevent_link_to_fd(gevent_fd_table *table, gevent_fd_link *link)
{
    gevent_watched_fd *slot = gevent_note_fd_change(table, link->fd);

    link->previous = NULL;
    link->next = slot->first;
    if (slot->first)
        slot->first->previous = link;
    slot->first = link;
    slot->reset |= link->reset;
    link->reset = 0;
}

static void
gevent_unlink_from_fd(gevent_fd_table *table, gevent_fd_link *link)
{
    gevent_watched_fd *slot = gevent_note_fd_change(table, link->fd);

    if (link->previous)
        link->previous->next = link->next;
    else
        slot->first = link->next;
    if (link->next)
        link->next->previous = link->previous;
}

/* What all active records of a descriptor ask for. */
static unsigned char
gevent_mask_of_fd(const gevent_watched_fd *slot)
{
    unsigned char mask = 0;

    for (const gevent_fd_link *link = slot->first; link; link = link->next)
        mask |= link->mask;
    return mask;
}

#endif
