# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""The stack at the point where a greenlet was spawned, recorded cheaply.

Recording takes code objects and instruction offsets only: no line numbers, no
frame objects that outlive the spawner. Frame-like objects are built when somebody
reads the stack. Code objects are no containers to the collector, so that holding
them here hides no cycle.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.weakref cimport PyWeakref_NewRef
from cpython.ref cimport Py_DECREF

cdef extern from *:
    """
    #include <Python.h>
    #if PY_VERSION_HEX < 0x03100000 && !defined(Py_LIMITED_API)
    /* To 3.15: the interpreter's own frames. The public functions would make a frame
       object for each, which the spawner then has to release on return. */
    #define Py_BUILD_CORE 1
    #if PY_VERSION_HEX >= 0x030e0000
    #include "internal/pycore_interpframe.h"
    #else
    #include "internal/pycore_frame.h"
    #endif
    #undef Py_BUILD_CORE
    #if PY_VERSION_HEX >= 0x030d0000
    #define gevent_top_frame(thread) (thread)->current_frame
    #else
    #define gevent_top_frame(thread) (thread)->cframe->current_frame
    #endif
    #if PY_VERSION_HEX >= 0x030c0000
    #define gevent_code_of PyUnstable_InterpreterFrame_GetCode
    #define gevent_offset_in PyUnstable_InterpreterFrame_GetLasti
    #else
    #define gevent_code_of(frame) Py_NewRef((PyObject *)(frame)->f_code)
    #define gevent_offset_in(frame) \\
        (_PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT))
    #endif
    static int gevent_record_stack(int limit, PyObject **codes, int *offsets) {
        _PyInterpreterFrame *frame = gevent_top_frame(PyThreadState_Get());
        int depth = 0;
        for (; frame != NULL && depth < limit; frame = frame->previous) {
            if (_PyFrame_IsIncomplete(frame))
                continue;
            codes[depth] = gevent_code_of(frame);
            offsets[depth] = gevent_offset_in(frame);
            ++depth;
        }
        return depth;
    }
    #else
    static int gevent_record_stack(int limit, PyObject **codes, int *offsets) {
        PyFrameObject *frame = PyThreadState_GetFrame(PyThreadState_Get());
        int depth = 0;
        while (frame != NULL && depth < limit) {
            PyFrameObject *back = PyFrame_GetBack(frame);
            codes[depth] = (PyObject *)PyFrame_GetCode(frame);
            offsets[depth] = PyFrame_GetLasti(frame);
            ++depth;
            Py_DECREF(frame);
            frame = back;
        }
        Py_XDECREF(frame);
        return depth;
    }
    #endif
    """
    int gevent_record_stack(int limit, PyObject** codes, int* offsets)

MOST_ENTRIES = 10


# A weak reference and code objects close no cycle: the collector need not look.
@cython.no_gc
@cython.final
cdef class SpawnStack:
    """Who spawned, and up to ten entries of the stack there, innermost first."""

    def __dealloc__(self):
        cdef int i
        for i in range(self.depth):
            Py_DECREF(<object>self.codes[i])

    @staticmethod
    cdef SpawnStack record(object spawner, int limit):
        """The stack of the caller, *limit* entries at most (and at most ten)."""
        cdef SpawnStack stack = SpawnStack.__new__(SpawnStack)
        # The same object for all who are spawned by the same greenlet.
        stack.spawner = PyWeakref_NewRef(spawner, None)
        if limit > 10:
            limit = 10
        stack.depth = gevent_record_stack(limit, stack.codes, stack.offsets)
        return stack

    @property
    def spawning_greenlet(self):
        """A weak reference to the spawning greenlet."""
        return self.spawner

    def entries(self):
        """Return a list of (code object, instruction offset), innermost first."""
        return [(<object>self.codes[i], self.offsets[i]) for i in range(self.depth)]
