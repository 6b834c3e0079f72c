"""Declarations of ``run_queue.h``."""

from libc.stdint cimport uint64_t

cdef extern from "scheduling/run_queue.h" nogil:
    ctypedef struct gevent_entry:
        void* object
        uint64_t serial

    ctypedef struct gevent_queue:
        size_t count
        size_t withdrawn

    int gevent_queue_push(gevent_queue*, void* object, uint64_t serial)
    gevent_entry* gevent_queue_head(gevent_queue*)
    gevent_entry* gevent_queue_at(gevent_queue*, size_t position)
    void gevent_queue_pop(gevent_queue*)
    void gevent_queue_pop_withdrawn(gevent_queue*)
    bint gevent_queue_withdraw(gevent_queue*, uint64_t serial, void* object)
    void gevent_queue_free(gevent_queue*)
