"""The C interface of the greenlet package.

Every extension that calls it runs ``import_greenlet()`` once at import.
"""

from cpython.object cimport PyObject

cdef extern from *:
    """
    #include <greenlet/greenlet.h>
    static inline int gevent_import_greenlet(void) {
        PyGreenlet_Import();
        return _PyGreenlet_API ? 0 : -1;
    }
    """
    int import_greenlet "gevent_import_greenlet"() except -1

cdef extern from "greenlet/greenlet.h" nogil:
    ctypedef struct PyGreenlet:
        PyObject* dict

cdef extern from "greenlet/greenlet.h":
    ctypedef class greenlet.greenlet [object PyGreenlet]:
        pass

    # new reference
    PyGreenlet* PyGreenlet_GetCurrent()
    # new reference, or NULL with an exception
    PyObject* PyGreenlet_Switch(PyGreenlet*, PyObject* args, PyObject* kwargs)
    PyObject* PyGreenlet_Throw(
        PyGreenlet*, PyObject* kind, PyObject* value, PyObject* traceback
    )
    int PyGreenlet_SetParent(PyGreenlet*, PyGreenlet* parent) except -1
    # new reference, or NULL without an exception
    PyGreenlet* PyGreenlet_GetParent(PyGreenlet*)
    bint PyGreenlet_MAIN(PyGreenlet*)
    bint PyGreenlet_STARTED(PyGreenlet*)
    bint PyGreenlet_ACTIVE(PyGreenlet*)
