"""Where a greenlet was spawned: see ``spawn_stack.pyx``."""

from cpython.object cimport PyObject


cdef class SpawnStack:
    cdef object spawner             # weak reference to the spawning greenlet
    cdef int depth
    cdef PyObject* codes[10]        # owned code objects, innermost first
    cdef int offsets[10]            # instruction offsets, in bytes

    @staticmethod
    cdef SpawnStack record(object spawner, int limit)
