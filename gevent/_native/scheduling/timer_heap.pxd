"""Declarations of ``timer_heap.h``."""

from libc.stdint cimport int32_t

cdef extern from "scheduling/timer_heap.h" nogil:
    int GEVENT_TIMER_WATCHER
    int GEVENT_TIMER_WAITER
    int GEVENT_TIMER_ALARM

    ctypedef struct gevent_timer:
        double deadline
        void* owner
        int32_t index
        int32_t kind

    ctypedef struct gevent_timer_slot:
        double deadline
        gevent_timer* timer

    ctypedef struct gevent_timer_heap:
        gevent_timer_slot* slots
        Py_ssize_t size

    int gevent_timer_arm(gevent_timer_heap*, gevent_timer*, double deadline)
    void gevent_timer_disarm(gevent_timer_heap*, gevent_timer*)
    void gevent_timer_heap_free(gevent_timer_heap*)
