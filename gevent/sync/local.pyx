# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""``local``: an object whose attributes each greenlet sees on its own.

The instance dict is that of one greenlet, the last that touched the object; when
another one comes, its dict is put there. So everything below is CPython's own look-up.

Invariants:

* LOCAL1  ``__dict__`` is the dict of the greenlet at ``entered``, or ``entered`` is
    NULL.
* LOCAL2  Each greenlet that touched the object has a dict in ``stores``, by its
  address, and one :class:`Share` in the chain, which get there in one step. Both go when the greenlet ends (a link),
  or at the latest with it (a weak reference), so that no address is ever mistaken for a
  later one.
* LOCAL3  A share whose object is gone knows it (``owner`` is NULL) and is linked
  nowhere. It leads to no data: a living greenlet never keeps an object that it has
  touched.
* LOCAL4  From ``enter`` to the look-up in the dict no Python code runs: another native
  thread cannot come between.

``__dealloc__`` relies on the chain, so the collector must not clear it: the object owns
the shares by hand, and is not cleared itself; cycles always pass through a dict.
"""

cimport cython
from cpython.exc cimport PyErr_Clear
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF

from gevent._hub.greenlet cimport Greenlet, GreenletLinks
from gevent._native.interpreter.greenlet_api cimport (
    PyGreenlet,
    PyGreenlet_GetCurrent,
    import_greenlet,
)
from gevent._native.scheduling.scheduler cimport Link

from weakref import ref as weak_reference

from gevent._base.publish import publish
from gevent._base.signatures import Signed

cdef extern from "Python.h":
    object PyObject_GenericGetAttr(object, object)
    int PyObject_GenericSetAttr(object, object, PyObject*) except -1
    object PyObject_GenericGetDict(object, void*)
    int PyObject_GenericSetDict(object, object, void*) except -1

import_greenlet()

__all__ = ("local",)

cdef object plain_init = object.__init__


@cython.final
@cython.no_gc_clear
cdef class Share:
    """What ends the part that one greenlet has of one :class:`local`."""

    cdef void* owner                # borrowed local, NULL when that is gone
    cdef void* key                  # the greenlet's address, never dereferenced
    cdef object target              # weak reference to the greenlet
    cdef Link link                  # in the links of a Greenlet; None for raw ones
    cdef void* following            # borrowed neighbours in the owner's chain
    cdef void* preceding

    def __call__(self, source):
        """The greenlet has ended (*source*: it, or the weak reference to it)."""
        cdef local owner
        if self.owner != NULL:
            owner = <local>self.owner
            owner.drop(self)

    cdef int watch(self, object current) except -1:
        """Arrange to be called when the greenlet ends."""
        cdef GreenletLinks links
        # Also of a Greenlet: when its hub has gone, nobody calls its links.
        self.target = weak_reference(current, self)
        if not isinstance(current, Greenlet):
            return 0
        links = (<Greenlet>current).own_links()
        self.link = Link.__new__(Link)
        self.link.callback = self
        links.append_node(self.link)
        if links.is_due():
            links.notify()
        return 0

    cdef int unwatch(self) except -1:
        """Undo watch(); also ends the cycle through the callback."""
        cdef object current
        cdef Link link = self.link
        if link is not None:
            self.link = None
            current = self.target()
            if current is not None:
                (<Greenlet>current).own_links().remove_node(link)
            link.callback = None
        self.target = None
        return 0


@cython.no_gc_clear
cdef class local:
    """An object with greenlet-local attributes.

    Subclasses may define ``__init__``: it runs again, with the same arguments, when
    another greenlet touches the object for the first time. Their class attributes,
    descriptors and ``__slots__`` are shared between greenlets.

    Args:
        args: For ``__init__`` of a subclass.
        kwargs: For ``__init__`` of a subclass.

    Raises:
        TypeError: There are arguments and no ``__init__`` that takes them.

    Thread safety:
        From any thread; greenlets of different threads are different greenlets.
    """

    __signature__ = Signed("*args, **kwargs")

    cdef dict __dict__
    cdef object __weakref__
    cdef void* entered
    cdef dict stores                # address of a greenlet -> its dict
    cdef void* first                # the chain of shares; owns a reference to each
    cdef tuple args
    cdef dict kwargs

    def __cinit__(self, *args, **kwargs):
        if (args or kwargs) and type(self).__init__ is plain_init:
            raise TypeError(
                "Initialization arguments are not supported", args, kwargs
            )
        self.args = args
        self.kwargs = kwargs
        self.stores = {}
        self.adopt_current()

    def __dealloc__(self):
        cdef Share share
        while self.first != NULL:
            share = <Share>self.first
            self.first = share.following
            share.owner = NULL
            share.unwatch()
            Py_DECREF(share)  # of adopt_current

    # -- whose dict ------------------------------------------------------------------

    cdef inline int enter(self) except -1:
        """Put the dict of the current greenlet in place (LOCAL1)."""
        cdef PyGreenlet* current = PyGreenlet_GetCurrent()
        cdef void* key = <void*>current
        if key == NULL:
            # The interpreter is ending; what is in place stays.
            PyErr_Clear()
            return 0
        Py_DECREF(<object>current)
        if key == self.entered:
            return 0
        return self.change(key)

    cdef int change(self, void* key) except -1:
        cdef object values = self.stores.get(<size_t>key)
        if values is None:
            return self.begin()
        self.entered = key
        return PyObject_GenericSetDict(self, values, NULL)

    cdef int begin(self) except -1:
        """Another greenlet touches this for the first time."""
        cdef Share share = self.adopt_current()
        if share is None or type(self).__init__ is plain_init:
            return 0
        try:
            type(self).__init__(self, *self.args, **self.kwargs)
        except BaseException:
            # The next touch tries again.
            if share.owner != NULL:
                self.drop(share)
            raise
        # It may have switched, and another greenlet's dict may be in place now.
        return self.enter()

    cdef Share adopt_current(self):
        """Give the current greenlet a share, and enter it.

        Returns:
            None if there is nothing to begin: a finalizer has done it meanwhile, or the
            interpreter is ending.
        """
        cdef PyGreenlet* native = PyGreenlet_GetCurrent()
        cdef object current
        cdef Share share
        if native == NULL:
            PyErr_Clear()
            return None
        current = <object>native
        Py_DECREF(current)
        share = Share.__new__(Share)
        share.key = <void*>native
        values = {}
        share.watch(current)
        # All that may run a finalizer is done. One that has touched this object in the
        # same greenlet has given it a share; a second one would hide what that one has
        # got, and leave two that end (LOCAL2).
        earlier = self.stores.setdefault(<size_t>share.key, values)
        if earlier is not values:
            share.unwatch()
            self.entered = share.key
            PyObject_GenericSetDict(self, earlier, NULL)
            return None
        share.owner = <void*>self
        share.following = self.first
        if self.first != NULL:
            (<Share>self.first).preceding = <void*>share
        self.first = <void*>share
        Py_INCREF(share)  # dropped in drop() or __dealloc__
        self.entered = share.key
        PyObject_GenericSetDict(self, values, NULL)
        return share

    cdef int drop(self, Share share) except -1:
        """A greenlet has ended: its share goes (LOCAL2, LOCAL3)."""
        # First: that may run a finalizer, which touches this object, or drops the share
        # itself. Made below, it would take the place of what the finalizer has entered.
        empty = {} if self.entered == share.key else None
        if share.owner == NULL:
            return 0
        share.owner = NULL
        if share.following != NULL:
            (<Share>share.following).preceding = share.preceding
        if share.preceding != NULL:
            (<Share>share.preceding).following = share.following
        else:
            self.first = share.following
        share.following = share.preceding = NULL
        Py_DECREF(share)  # of adopt_current; the caller has another one
        if self.entered == share.key:
            self.entered = NULL
            PyObject_GenericSetDict(self, empty, NULL)
        share.unwatch()
        # Last: what was stored may do anything when it goes.
        self.stores.pop(<size_t>share.key, None)
        return 0

    # -- attributes --------------------------------------------------------------------

    def __getattribute__(self, name):
        self.enter()
        return PyObject_GenericGetAttr(self, name)

    def __setattr__(self, name, value):
        if name == "__dict__":
            refuse_dict(self)
        self.enter()
        PyObject_GenericSetAttr(self, name, <PyObject*>value)

    def __delattr__(self, name):
        if name == "__dict__":
            refuse_dict(self)
        self.enter()
        PyObject_GenericSetAttr(self, name, NULL)

    def __copy__(self):
        """Return a new object with the current greenlet's attributes."""
        cdef local duplicate = type(self)(*self.args, **self.kwargs)
        self.enter()
        values = PyObject_GenericGetDict(self, NULL)
        duplicate.enter()
        PyObject_GenericGetDict(duplicate, NULL).update(values)
        return duplicate

    def __reduce_ex__(self, protocol):
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def stored_by_greenlet(local target not None):
    """Return who stored what, by the address of the greenlet; touches nothing."""
    return target.stores.copy()


cdef int refuse_dict(object refuser) except -1:
    raise AttributeError(
        f"{type(refuser).__name__!r} object attribute '__dict__' is read-only"
    )


publish(__name__, "gevent.local")
