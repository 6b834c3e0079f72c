# cython: language_level=3, annotation_typing=False
"""What one greenlet waits for, without a look at all the others."""

from gevent._native.scheduling.scheduler cimport NativeGreenlet, Waiter


def subject_of(target):
    """Return what a greenlet is parked for; None: it is not, or that is not known.

    Thread safety:
        From any thread.
    """
    cdef void* waiter
    if not isinstance(target, NativeGreenlet):
        return None
    waiter = (<NativeGreenlet>target).parked_on
    return None if waiter == NULL else (<Waiter>waiter).subject
