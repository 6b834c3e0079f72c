/* What a profile function (sys.setprofile, cProfile) sees of a switch.
 *
 * It is told of calls and returns in the thread, and keeps a stack of them. When a
 * greenlet parks another one goes on, whose calls and returns have nothing to do with
 * that stack: the time of both would go to whoever was on top. So a greenlet that parks
 * is told as the return of its frames, innermost first, and one that goes on as their
 * calls, outermost first: the way in which the interpreter tells of coroutines.
 *
 * PROFILE1  What is told runs Python code, which may let others run; so it is told where
 *     nothing is recorded: before anybody is chosen, and after a greenlet has its return
 *     written down.
 * PROFILE2  While the profile function itself runs nothing is told.
 */
#ifndef GEVENT_PROFILE_H
#define GEVENT_PROFILE_H

#include <Python.h>

static inline int
gevent_is_profiled(PyThreadState *thread)
{
    return thread->c_profilefunc != NULL && thread->tracing == 0; /* PROFILE2 */
}

static int
gevent_tell_profile(PyThreadState *thread, PyObject *frame, int what)
{
    int failed = 0;
    if (gevent_is_profiled(thread)) { /* the call before may have unset it */
        PyThreadState_EnterTracing(thread);
        failed = thread->c_profilefunc(thread->c_profileobj, (PyFrameObject *)frame,
                                       what, Py_None);
        PyThreadState_LeaveTracing(thread);
    }
    return failed;
}

/* The Python frames of the current greenlet, innermost first: a new list, or NULL. */
static PyObject *
gevent_own_frames(void)
{
    PyObject *frames = PyList_New(0);
    PyFrameObject *frame = PyEval_GetFrame();
    Py_XINCREF(frame);
    while (frames != NULL && frame != NULL) {
        PyFrameObject *back = PyFrame_GetBack(frame);
        if (PyList_Append(frames, (PyObject *)frame) < 0)
            Py_CLEAR(frames);
        Py_SETREF(frame, back);
    }
    Py_XDECREF(frame);
    return frames;
}

/* Tell that the current greenlet leaves. Not 0: there is an exception. */
static int
gevent_profile_leave(PyThreadState *thread)
{
    PyObject *frames = gevent_own_frames();
    int failed = frames == NULL;
    for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(frames); ++i)
        failed = gevent_tell_profile(thread, PyList_GET_ITEM(frames, i), PyTrace_RETURN);
    Py_XDECREF(frames);
    return failed ? -1 : 0;
}

/* Tell that the current greenlet is back. Not 0: there is an exception. */
static int
gevent_profile_return(PyThreadState *thread)
{
    PyObject *frames = gevent_own_frames();
    int failed = frames == NULL;
    for (Py_ssize_t i = failed ? 0 : PyList_GET_SIZE(frames); !failed && i-- > 0;)
        failed = gevent_tell_profile(thread, PyList_GET_ITEM(frames, i), PyTrace_CALL);
    Py_XDECREF(frames);
    return failed ? -1 : 0;
}

#endif
