# cython: language_level=3, annotation_typing=False
"""Finds out what the current greenlet handles: ``except``, ``finally``, ``__exit__``.

``sys.exception()`` names the innermost one. What a generator was handling when it
yielded hides what its caller handles; the chain of the thread state has both.
"""

cdef extern from *:
    """
    static PyObject *gevent_handled(void) {
        PyObject *found = PyList_New(0);
        _PyErr_StackItem *item = PyThreadState_Get()->exc_info;
        for (; found != NULL && item != NULL; item = item->previous_item) {
            PyObject *each = item->exc_value;
            if (each != NULL && each != Py_None && PyList_Append(found, each) < 0)
                Py_CLEAR(found);
        }
        return found;
    }
    """
    list gevent_handled()


cpdef list handled_exceptions():
    """Return what is being handled, innermost first; contexts are not followed."""
    return gevent_handled()
