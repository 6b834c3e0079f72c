/* Calls beneath which no thread is unwound.
 *
 * Before 3.14, CPython ends a daemon thread that asks for the GIL of an interpreter
 * that is going away by pthread_exit(). That unwinds the C stack through greenlet's
 * frames, whose C++ destructors then drop references without the GIL. Later versions
 * let such a thread stand still for ever; so do we, from the first frame of ours that
 * the unwinding reaches. Needs -fexceptions, or the compiler leaves the clean-up out.
 */
#ifndef GEVENT_THREAD_END_H
#define GEVENT_THREAD_END_H

#include <Python.h>
#include <unistd.h>

#if PY_VERSION_HEX >= 0x030D0000
#define gevent_is_finalizing() Py_IsFinalizing()
#else
#define gevent_is_finalizing() _Py_IsFinalizing()
#endif

/* Does not return once the interpreter goes away; touches nothing of Python. */
static inline void
gevent_stop_if_finalizing(void)
{
    while (gevent_is_finalizing())
        pause();
}

static inline void
gevent_stop_unwinding(const int *is_unwound)
{
    if (*is_unwound)
        gevent_stop_if_finalizing();
}

static inline PyObject *
gevent_call_guarded(PyObject *function, PyObject *arguments, PyObject *keywords)
{
    int is_unwound __attribute__((cleanup(gevent_stop_unwinding))) = 1;
    PyObject *result = PyObject_Call(function, arguments, keywords);

    is_unwound = 0;
    return result;
}

#endif
