# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Numbers of descriptors: which object has each, and who waits for it.

A number outlives its file, and the kernel gives the lowest free one to the next.
Code that is about to close a number, or was just given one, says so here. So nobody
waits for a file that is gone, or gets what belongs to the next one.

Invariants:

* FDT1  ``owners`` has for a number the object that took it over last, borrowed, until
  that drops it, at the latest when it is deallocated. It has the methods ``_interrupt``
  (the number is about to be closed by somebody else) and ``_lose`` (it was, and the
  kernel has given it away again).
* FDT2  Whoever is parked for a bare number is in ``waits`` under that, with its loop,
  from before the park until after it.
* FDT3  :func:`tell_waiters` takes a number out of ``waits`` before it gives anybody
  EBADF, so that whoever waits for the next file of that number is not found.
* FDT4  Whose loop is dead is not told, as its greenlet never goes on. It is in ``waits``
  until its number is closed or given away again; that works, and all others are told.

Threads: all of this is the process's. It changes with the GIL held, without a switch or
Python code in between; who waits is released by the thread of the loop it is parked in.

``drop_owner`` compares pointers and cannot raise.
"""

from cpython.object cimport PyObject
from cpython.ref cimport _Py_REFCNT
from libc.stdlib cimport realloc

from gevent._native.scheduling.messages cimport post
from gevent._native.scheduling.scheduler cimport Scheduler

# By number; NULL: nobody that is known here.
cdef PyObject** owners = NULL
cdef int n_owners = 0

# Number -> [(who releases it, its loop), ...] of the greenlets that wait for it (FDT2).
cdef dict waits = {}

# Those that wait for several numbers; they are told of each number that is closed.
close_listeners = []


cdef int set_owner(int fd, PyObject* who) except -1:
    """Note who has a number now (FDT1)."""
    global owners, n_owners
    cdef PyObject** larger
    cdef int wanted
    if fd >= n_owners:
        wanted = max(fd + 1, 2 * n_owners, 64)
        larger = <PyObject**>realloc(owners, wanted * sizeof(PyObject*))
        if larger == NULL:
            raise MemoryError
        owners = larger
        while n_owners < wanted:
            owners[n_owners] = NULL
            n_owners += 1
    owners[fd] = who
    return 0


cdef int drop_owner(int fd, PyObject* who) noexcept:
    """Forget who has a number, if it is *who*."""
    if 0 <= fd < n_owners and owners[fd] == who:
        owners[fd] = NULL
    return 0


cpdef object owner_of(int fd):
    """The owner of a number; None if that is dying, for it must not come back to life.

    Its attributes go before its ``__dealloc__`` is called, and may run Python code.
    """
    if 0 <= fd < n_owners and owners[fd] != NULL and _Py_REFCNT(owners[fd]) > 0:
        return <object>owners[fd]
    return None


cpdef int claim(int fd) except -1:
    """The kernel has just given a number: whoever had it before has lost it.

    Thread safety:
        From any thread.
    """
    return tell_all(fd, "_lose")


cpdef int closing(int fd) except -1:
    """Give EBADF to all that wait for *fd*: it is about to be closed.

    Thread safety:
        From any thread.
    """
    return tell_all(fd, "_interrupt")


cdef int tell_all(int fd, str message) except -1:
    """Tell who has a number, by its method *message* (FDT1), and those that wait."""
    owner = owner_of(fd)
    if owner is not None:
        getattr(owner, message)()
    return tell_waiters(fd)


cpdef int tell_waiters(int fd) except -1:
    """Give EBADF to those that wait for a number without having it (FDT3)."""
    cdef list entries
    # Each close comes here: mostly nobody waits for any number.
    if not waits and not close_listeners:
        return 0
    # Out of the table first (FDT3). As soon as the first of them is released, another
    # thread may be given this number and wait for its own file: left in the table, it
    # would get the EBADF of a file that it never had.
    entries = waits.pop(fd, None)
    if entries is not None:
        for who, loop in entries:
            if loop is Scheduler.of_thread_or_none():
                who.release()
            else:
                # Its loop may be dead (FDT4).
                post(loop, who.release)
    for each in tuple(close_listeners):
        each.closing(fd)
    return 0


cpdef tuple begin_wait(int fd, object who, Scheduler loop):
    """Note that a greenlet is about to wait for a number (FDT2).

    Args:
        fd: The number.
        who: Has a method ``release`` that ends the wait with EBADF.
        loop: The loop that runs while it waits.

    Returns:
        What :func:`end_wait` wants.
    """
    cdef tuple entry = (who, loop)
    waits.setdefault(fd, []).append(entry)
    return entry


cpdef int end_wait(int fd, tuple entry) except -1:
    """The wait is over, however it ended."""
    cdef list entries = waits.get(fd)
    # Not there any more when the number was closed meanwhile (FDT3).
    if entries is not None and entry in entries:
        entries.remove(entry)
        if not entries:
            del waits[fd]
    return 0
