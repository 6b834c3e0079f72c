# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False
"""Puts the cache of data-stack chunks in front of the interpreter's allocator.

The cache itself is ``chunk_cache.c``. It is put in place once per process and stays,
because what it holds and what it handed out cannot be told from the interpreter's.
"""


from gevent._base.checking import NamedTuple

__all__ = ("Statistics", "install", "installed", "statistics", "tick", "trim")


cdef extern from "Python.h":
    ctypedef struct PyObjectArenaAllocator:
        void *ctx
        void *(*alloc)(void *, size_t) noexcept
        void (*free)(void *, void *, size_t) noexcept

    void PyObject_GetArenaAllocator(PyObjectArenaAllocator *)
    void PyObject_SetArenaAllocator(PyObjectArenaAllocator *)


# Whether the cache is in place; written once, with the GIL, by install.
cdef bint _installed = False


class Statistics(NamedTuple):
    """What the cache has done since it was installed, and what it holds now."""

    hits: int
    misses: int
    kept: int
    live: int


cdef double chunks_tick(double now) noexcept:
    return gevent_chunks_tick(now)


def install():
    """Put the cache in place, unless it is there already.

    Returns:
        Whether it is in place. If the system has no room for its tables, it is not,
        and the interpreter's allocator serves alone.

    Thread safety:
        Any thread.
    """
    global _installed
    cdef PyObjectArenaAllocator allocator
    cdef gevent_arena previous
    if _installed:
        return True
    PyObject_GetArenaAllocator(&allocator)
    previous.context = allocator.ctx
    previous.allocate = allocator.alloc
    previous.free = allocator.free
    if gevent_chunks_begin(&previous):
        return False
    # The context stays: a thread without the GIL (one that ends frees its chunk so)
    # may read the three fields while they change, and any mixture of them works.
    allocator.alloc = gevent_chunks_allocate
    allocator.free = gevent_chunks_free
    PyObject_SetArenaAllocator(&allocator)
    _installed = True
    return True


def installed():
    """Return whether the cache is in place."""
    return _installed


def statistics():
    """Return the counters.

    Returns:
        hits: Chunks handed out again.
        misses: Chunks asked of the interpreter's allocator.
        kept: Chunks held now, 16 KiB of address space and some 4 KiB of memory each.
        live: Chunks in use now, as far as they were handed out since `install`.
    """
    cdef gevent_chunk_statistics numbers
    gevent_chunks_statistics(&numbers)
    return Statistics(numbers.hits, numbers.misses, numbers.kept, numbers.live)


def tick(double now):
    """Give back a few of the chunks that recent use does not justify.

    Args:
        now: Seconds of a clock that does not go back.

    Returns:
        The instant at which the next call is wanted, ``inf`` for never.
    """
    return chunks_tick(now)


def trim(size_t n_keep=0):
    """Give back all held chunks but *n_keep* at once.

    Returns:
        How many were given back.
    """
    return gevent_chunks_trim(n_keep)
