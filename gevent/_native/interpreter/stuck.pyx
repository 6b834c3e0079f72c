# cython: language_level=3, annotation_typing=False
"""The signal with which another process asks where this one stands.

What the handler does, and why it may: ``stuck.h``.
"""

from gevent._native.interpreter.greenlet_api cimport import_greenlet

cdef extern from "interpreter/stuck.h":
    bint gevent_signal_is_free(int signum)
    bint gevent_handle_look(int signum, void* in_greenlet)
    void gevent_look_arrived()

cdef extern from *:
    """
    #define gevent_in_greenlet() ((void *)_PyGreenlet_API[PyGreenlet_Switch_NUM])
    """
    void* gevent_in_greenlet()

import_greenlet()


def is_free(int signum):
    """Return whether a signal has its default action, and no handler."""
    return bool(gevent_signal_is_free(signum))


def handle(int signum):
    """Add to the Python handler of a signal what answers from C code.

    Interrupted calls of the system go on by themselves.

    Returns:
        Whether that is possible here.
    """
    return bool(gevent_handle_look(signum, gevent_in_greenlet()))


def arrived():
    """Say that the Python handler runs; the first thing that it does."""
    gevent_look_arrived()
