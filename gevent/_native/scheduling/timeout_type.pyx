# cython: language_level=3, annotation_typing=False, binding=True
"""Faster construction of ``Timeout``.

``Timeout`` must stay a plain class: programs assign to it and mix it with other
exception classes. What ``Timeout(5)`` costs then is mostly the way from the class
through ``__new__``, the slot of ``__init__`` and three attribute assignments. A
``tp_vectorcall`` of the class itself (it is never inherited) takes the short way
for the usual calls, as long as ``__init__`` is still ours.
"""

from cpython.object cimport PyTypeObject

from gevent._native.scheduling.scheduler cimport Alarm

cdef extern from *:
    """
    static PyObject *gevent_timeout_init;  /* owned: Timeout.__init__ as defined */
    static PyObject *gevent_empty;         /* owned: () */
    static PyObject *gevent_str_init, *gevent_str_timer;
    static PyObject *gevent_new_timeout(PyObject *, PyObject *);

    /* What a call without vectorcall does. */
    static PyObject *
    gevent_long_way(PyObject *cls, PyObject *const *args, Py_ssize_t n,
                    PyObject *names)
    {
        PyObject *positional = PyTuple_New(n), *keywords = NULL, *result = NULL;
        Py_ssize_t n_names = names == NULL ? 0 : PyTuple_GET_SIZE(names);
        if (positional == NULL)
            return NULL;
        for (Py_ssize_t i = 0; i < n; ++i)
            PyTuple_SET_ITEM(positional, i, Py_NewRef(args[i]));
        if (n_names && (keywords = PyDict_New()) == NULL)
            goto done;
        for (Py_ssize_t i = 0; i < n_names; ++i)
            if (PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, i), args[n + i]) < 0)
                goto done;
        result = PyType_Type.tp_call(cls, positional, keywords);
    done:
        Py_DECREF(positional);
        Py_XDECREF(keywords);
        return result;
    }

    static PyObject *
    gevent_timeout_vectorcall(PyObject *cls, PyObject *const *args, size_t nargsf,
                              PyObject *names)
    {
        Py_ssize_t n = PyVectorcall_NARGS(nargsf);
        if (n == 1 && names == NULL && args[0] != Py_None &&
            _PyType_Lookup((PyTypeObject *)cls, gevent_str_init) ==
                gevent_timeout_init)
            return gevent_new_timeout(cls, args[0]);
        return gevent_long_way(cls, args, n, names);
    }

    /* BaseException.__new__ and the one attribute that __init__ sets. */
    static PyObject *
    gevent_bare_timeout(PyObject *cls, PyObject *timer)
    {
        PyTypeObject *base = (PyTypeObject *)PyExc_BaseException;
        PyObject *self = base->tp_new((PyTypeObject *)cls, gevent_empty, NULL);
        if (self != NULL &&
            PyObject_GenericSetAttr(self, gevent_str_timer, timer) < 0)
            Py_CLEAR(self);
        return self;
    }
    static int gevent_speed_up(PyTypeObject *cls) {
        gevent_empty = PyTuple_New(0);
        gevent_str_init = PyUnicode_InternFromString("__init__");
        gevent_str_timer = PyUnicode_InternFromString("timer");
        if (!gevent_empty || !gevent_str_init || !gevent_str_timer)
            return -1;
        gevent_timeout_init = _PyType_Lookup(cls, gevent_str_init);
        Py_XINCREF(gevent_timeout_init);
        cls->tp_vectorcall = gevent_timeout_vectorcall;
        return 0;
    }
    """
    object gevent_bare_timeout(object cls, object timer)
    int gevent_speed_up(PyTypeObject* cls) except -1


cdef object gevent_new_timeout "gevent_new_timeout"(object cls, object seconds):
    """Timeout(seconds), with every other argument left out."""
    return gevent_bare_timeout(cls, Alarm.make(seconds, True, -1))


def speed_up(type cls not None):
    """Give ``Timeout`` its short way; for that one class."""
    gevent_speed_up(<PyTypeObject*>cls)
