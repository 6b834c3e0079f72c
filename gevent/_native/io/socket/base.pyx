# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Sockets that gevent opens and closes itself: how their descriptors come and go.

Invariants (FD1 and FD2: ``descriptor.pyx``):

* FD3  Once ``raw`` exists it owns the descriptor; ``fd`` is then a copy of its
  number, and the descriptor is closed through it.

Functions declared ``noexcept`` compare types and cannot raise.
"""

from cpython.object cimport PyObject, PyObject_AsFileDescriptor
from cpython.ref cimport _Py_REFCNT
from libc.errno cimport ECONNRESET, EINTR, errno

from gevent._native.io.descriptor cimport Descriptor, raise_errno
from gevent._native.io.fd_table cimport claim, drop_owner, set_owner, tell_waiters
from gevent._native.interpreter.python_api cimport PySys_Audit
from gevent._native.io.sockets cimport (
    SOCK_CLOEXEC,
    SOCK_NONBLOCK,
    c_close,
    c_setsockopt,
    c_shutdown,
    gevent_socket,
)

import os

import _socket

from gevent._native.io.descriptor import cancel_wait_ex

cdef extern from *:
    """
    static inline PyObject *gevent_new_instance(PyObject *kind, PyObject *arguments) {
        return ((PyTypeObject *)kind)->tp_new((PyTypeObject *)kind, arguments, NULL);
    }
    static inline void gevent_warn_unclosed(PyObject *sock) {
        if (PyErr_ResourceWarning(sock, 1, "unclosed %R", sock) < 0)
            PyErr_WriteUnraisable(sock);
    }
    """
    void gevent_warn_unclosed(PyObject*)
    object gevent_new_instance(object kind, object arguments)

cdef object accepted_type = None
cdef object default_timeout = _socket.getdefaulttimeout
cdef tuple no_arguments = ()


cdef class BaseSocket(Descriptor):
    """A socket whose descriptor is opened and closed here."""

    def __dealloc__(self):
        if self.fd >= 0:
            drop_owner(self.fd, <PyObject*>self)

    cdef int set_up(self, int fd, int family, int kind, int proto) except -1:
        """Take over an open descriptor that does not block."""
        set_owner(fd, <PyObject*>self)
        self.fd = fd
        self.raw = None  # that of the descriptor before, if there was one, is closed
        self._family = family
        self.type = kind & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)
        self.proto = proto
        return 0

    def _open(self, Py_ssize_t family, Py_ssize_t kind, Py_ssize_t proto):
        """Make a new socket of the system; one that was open is closed."""
        cdef int c_family = as_int(family)
        cdef int c_kind = as_int(kind)
        cdef int c_proto = as_int(proto)
        cdef int fd
        self._real_close()
        PySys_Audit(
            b"socket.__new__", b"Oiii", <PyObject*>self, c_family, c_kind, c_proto
        )
        fd = gevent_socket(c_family, c_kind, c_proto)
        if fd < 0:
            raise_errno()
        claim(fd)
        self.set_up(fd, c_family, c_kind, c_proto)

    def _adopt(self, raw):
        """Take over a ``_socket.socket``, which goes on to own the descriptor (FD3)."""
        self._real_close()
        raw.settimeout(0.0)
        self.set_up(raw.fileno(), raw.family, raw.type, raw.proto)
        self.raw = raw

    def _take(self, int fd, int family, int kind, int proto):
        """Take over a bare descriptor."""
        os.set_blocking(fd, False)
        self.set_up(fd, family, kind, proto)

    cdef object raw_object(self):
        """The ``_socket.socket`` of the same descriptor, made on first use (FD3)."""
        cdef object raw = self.raw
        if raw is None:
            self.demand_open()
            raw = _socket.socket(self._family, self.type, self.proto, self.fd)
            self.raw = raw
            raw.settimeout(0.0)
        return raw

    @property
    def _sock(self):
        """The interpreter's own socket object, which does not block.

        Raises:
            OSError: The socket was closed before anybody asked for it.
        """
        return self.raw_object()

    def fileno(self):
        """Return the number of the descriptor, or -1."""
        return self.fd

    def _real_close(self):
        """Close the descriptor now; greenlets that wait for it get EBADF."""
        cdef int fd = self.fd
        cdef object raw = self.raw
        if fd < 0:
            return
        self.let_go(cancel_wait_ex)
        tell_waiters(fd)
        if raw is not None:
            raw.close()
        elif c_close(fd) < 0:
            # A reset that nobody read yet is no failure to close.
            if errno != ECONNRESET and errno != EINTR:
                raise_errno()

    def detach(self):
        """Give the descriptor away.

        Returns:
            Its number, -1 if there is none any more.
        """
        cdef int fd = self.fd
        self._closed = True
        if fd >= 0:
            self.let_go(cancel_wait_ex)
            self._detached = True
            if self.raw is not None:
                self.raw.detach()
        return fd

    def _interrupt(self):
        """Somebody else is about to close the descriptor, or to replace its file."""
        self.end_waits(cancel_wait_ex)

    def _lose(self):
        """Somebody else closed the descriptor, and its number is another file's."""
        cdef object raw = self.raw
        self._closed = True
        self.let_go(cancel_wait_ex)
        if raw is not None:
            raw.detach()

    def __del__(self):
        cdef int fd = self.fd
        # Somebody else may use what _sock returned: then that warns, some day.
        if fd < 0 or (self.raw is not None and _Py_REFCNT(<PyObject*>self.raw) > 1):
            return
        gevent_warn_unclosed(<PyObject*>self)
        self._real_close()

    def shutdown(self, Py_ssize_t how):
        """Close one direction (0: reading, 1: writing) or both (2).

        Greenlets that wait for it get EBADF.

        Raises:
            OSError: As the system says.
        """
        cdef int direction = as_int(how)
        self.demand_open()
        if direction != 1 and self.reader is not None:
            self.reader.cancel(cancel_wait_ex())
        if direction != 0 and self.writer is not None:
            self.writer.cancel(cancel_wait_ex())
        if c_shutdown(self.fd, direction) < 0:
            raise_errno()

    def setsockopt(self, *args):
        """Set an option: ``(level, name, value)`` or ``(level, name, None, length)``.

        Raises:
            OSError: As the system says.
        """
        cdef int level, name, value
        if len(args) == 3 and all_ints(args) and self.fd >= 0:
            try:
                level, name, value = args
            except OverflowError:
                # The interpreter's has the error for it.
                return self.raw_object().setsockopt(*args)
            if c_setsockopt(self.fd, level, name, &value, sizeof(int)) < 0:
                raise_errno()
        else:
            self.raw_object().setsockopt(*args)


cdef bint all_ints(tuple values) noexcept:
    """Whether they are numbers that C takes as they are: it would take floats, too."""
    for value in values:
        if type(value) is not int:
            return False
    return True


def set_accepted_type(type kind not None):
    """Name the subclass of BaseSocket that accepted connections get."""
    global accepted_type
    accepted_type = kind


cdef object made_socket(int fd, int family, int kind, int proto):
    """A socket of the accepted type, with the default time-out."""
    cdef BaseSocket made
    cdef object timeout
    try:
        made = <BaseSocket>gevent_new_instance(accepted_type, no_arguments)
    except BaseException:
        c_close(fd)
        raise
    claim(fd)
    made.set_up(fd, family, kind, proto)
    timeout = default_timeout()
    if timeout is not None:
        made.settimeout(timeout)
    return made


cpdef int number_of(object fileobj) except -1:
    """Return the descriptor of a number or of an object with a ``fileno``.

    Raises:
        TypeError: It is neither.
        ValueError: The number is negative.
    """
    if type(fileobj) is accepted_type and (<BaseSocket>fileobj).fd >= 0:
        return (<BaseSocket>fileobj).fd
    return PyObject_AsFileDescriptor(fileobj)
