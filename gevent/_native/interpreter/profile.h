/* What a profile function (sys.setprofile, cProfile) sees of a switch.
 *
 * It is told of calls and returns in the thread, and keeps a stack of them. When a
 * greenlet parks another one goes on, whose calls and returns have nothing to do with
 * that stack: the time of both would go to whoever was on top. So a greenlet that parks
 * is told as the return of its frames, innermost first, and one that goes on as their
 * calls, outermost first: the way in which the interpreter tells of coroutines.
 *
 * Since Python 3.12 cProfile is no profile function, but a tool of sys.monitoring. Events
 * of such tools can be made since 3.13: there the profiler, and no other tool, is told
 * that frames yield and are resumed.
 *
 * PROFILE1  What is told runs Python code, which may let others run; so it is told where
 *     nothing is recorded: before anybody is chosen, and after a greenlet has its return
 *     written down.
 * PROFILE2  While the profile function itself runs nothing is told.
 * PROFILE3  Whoever leaves looks whether a tool is there, so each switch has a look; who
 *     comes back uses the last one.
 */
#ifndef GEVENT_PROFILE_H
#define GEVENT_PROFILE_H

#include <Python.h>

#if PY_VERSION_HEX >= 0x030d0000
enum { GEVENT_LEAVES, GEVENT_RETURNS, GEVENT_N_EVENTS };

static const uint8_t gevent_profiler = 1 << 2; /* sys.monitoring.PROFILER_ID */
static const uint8_t gevent_profile_events[GEVENT_N_EVENTS] = {
    PY_MONITORING_EVENT_PY_YIELD, PY_MONITORING_EVENT_PY_RESUME};
static PyMonitoringState gevent_profile_states[GEVENT_N_EVENTS];
static uint64_t gevent_profile_version = 0;

static inline int
gevent_has_profiler(void)
{
    return gevent_profile_states[GEVENT_LEAVES].active & gevent_profiler;
}

static inline void
gevent_look_for_profiler(void)
{
    PyMonitoring_EnterScope(gevent_profile_states, &gevent_profile_version,
                            gevent_profile_events, GEVENT_N_EVENTS);
}

static int
gevent_tell_profiler(PyFrameObject *frame, int what)
{
    int event = what == PyTrace_RETURN ? GEVENT_LEAVES : GEVENT_RETURNS;
    /* Its own: what a tool does not want to hear again is not remembered. */
    PyMonitoringState state = gevent_profile_states[event];
    PyObject *code = (PyObject *)PyFrame_GetCode(frame);
    int offset = PyFrame_GetLasti(frame);
    state.active &= gevent_profiler;
    int failed = event == GEVENT_LEAVES
                     ? PyMonitoring_FirePyYieldEvent(&state, code, offset, Py_None)
                     : PyMonitoring_FirePyResumeEvent(&state, code, offset);
    Py_DECREF(code);
    return failed;
}
#else
static inline int
gevent_has_profiler(void)
{
    return 0;
}

static inline void
gevent_look_for_profiler(void)
{
}

static int
gevent_tell_profiler(PyFrameObject *frame, int what)
{
    (void)frame;
    (void)what;
    return 0;
}
#endif

static inline int
gevent_is_profiled(PyThreadState *thread)
{
    return (thread->c_profilefunc != NULL || gevent_has_profiler()) &&
           thread->tracing == 0; /* PROFILE2 */
}

/* PROFILE3 */
static inline int
gevent_is_profiled_now(PyThreadState *thread)
{
    gevent_look_for_profiler();
    return gevent_is_profiled(thread);
}

static int
gevent_tell_profile(PyThreadState *thread, PyObject *frame, int what)
{
    int failed = 0;
    if (thread->c_profilefunc != NULL) { /* the call before may have unset it */
        PyThreadState_EnterTracing(thread);
        failed = thread->c_profilefunc(thread->c_profileobj, (PyFrameObject *)frame,
                                       what, Py_None);
        PyThreadState_LeaveTracing(thread);
    }
    if (!failed && gevent_has_profiler())
        failed = gevent_tell_profiler((PyFrameObject *)frame, what);
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
