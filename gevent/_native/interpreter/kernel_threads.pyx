# cython: language_level=3, annotation_typing=False
"""Whether another thread is in C code, by what the kernel tells of it.

How it is known: ``kernel_threads.h``.
"""

from libc.stdlib cimport free, malloc

cdef extern from "pythread.h":
    ctypedef void* PyThread_type_lock
    PyThread_type_lock PyThread_allocate_lock()
    void PyThread_free_lock(PyThread_type_lock)
    int PyThread_acquire_lock_timed(PyThread_type_lock, long long, int) nogil
    void PyThread_release_lock(PyThread_type_lock)

cdef extern from "interpreter/kernel_threads.h":
    long long gevent_run_time(long native_ident) nogil
    bint gevent_runs_without_gil(long native_ident)


cdef class Pause:
    """A wait of a native thread that another may end; threads are watched meanwhile.

    Thread safety:
        ``wait`` in one thread, ``end`` from any.
    """

    cdef PyThread_type_lock lock

    def __cinit__(self):
        self.lock = PyThread_allocate_lock()
        if self.lock == NULL:
            raise MemoryError
        PyThread_acquire_lock_timed(self.lock, 0, 0)

    def __dealloc__(self):
        if self.lock != NULL:
            PyThread_free_lock(self.lock)

    def end(self):
        """End the wait, or the next one; once."""
        PyThread_release_lock(self.lock)

    def wait(self, double seconds, native_idents):
        """Wait, then for the interpreter's lock, as always.

        Args:
            seconds: For how long at most.
            native_idents: The kernel's numbers of threads.

        Returns:
            For how many seconds each of them ran while we waited for the lock; so long
            it did not come by the places where it is let go of.

        Blocking:
            Blocks the native thread.
        """
        cdef long long microseconds = <long long>(seconds * 1e6)
        cdef Py_ssize_t i
        cdef Py_ssize_t n = len(native_idents)
        cdef long* idents = <long*>malloc((n + 1) * sizeof(long))
        cdef long long* ran = <long long*>malloc((n + 1) * sizeof(long long))
        try:
            if idents == NULL or ran == NULL:
                raise MemoryError
            for i in range(n):
                idents[i] = native_idents[i]
            with nogil:
                PyThread_acquire_lock_timed(self.lock, microseconds, 0)
                for i in range(n):
                    ran[i] = gevent_run_time(idents[i])
            return [
                (gevent_run_time(idents[i]) - ran[i]) * 1e-9 if ran[i] >= 0 else 0.0
                for i in range(n)
            ]
        finally:
            free(idents)
            free(ran)


def runs_without_gil(long native_ident):
    """Return whether a thread is in C code that has let go of the interpreter's lock.

    To be asked by another thread of the process, which has the lock.

    Args:
        native_ident: The kernel's number of the thread.

    Returns:
        False, too, where the system does not say.

    Blocking:
        For 10 ms at most.
    """
    return bool(gevent_runs_without_gil(native_ident))
