"""Declarations of ``loop_ops.h``, the seam to the event libraries."""

from posix.stat cimport struct_stat

cdef extern from "library/loop_ops.h" nogil:
    unsigned int GEVENT_LOOP_OPS_VERSION
    enum:
        READ "GEVENT_READ"
        WRITE "GEVENT_WRITE"

    ctypedef struct gevent_record:
        gevent_record* next
        void* owner
        int events
        unsigned char ready
        unsigned char active

    ctypedef struct gevent_ready_list:
        gevent_record* first

    ctypedef struct gevent_loop_state:
        gevent_ready_list ready

    ctypedef struct gevent_loop_ops:
        unsigned int version
        unsigned int size
        const char* name
        gevent_loop_state* (*open)(
            unsigned int flags,
            void (*release)(void*) noexcept nogil,
            void (*acquire)(void*) noexcept nogil,
            void* hook_argument,
        )
        void (*close)(gevent_loop_state*)
        int (*poll)(gevent_loop_state*, double timeout)
        void (*wakeup)(gevent_loop_state*) noexcept nogil
        int (*after_fork)(gevent_loop_state*)
        const char* (*backend_name)(gevent_loop_state*)
        unsigned int (*backend_flag)(gevent_loop_state*)
        int (*backend_fd)(gevent_loop_state*)
        gevent_record* (*io_new)(gevent_loop_state*, int fd, int events)
        void (*io_set)(gevent_record*, int fd, int events)
        void (*io_reuse)(gevent_record*, int fd, int events)
        gevent_record* (*signal_new)(gevent_loop_state*, int signum)
        gevent_record* (*stat_new)(gevent_loop_state*, const char* path, double interval)
        const struct_stat* (*stat_current)(gevent_record*)
        const struct_stat* (*stat_previous)(gevent_record*)
        int (*record_start)(gevent_record*)
        void (*record_stop)(gevent_record*)
        void (*record_free)(gevent_record*)

    void gevent_ready_remove(gevent_ready_list*, gevent_record*)
