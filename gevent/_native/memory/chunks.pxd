# cython: language_level=3
# The cache of data-stack chunks; what each name does is in chunk_cache.h.
from libc.stdint cimport uint64_t


cdef extern from "memory/chunk_cache.h" nogil:
    ctypedef struct gevent_arena:
        void *context
        void *(*allocate)(void *, size_t) noexcept
        void (*free)(void *, void *, size_t) noexcept

    ctypedef struct gevent_chunk_statistics:
        uint64_t hits
        uint64_t misses
        size_t kept
        long live

    int gevent_chunks_begin(const gevent_arena *) noexcept
    void *gevent_chunks_allocate(void *, size_t) noexcept
    void gevent_chunks_free(void *, void *, size_t) noexcept
    double gevent_chunks_tick(double) noexcept
    size_t gevent_chunks_trim(size_t) noexcept
    void gevent_chunks_statistics(gevent_chunk_statistics *) noexcept


# For the loop, once per turn, with the GIL (the previous allocator may need it):
# `now` in monotonic seconds. Returns when it wants the next call, infinity if
# never; a poll that would last longer ends then.
cdef double chunks_tick(double now) noexcept
