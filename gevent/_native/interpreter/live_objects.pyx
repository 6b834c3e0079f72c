# cython: language_level=3, annotation_typing=False
"""Finds the objects of some classes, without a moment in which others could run.

The collector knows every object, also the tuple that another thread is about to fill:
``tuple(... for ...)`` fails with a ``SystemError`` in that thread if somebody else has
a reference to it when it is done. So whoever asks has to let go of all that was not
wanted before any other thread runs, which Python code cannot promise.

* LIVE1  From the call of ``gc.get_objects`` until its list is gone, no Python code
  runs, and nothing is allocated that the collector counts.
"""

from gc import get_objects

from cpython.type cimport PyType_IsSubtype


def find_live(tuple kinds):
    """Return the objects whose class is one of these, or a subclass, by its bases.

    Nothing is asked for its ``__class__``: proxies begin to work then.

    Args:
        kinds: Classes that the collector tracks.

    Thread safety:
        From any thread; the others stand still.
    """
    cdef list found = []  # first of all: it may make the collector run
    cdef list objects = get_objects()
    cdef object each
    cdef type kind
    for each in objects:
        for kind in kinds:
            if PyType_IsSubtype(type(each), kind):
                found.append(each)
                break
    each = None
    objects = None  # LIVE1
    return found
