"""Calls of the interpreter that Cython's own declarations lack or have otherwise."""

from cpython.object cimport PyObject

cdef extern from "Python.h":
    int PySys_Audit(const char* event, const char* types, ...) except -1
    # A new reference in nobody's hand, so that it may be resized or dropped.
    PyObject* new_bytes "PyBytes_FromStringAndSize"(
        const char* data, Py_ssize_t size
    ) except NULL
