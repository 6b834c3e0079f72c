# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""``local``: an object whose attributes each greenlet sees on its own.

The instance dict is that of one greenlet, the last that touched the object; when
another one comes, its dict is put there. So everything below is CPython's own look-up.

Invariants:

* V1  ``__dict__`` is the dict of the greenlet at ``entered``, or ``entered`` is NULL.
* V2  Each greenlet that touched the object has one :class:`Share`: in ``shares`` by
  its address, and in the chain. The share goes when the greenlet ends (a link; a
  weak reference for raw ones), so that no address is ever mistaken for a later one.
* V3  A share whose object is gone knows it (``owner`` is NULL) and is linked nowhere.
* V4  From ``enter`` to the look-up in the dict no Python code runs: another native
  thread cannot come between.

The chain is what ``__dealloc__`` relies on: neither class lets the collector clear
its fields. Cycles always pass through a dict, which it does clear.
"""

cimport cython
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_DECREF

from gevent._hub.greenlet cimport Greenlet, GreenletLinks
from gevent._native.greenlet_api cimport (
    PyGreenlet,
    PyGreenlet_GetCurrent,
    import_greenlet,
)
from gevent._native.scheduler cimport Link

from weakref import ref as weak_reference

from gevent._base.publish import publish

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
    """What one greenlet has of one :class:`local`, and what ends that."""

    cdef void* owner                # borrowed local, NULL when that is gone
    cdef void* key                  # the greenlet's address, never dereferenced
    cdef dict values
    cdef object target              # weak reference to the greenlet
    cdef Link link                  # in the links of a Greenlet; None for raw ones
    cdef Share following            # in the owner's chain
    cdef void* preceding            # borrowed

    def __call__(self, source):
        """The greenlet has ended (*source*: it, or the weak reference to it)."""
        if self.owner != NULL:
            (<local>self.owner).drop(self)

    cdef int watch(self, object current) except -1:
        """Arrange to be called when the greenlet ends."""
        cdef GreenletLinks links
        if not isinstance(current, Greenlet):
            self.target = weak_reference(current, self)
            return 0
        self.target = weak_reference(current)
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

    cdef dict __dict__
    cdef void* entered
    cdef dict shares                # address of a greenlet -> Share
    cdef Share first                # the chain of shares
    cdef tuple args
    cdef dict kwargs

    def __cinit__(self, *args, **kwargs):
        if (args or kwargs) and type(self).__init__ is plain_init:
            raise TypeError(
                "Initialization arguments are not supported", args, kwargs
            )
        self.args = args
        self.kwargs = kwargs
        self.shares = {}
        self.adopt_current()

    def __dealloc__(self):
        cdef Share share = self.first
        while share is not None:
            share.owner = NULL
            share.unwatch()
            share = share.following

    # -- whose dict ------------------------------------------------------------------

    cdef inline int enter(self) except -1:
        """Put the dict of the current greenlet in place (V1)."""
        cdef PyGreenlet* current = PyGreenlet_GetCurrent()
        cdef void* key = <void*>current
        Py_DECREF(<object>current)
        if key == self.entered:
            return 0
        return self.change(key)

    cdef int change(self, void* key) except -1:
        cdef Share share = <Share>self.shares.get(<size_t>key)
        if share is None:
            return self.begin()
        self.entered = key
        PyObject_GenericSetDict(self, share.values, NULL)
        return 0

    cdef int begin(self) except -1:
        """Another greenlet touches this for the first time."""
        cdef Share share = self.adopt_current()
        if type(self).__init__ is plain_init:
            return 0
        try:
            type(self).__init__(self, *self.args, **self.kwargs)
        except BaseException:
            # The next touch tries again.
            if share.owner != NULL:
                self.drop(share)
            raise
        # It may have switched; then somebody else's dict is in place.
        return self.enter()

    cdef Share adopt_current(self):
        """Give the current greenlet a share, and enter it."""
        cdef PyGreenlet* native = PyGreenlet_GetCurrent()
        cdef object current = <object>native
        cdef Share share = Share.__new__(Share)
        Py_DECREF(current)
        share.key = <void*>native
        share.values = {}
        share.watch(current)
        self.shares[<size_t>share.key] = share
        share.owner = <void*>self
        share.following = self.first
        if self.first is not None:
            self.first.preceding = <void*>share
        self.first = share
        self.entered = share.key
        PyObject_GenericSetDict(self, share.values, NULL)
        return share

    cdef int drop(self, Share share) except -1:
        """A greenlet has ended: its share goes (V2, V3)."""
        cdef Share following = share.following
        cdef object keep = share
        share.owner = NULL
        if following is not None:
            following.preceding = share.preceding
        if share.preceding != NULL:
            (<Share>share.preceding).following = following
        else:
            self.first = following
        share.following = None
        share.preceding = NULL
        if self.entered == share.key:
            self.entered = NULL
            PyObject_GenericSetDict(self, {}, NULL)
        self.shares.pop(<size_t>share.key, None)
        return share.unwatch()

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


cdef int refuse_dict(object refuser) except -1:
    raise AttributeError(
        f"{type(refuser).__name__!r} object attribute '__dict__' is read-only"
    )


publish(__name__, "gevent.local")
