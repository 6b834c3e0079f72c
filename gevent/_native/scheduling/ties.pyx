# cython: language_level=3, annotation_typing=False, binding=True
"""What is tied to a greenlet: whether anybody could tell it from a new one."""

from cpython.object cimport PyObject
from cpython.ref cimport _Py_REFCNT

from gevent._native.interpreter.greenlet_api cimport PyGreenlet

from _weakref import getweakrefcount


cpdef Py_ssize_t ties(object greenlet) except -2:
    """Count what is tied to *greenlet*, for comparing with an earlier count.

    Equal counts from the same place in the same call say that nobody keeps the greenlet
    who did not before, by a reference, strong or weak, or by an attribute.

    Returns:
        The number; -1 if that is not known, or there are attributes or weak references.
    """
    cdef PyObject* attributes = (<PyGreenlet*><PyObject*>greenlet).dict
    if getweakrefcount(greenlet) or (attributes != NULL and <object>attributes):
        return -1
    return _Py_REFCNT(<PyObject*>greenlet)
