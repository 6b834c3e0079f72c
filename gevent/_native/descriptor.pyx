# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Descriptors that gevent opens and closes itself, and the calls on them.

A call tries first; when the kernel has nothing for it, the greenlet parks on the
watch of its direction and tries again.

Invariants:

* D1  ``fd`` is ours while it is not negative. Whoever ends that (``let_go``)
  raises ``generation``, frees both watches and queues an error for their
  waiters first, so that nothing of the loop knows the number when it is free.
  When somebody else ended it, :func:`claim` and :func:`closing` tell
  (``numbers.pyx``, N1): a descriptor is an owner there while ``fd`` is its own.
  A call that was parked compares the generation before it touches ``fd``.
* D2  A watch is active exactly while one greenlet waits for it: it is started
  before the park and stopped after it, whatever ended the wait. (libev merges
  a stop and a start between two polls, so this costs no system call.)
* D3  Once ``raw`` exists it owns the descriptor; ``fd`` is then a copy of its
  number, and the descriptor is closed through it.
* D4  After a read that the kernel could not fill, the next one waits before it
  asks: unless another greenlet ran, the loop polled, or this thread sent
  anything through another socket since then, it would ask for nothing.
* D5  Nothing of the thread's scratch buffer is used after what may switch or
  run Python code.
* D6  The deadline of a receiving call is a local of it, fixed at its first wait.
  Pointers to it go to callees only, so they are used on its own stack.

What is declared ``noexcept`` compares C fields and cannot raise.

One file: every call is the same loop of trying, parking and trying again on the
fields of one descriptor, and D1-D6 are checked against all of them. What needs none
of these fields is elsewhere: addresses (``addresses.pyx``), readiness of bare numbers
(``poll_set.pyx``), pipes and files (``files.pyx``).
"""

from cpython.buffer cimport (
    PyBUF_SIMPLE,
    PyBUF_WRITABLE,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_FromStringAndSize,
    PyBytes_GET_SIZE,
)
from cpython.object cimport PyObject
from cpython.pythread cimport PyThread_get_thread_ident
from cpython.ref cimport Py_DECREF
from libc.errno cimport (
    EAGAIN,
    EALREADY,
    EBADF,
    ECONNRESET,
    EINPROGRESS,
    EINTR,
    EISCONN,
    errno,
)
from libc.math cimport isnan
from libc.string cimport memcpy

from gevent._native.addresses cimport (
    can_encode,
    decode_address,
    encode_address,
    knows_family,
)
from gevent._native.backend cimport Backend
from gevent._native.numbers cimport claim, drop_owner, set_owner, tell_waiters
from gevent._native.scheduler cimport Scheduler, Waiter, Watcher
from gevent._native.sockets cimport (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    GEVENT_CONNECTS_TWICE,
    GEVENT_SCRATCH,
    MSG_DONTWAIT,
    MSG_PEEK,
    SOCK_CLOEXEC,
    SOCK_NONBLOCK,
    SOCK_STREAM,
    c_close,
    c_setsockopt,
    c_shutdown,
    gevent_accept,
    gevent_connect,
    gevent_pending_error,
    gevent_recv,
    gevent_recvfrom,
    gevent_scratch,
    gevent_send,
    gevent_sendto,
    gevent_socket,
    sockaddr_storage,
    socklen_t,
)

import os

import _socket

from gevent._base.exceptions import ConcurrentObjectUseError

cdef extern from "Python.h":
    object PyErr_SetFromErrno(object kind)
    int PyObject_AsFileDescriptor(object fileobj) except -1
    int PySys_Audit(const char* event, const char* types, ...) except -1
    PyObject* new_bytes "PyBytes_FromStringAndSize"(
        const char*, Py_ssize_t
    ) except NULL
    int _PyBytes_Resize(PyObject** result, Py_ssize_t size) except -1
    Py_ssize_t Py_REFCNT(PyObject*)

cdef extern from *:
    """
    /* How many receiving calls and how many sends this native thread made. */
    static __thread unsigned int gevent_receives = 0;
    static __thread unsigned long long gevent_sends = 0;
    static inline void *gevent_scratch_address(void) {
        return gevent_scratch() + GEVENT_SCRATCH;
    }
    static inline PyObject *gevent_new_instance(PyObject *kind, PyObject *arguments) {
        return ((PyTypeObject *)kind)->tp_new((PyTypeObject *)kind, arguments, NULL);
    }
    static inline void gevent_warn_unclosed(PyObject *sock) {
        if (PyErr_ResourceWarning(sock, 1, "unclosed %R", sock) < 0)
            PyErr_WriteUnraisable(sock);
    }
    """
    unsigned int gevent_receives
    unsigned long long gevent_sends
    sockaddr_storage* gevent_scratch_address()
    void gevent_warn_unclosed(PyObject*)
    object gevent_new_instance(object kind, object arguments)

cdef enum:
    READ = 1
    WRITE = 2
    # Receiving calls between two looks at whether the loop should poll.
    FAIRNESS_MASK = 15
    # More steps than the scheduler does between two polls (H4).
    TURN_IS_OVER = 1 << 20
    # A result from here on makes the next one go straight into its bytes object.
    BULK = 16384

# Between two tries to connect to a unix socket whose backlog is full: the kernel
# does not say when there is room.
cdef double BACKLOG_DELAY = 0.002


cdef object _unset = object()
cdef object accepted_type = None
cdef object default_timeout = _socket.getdefaulttimeout
cdef tuple no_arguments = ()


class cancel_wait_ex(OSError):  # noqa: N801 - the name is public API
    """What a greenlet gets whose descriptor was closed while it waited."""

    def __init__(self):
        OSError.__init__(self, EBADF, "File descriptor was closed in another greenlet")


cdef int raise_errno() except -1:
    PyErr_SetFromErrno(OSError)
    return -1


cdef int raise_code(int code) except -1:
    raise OSError(code, os.strerror(code))


cdef int raise_timeout() except -1:
    raise TimeoutError("timed out")


cdef class Watch(Watcher):
    """Readiness of one direction of a :class:`Descriptor`."""

    cdef int count(self, bint wanted) except -1:
        """Bring the loop's count of references up to date."""
        if wanted != self.is_counted:
            self.is_counted = wanted
            self.loop.references += 1 if wanted else -1
        return 0

    cdef int release(self) except -1:
        """End the wait, however it ended (D2)."""
        self.waiter = None
        self.queued = 0
        self.count(False)
        return self.record.stop()

    cdef int cancel(self, object error) except -1:
        """Raise *error* in the greenlet that waits, in its turn; from any thread."""
        cdef Waiter waiter = self.waiter
        cdef Backend backend = self.record.backend
        if waiter is None:
            return 0
        if backend.thread_ident == PyThread_get_thread_ident():
            self.release()
            waiter.fail_later(error)
            return 0
        # The library is its own thread's, which may be polling: the greenlet, or the
        # next event, ends the registration.
        self.waiter = None
        self.queued = 0
        self.count(False)
        waiter.fail_later(error)
        backend.wakeup()
        return 0

    cdef int fire(self) except -1:
        """Nobody waits any more."""
        return self.release()

    cdef int expired(self) except -1:
        raise AssertionError("a watch of a descriptor has no timer")


cdef class Descriptor:
    """A descriptor with a generation, and a watch for each direction.

    Threads: one at a time. The watches move to the loop of the thread that waits.
    """

    def __cinit__(self):
        self.fd = -1
        self.seconds = -1.0
        self.is_ref = True

    @property
    def ref(self):
        """Whether waiting for this descriptor keeps the loop running."""
        return self.is_ref

    @ref.setter
    def ref(self, value):
        self.is_ref = bool(value)
        for each in (self.reader, self.writer):
            if each is not None and (<Watch>each).waiter is not None:
                (<Watch>each).count(self.is_ref)

    @property
    def timeout(self):
        """Seconds that each call may wait; None: for ever; 0.0: it does not wait."""
        return self.given_timeout

    @timeout.setter
    def timeout(self, value):
        self.settimeout(value)

    def gettimeout(self):
        """Return the time-out in seconds, or None."""
        return self.given_timeout

    def settimeout(self, howlong):
        """Set for how long each call may wait.

        Args:
            howlong: Seconds; None: for ever; 0: calls do not wait.

        Raises:
            TypeError: It is no number.
            ValueError: It is negative or NaN.
        """
        cdef double seconds
        if howlong is None:
            self.seconds = -1.0
            self.given_timeout = None
            return
        if not hasattr(howlong, "__float__"):
            raise TypeError("a float is required", howlong, type(howlong))
        seconds = float(howlong)
        if isnan(seconds):
            raise ValueError("Invalid value NaN (not a number)")
        if seconds < 0.0:
            raise ValueError("Timeout value out of range")
        self.seconds = seconds
        self.given_timeout = seconds

    def wait_readable(self, timeout=None):
        """Wait until a read would not block.

        Args:
            timeout: Seconds; None: for ever.

        Returns:
            Whether that was so in time.

        Raises:
            OSError: The descriptor is closed, or was closed meanwhile.
            ConcurrentObjectUseError: Another greenlet waits for it.

        Blocking:
            Switches to the hub.
        Cancellation:
            Nothing stays behind.
        Thread safety:
            One thread at a time.
        """
        return not self.wait_ready(READ, -1.0 if timeout is None else timeout)

    def wait_writable(self, timeout=None):
        """Wait until a write would not block; see :meth:`wait_readable`.

        Blocking:
            Switches to the hub.
        """
        return not self.wait_ready(WRITE, -1.0 if timeout is None else timeout)

    cdef int demand_open(self) except -1:
        if self.fd < 0:
            raise_code(EBADF)
        return 0

    cdef Watch watch_of(self, Scheduler loop, int events):
        """The watch of a direction on *loop*; an idle one of another is dropped."""
        cdef Watch watch = self.reader if events == READ else self.writer
        cdef Backend backend
        if watch is not None:
            if watch.waiter is not None:
                raise ConcurrentObjectUseError(
                    "This socket is already used by another greenlet: "
                    f"{watch.waiter!r}"
                )
            if watch.loop is loop:
                return watch
        backend = loop.backend_loop()
        backend.own()
        watch = Watch.__new__(Watch)
        watch.loop = loop
        watch.record = backend.adopt(
            watch, backend.ops.io_new(backend.state, self.fd, events)
        )
        if events == READ:
            self.reader = watch
        else:
            self.writer = watch
        return watch

    cdef int wait_ready(self, int events, double seconds) except -1:
        """Park until a direction is ready. 1 if *seconds* (not negative) passed."""
        cdef Scheduler loop
        cdef Watch watch
        cdef Waiter waiter
        cdef unsigned int generation = self.generation
        cdef int timed_out
        self.demand_open()
        loop = Scheduler.of_thread()
        watch = self.watch_of(loop, events)
        waiter = loop.new_waiter()
        watch.fired_events = 0
        watch.record.start()
        watch.waiter = waiter
        watch.count(self.is_ref)
        try:
            if seconds < 0.0:
                timed_out = waiter.wait(self)  # switches
            else:
                timed_out = waiter.wait_until(self, seconds)  # switches
        finally:
            # Closed: the watch is gone. Shut down: another greenlet may wait now.
            if generation == self.generation and (
                watch.waiter is None or watch.waiter is waiter
            ):
                watch.release()
        if generation != self.generation:
            raise cancel_wait_ex()
        # Timer and descriptor may have fired in the same poll.
        return timed_out and watch.fired_events == 0

    cdef int wait_or_fail(self, int events) except -1:
        """wait_ready() with the time-out of the descriptor; an error when it passed."""
        if self.wait_ready(events, self.seconds):
            raise_timeout()
        return 0

    cdef int let_go(self, object error) except -1:
        """Forget ``fd`` (D1); *error* is a class, for who waits. The caller closes it."""
        drop_owner(self.fd, <PyObject*>self)
        self._last_fd = self.fd
        self.fd = -1
        return self.end_waits(error)

    cdef int end_waits(self, object error) except -1:
        """Raise *error*, a class, where somebody waits; the loop forgets the number."""
        cdef Watch watch
        self.generation += 1
        for each in (self.reader, self.writer):
            if each is not None:
                watch = <Watch>each
                watch.cancel(error())
                watch.record.free()
        self.reader = None
        self.writer = None
        return 0


cpdef int number_of(object fileobj) except -1:
    """Return the descriptor of a number or of an object with a ``fileno``.

    Raises:
        TypeError: It is neither.
        ValueError: The number is negative.
    """
    if type(fileobj) is accepted_type and (<SocketDescriptor>fileobj).fd >= 0:
        return (<SocketDescriptor>fileobj).fd
    return PyObject_AsFileDescriptor(fileobj)


cdef class SocketDescriptor(Descriptor):
    """The native part of ``gevent.socket.socket``."""

    def __dealloc__(self):
        if self.fd >= 0:
            drop_owner(self.fd, <PyObject*>self)

    cdef int set_up(self, int fd, int family, int kind, int proto) except -1:
        """Take over an open descriptor that does not block."""
        set_owner(fd, <PyObject*>self)
        self.fd = fd
        self._family = family
        self.type = kind & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)
        self.proto = proto
        return 0

    def _open(self, int family, int kind, int proto):
        """Make a new socket of the system; one that was open is closed."""
        cdef int fd
        self._real_close()
        PySys_Audit(
            b"socket.__new__", b"Oiii", <PyObject*>self, family, kind, proto
        )
        fd = gevent_socket(family, kind, proto)
        if fd < 0:
            raise_errno()
        claim(fd)
        self.set_up(fd, family, kind, proto)

    def _adopt(self, raw):
        """Take over a ``_socket.socket``, which goes on to own the descriptor (D3)."""
        self._real_close()
        raw.settimeout(0.0)
        self.set_up(raw.fileno(), raw.family, raw.type, raw.proto)
        self.raw = raw

    def _take(self, int fd, int family, int kind, int proto):
        """Take over a bare descriptor."""
        os.set_blocking(fd, False)
        self.set_up(fd, family, kind, proto)

    cdef object raw_object(self):
        """The ``_socket.socket`` of the same descriptor, made on first use (D3)."""
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

    # -- closing ------------------------------------------------------------------

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
        self.emptied_poll = 0.0
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
        if fd < 0 or (self.raw is not None and Py_REFCNT(<PyObject*>self.raw) > 1):
            return
        gevent_warn_unclosed(<PyObject*>self)
        self._real_close()

    def shutdown(self, int how):
        """Close one direction (0: reading, 1: writing) or both (2).

        Greenlets that wait for it get EBADF.

        Raises:
            OSError: As the system says.
        """
        self.demand_open()
        if how != 1 and self.reader is not None:
            self.reader.cancel(cancel_wait_ex())
        if how != 0 and self.writer is not None:
            self.writer.cancel(cancel_wait_ex())
        if c_shutdown(self.fd, how) < 0:
            raise_errno()

    def setsockopt(self, *args):
        """Set an option: ``(level, name, value)`` or ``(level, name, None, length)``.

        Raises:
            OSError: As the system says.
        """
        cdef int level, name, value
        if len(args) == 3 and type(args[2]) is int and self.fd >= 0:
            level, name, value = args
            if c_setsockopt(self.fd, level, name, &value, sizeof(int)) < 0:
                raise_errno()
        else:
            self.raw_object().setsockopt(*args)

    # -- receiving ----------------------------------------------------------------

    cdef unsigned long long moment(self, Scheduler loop) noexcept:
        """Changes when another greenlet ran or this thread sent elsewhere (D4)."""
        return loop.n_switches + (gevent_sends - self.own_sends)

    cdef bint has_emptied(self, Scheduler loop) noexcept:
        """Whether a read would find nothing (D4)."""
        return (
            self.emptied_poll == loop.polled_at and self.emptied_at == self.moment(loop)
        )

    cdef bint yield_if_due(self, Scheduler loop) except -1:
        """Let the loop poll if a greenlet with much input has kept it from that."""
        global gevent_receives
        cdef unsigned int generation = self.generation
        gevent_receives += 1
        if (
            gevent_receives & FAIRNESS_MASK
            or not loop.is_overdue()
            or Scheduler.greenlet_now() is loop.hub
        ):
            return False
        loop.steps = TURN_IS_OVER
        loop.yield_once()  # switches
        if generation != self.generation:
            raise cancel_wait_ex()
        return True

    cdef int wait_for_input(self, double* deadline) except -1:
        """Wait for input; the time-out covers all waits of a call (D6).

        Args:
            deadline: Of the call; negative before its first wait.
        """
        cdef Scheduler loop
        cdef double now
        if self.seconds < 0.0:
            self.wait_ready(READ, -1.0)  # switches
            return 0
        loop = Scheduler.of_thread()
        now = loop.clock()
        if deadline[0] < 0.0:
            deadline[0] = now + self.seconds
        if deadline[0] <= now or self.wait_ready(READ, deadline[0] - now):  # switches
            raise_timeout()
        return 0

    cdef int before_receiving(self, int flags, double* deadline) except -1:
        """Yield if it is the loop's turn; wait first if the buffer is empty (D4)."""
        cdef Scheduler loop
        self.demand_open()
        if self.seconds == 0.0 or flags & MSG_DONTWAIT:
            return 0
        loop = Scheduler.of_thread()
        if not self.yield_if_due(loop) and flags == 0 and self.has_emptied(loop):
            self.emptied_poll = 0.0
            self.wait_for_input(deadline)  # switches
        return 0

    cdef int note_received(self, Py_ssize_t got, Py_ssize_t size) except -1:
        """Remember whether the kernel has no more (D4)."""
        cdef Scheduler loop
        self.is_bulk = got >= BULK
        if 0 < got < size and self.type == SOCK_STREAM and self.seconds != 0.0:
            loop = Scheduler.of_thread()
            self.emptied_poll = loop.polled_at
            self.emptied_at = self.moment(loop)
        return 0

    cdef int retry_receiving(self, int flags, double* deadline) except -1:
        """A call found nothing: wait, or raise what ``errno`` says."""
        if (
            errno != EAGAIN
            or self.seconds == 0.0
            or flags & MSG_DONTWAIT
        ):
            raise_errno()
        return self.wait_for_input(deadline)  # switches

    cdef Py_ssize_t receive(self, char* buffer, Py_ssize_t size, int flags) except -1:
        """Read into memory that nobody else writes while this waits."""
        cdef double deadline = -1.0  # D6
        cdef Py_ssize_t got
        if size == 0:
            # The kernel would say "nothing there" while the stream is empty.
            self.demand_open()
            return 0
        self.before_receiving(flags, &deadline)
        while True:
            got = gevent_recv(self.fd, buffer, size, flags)
            if got >= 0:
                break
            self.retry_receiving(flags, &deadline)  # switches
        if flags == 0:
            self.note_received(got, size)
        return got

    def recv(self, Py_ssize_t bufsize, int flags=0, /):
        """Receive at most *bufsize* bytes.

        Returns:
            The bytes; none at the end of a stream.

        Raises:
            TimeoutError: Nothing came in time.
            BlockingIOError: Nothing is there, and the socket does not wait.
            OSError: As the system says; EBADF if it was closed meanwhile.
            ConcurrentObjectUseError: Another greenlet is receiving.

        Blocking:
            Switches to the hub while there is nothing to receive, and when the
            loop has not polled for longer than the switch interval.
        Cancellation:
            Nothing was received.
        Thread safety:
            One thread at a time.
        """
        if bufsize < 0:
            raise ValueError("negative buffersize in recv")
        # A datagram must be taken in one piece.
        if bufsize <= GEVENT_SCRATCH:
            if not self.is_bulk or bufsize < BULK:
                return receive_small(self, bufsize, flags)
        elif not self.is_bulk and self.type == SOCK_STREAM and flags == 0:
            return receive_small(self, bufsize, flags)
        return receive_large(self, bufsize, flags)

    def recv_into(self, buffer, Py_ssize_t nbytes=0, int flags=0):
        """Receive into a writable buffer.

        Args:
            buffer: Where to.
            nbytes: At most so many bytes; 0: as many as it takes.
            flags: The system's.

        Returns:
            How many came; 0 at the end of a stream.

        Blocking:
            As :meth:`recv`.
        """
        cdef Py_buffer view
        get_writable(buffer, &view, "recv_into")
        try:
            return self.receive(
                <char*>view.buf, wanted_size(&view, nbytes, "recv_into"), flags
            )
        finally:
            PyBuffer_Release(&view)

    def _receive_now(self, Py_ssize_t size):
        """Receive from a stream what is there; for protocols on top of it.

        Returns:
            At most *size* bytes, none at the end of the stream; None if nothing is
            there.

        Raises:
            OSError: As the system says; EBADF if it was closed meanwhile.

        Blocking:
            Switches to the hub when the loop has not polled for longer than the
            switch interval.
        Cancellation:
            Nothing was received.
        """
        cdef PyObject* result
        cdef Py_ssize_t got
        cdef Scheduler loop
        cdef int code
        self.demand_open()
        if self.seconds != 0.0:
            loop = Scheduler.of_thread()
            if not self.yield_if_due(loop) and self.has_emptied(loop):  # switches
                self.emptied_poll = 0.0
                return None
        if not self.is_bulk and size <= GEVENT_SCRATCH:
            got = gevent_recv(self.fd, scratch(), size, 0)
            if got >= 0:
                self.note_received(got, size)
                return PyBytes_FromStringAndSize(gevent_scratch(), got)
            code = errno
        else:
            result = new_bytes(NULL, size)
            got = gevent_recv(self.fd, PyBytes_AS_STRING(<object>result), size, 0)
            if got >= 0:
                self.note_received(got, size)
                return shrink_bytes(result, size, got)
            code = errno
            Py_DECREF(<object>result)  # of new_bytes()
        if code != EAGAIN:
            raise_code(code)
        return None

    def _send_now(self, bytes data not None, Py_ssize_t start):
        """Send what the kernel takes of ``data[start:]`` now.

        Returns:
            How many bytes that was.

        Raises:
            OSError: As the system says.
        """
        cdef Py_ssize_t sent
        if not 0 <= start <= PyBytes_GET_SIZE(data):
            raise ValueError(f"start must be inside the data, not {start!r}")
        sent = self.try_send(
            PyBytes_AS_STRING(data) + start, PyBytes_GET_SIZE(data) - start, 0
        )
        return sent if sent >= 0 else 0

    cdef Py_ssize_t receive_from(
        self, char* buffer, Py_ssize_t size, int flags, socklen_t* length
    ) except -1:
        """Like receive(); the address is in the scratch afterwards (D5)."""
        cdef double deadline = -1.0  # D6
        cdef Py_ssize_t got
        self.before_receiving(flags, &deadline)
        while True:
            got = gevent_recvfrom(
                self.fd, buffer, size, flags, gevent_scratch_address(), length
            )
            if got >= 0:
                return got
            self.retry_receiving(flags, &deadline)  # switches

    def recvfrom(self, Py_ssize_t bufsize, int flags=0, /):
        """Receive at most *bufsize* bytes.

        Returns:
            (the bytes, address of the sender).

        Blocking:
            As :meth:`recv`.
        """
        cdef Py_ssize_t got
        cdef socklen_t length
        cdef bytes data
        if bufsize < 0:
            raise ValueError("negative buffersize in recvfrom")
        if bufsize > GEVENT_SCRATCH or not knows_family(self._family):
            return self._receive_by("recvfrom", flags, bufsize, flags)
        scratch()
        got = self.receive_from(gevent_scratch(), bufsize, flags, &length)
        data = PyBytes_FromStringAndSize(gevent_scratch(), min(got, bufsize))
        return data, decode_address(gevent_scratch_address(), length)

    def recvfrom_into(self, buffer, Py_ssize_t nbytes=0, int flags=0):
        """Receive into a writable buffer.

        Returns:
            (how many bytes came, address of the sender).

        Blocking:
            As :meth:`recv`.
        """
        cdef Py_buffer view
        cdef Py_ssize_t got
        cdef socklen_t length
        if not knows_family(self._family):
            return self._receive_by("recvfrom_into", flags, buffer, nbytes, flags)
        scratch()
        get_writable(buffer, &view, "recvfrom_into")
        try:
            got = self.receive_from(
                <char*>view.buf, wanted_size(&view, nbytes, "recvfrom_into"), flags,
                &length,
            )
            return got, decode_address(gevent_scratch_address(), length)
        finally:
            PyBuffer_Release(&view)

    def _receive_by(self, str name, int flags, *args):
        """Call a receiving method of the raw socket until it has something."""
        cdef double deadline = -1.0  # D6
        cdef object method = getattr(self.raw_object(), name)
        self.before_receiving(flags | MSG_PEEK, &deadline)
        while True:
            try:
                return method(*args)
            except BlockingIOError:
                if self.seconds == 0.0 or flags & MSG_DONTWAIT:
                    raise
            self.wait_for_input(&deadline)  # switches

    def recvmsg(self, bufsize, ancbufsize=0, int flags=0, /):
        """Receive data and ancillary data; arguments as the standard library's.

        Blocking:
            As :meth:`recv`.
        """
        return self._receive_by("recvmsg", flags, bufsize, ancbufsize, flags)

    def recvmsg_into(self, buffers, ancbufsize=0, int flags=0, /):
        """Receive into buffers, with ancillary data, as the standard library.

        Blocking:
            As :meth:`recv`.
        """
        # An iterator would be used up when there is nothing yet.
        return self._receive_by(
            "recvmsg_into", flags, tuple(buffers), ancbufsize, flags
        )

    # -- sending ------------------------------------------------------------------

    cdef Py_ssize_t try_send(
        self, const char* data, Py_ssize_t size, int flags
    ) except? -1:
        """Send what the kernel takes now; -1 without an exception if it takes nothing."""
        global gevent_sends
        cdef Py_ssize_t sent
        self.demand_open()
        gevent_sends += 1
        self.own_sends += 1
        sent = gevent_send(self.fd, data, size, flags)
        if sent < 0 and errno != EAGAIN:
            raise_errno()
        return sent

    cdef Py_ssize_t send_once(
        self, const char* data, Py_ssize_t size, int flags, double seconds
    ) except -1:
        """send(), with *seconds* as the time-out."""
        cdef Py_ssize_t sent = self.try_send(data, size, flags)
        if sent >= 0:
            return sent
        if seconds == 0.0 or flags & MSG_DONTWAIT:
            raise_code(EAGAIN)
        if self.wait_ready(WRITE, seconds):  # switches
            raise_timeout()
        sent = self.try_send(data, size, flags)
        return sent if sent >= 0 else 0

    def send(self, data, int flags=0, timeout=_unset):
        """Send some bytes.

        Args:
            data: A bytes-like object.
            flags: The system's.
            timeout: Instead of the socket's own time-out.

        Returns:
            How many bytes were taken; 0 if there was no room after one wait.

        Raises:
            TimeoutError: There was no room in time.
            BlockingIOError: There is no room, and the socket does not wait.
            OSError: As the system says; EBADF if it was closed meanwhile.

        Blocking:
            Switches to the hub while there is no room.
        Cancellation:
            Nothing was sent.
        Thread safety:
            One thread at a time.
        """
        cdef Py_buffer view
        cdef double seconds = self.seconds
        if timeout is not _unset:
            seconds = -1.0 if timeout is None else timeout
        if PyBytes_CheckExact(data):
            return self.send_once(
                PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), flags, seconds
            )
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            return self.send_once(<const char*>view.buf, view.len, flags, seconds)
        finally:
            PyBuffer_Release(&view)

    cdef int send_all(self, const char* data, Py_ssize_t size, int flags) except -1:
        """Send everything; the time-out covers all waits together."""
        cdef Py_ssize_t sent
        cdef double deadline = -1.0
        cdef double left = -1.0
        cdef Scheduler loop
        while size > 0:
            sent = self.try_send(data, size, flags)
            if sent >= 0:
                data += sent
                size -= sent
                if size == 0:
                    break
            if self.seconds == 0.0:
                raise_code(EAGAIN)
            if self.seconds > 0.0:
                loop = Scheduler.of_thread()
                if deadline < 0.0:
                    deadline = loop.clock() + self.seconds
                left = deadline - loop.clock()
                if left <= 0.0:
                    raise_timeout()
            if self.wait_ready(WRITE, left):  # switches
                raise_timeout()
        return 0

    def sendall(self, data, int flags=0):
        """Send all bytes.

        Returns:
            None; 0 if there was nothing to send.

        Raises:
            TimeoutError: It took longer than the time-out; some may be sent.
            BlockingIOError: Not all was taken, and the socket does not wait.
            OSError: As the system says; EBADF if it was closed meanwhile.

        Blocking:
            Switches to the hub while there is no room.
        Cancellation:
            Some bytes may be sent; nobody can say how many.
        Thread safety:
            One thread at a time.
        """
        cdef Py_buffer view
        if PyBytes_CheckExact(data):
            if PyBytes_GET_SIZE(data) == 0:
                self.demand_open()
                return 0
            self.send_all(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), flags)
            return None
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            if view.len == 0:
                self.demand_open()
                return 0
            self.send_all(<const char*>view.buf, view.len, flags)
        finally:
            PyBuffer_Release(&view)
        return None

    def sendto(self, data, *args):
        """Send a datagram: ``sendto(data, address)`` or ``(data, flags, address)``.

        Returns:
            How many bytes were taken; 0 if there was no room after one wait.

        Blocking:
            Switches to the hub while there is no room.
        """
        cdef Py_buffer view
        cdef Py_ssize_t sent
        cdef sockaddr_storage place
        cdef socklen_t length
        cdef int flags = 0
        if not 1 <= len(args) <= 2 or isinstance(data, str):
            # It has the right words for what is wrong.
            return self.raw_object().sendto(data, *args)
        if len(args) == 2:
            flags = args[0]
        address = args[len(args) - 1]
        length = encode_address(self._family, address, &place)
        if length == 0:
            address = self._resolve(address)  # switches
            length = encode_address(self._family, address, &place)
            if length == 0:
                return self._send_by("sendto", flags, data, flags, address)
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            sent = send_to(self, &view, flags, &place, length)
            if sent < 0:
                if self.seconds == 0.0 or flags & MSG_DONTWAIT:
                    raise_code(EAGAIN)
                self.wait_or_fail(WRITE)  # switches
                sent = send_to(self, &view, flags, &place, length)
            return sent if sent >= 0 else 0
        finally:
            PyBuffer_Release(&view)

    def _send_by(self, str name, int flags, *args):
        """Call a sending method of the raw socket; wait at most once."""
        global gevent_sends
        cdef object method = getattr(self.raw_object(), name)
        gevent_sends += 1
        try:
            return method(*args)
        except BlockingIOError:
            if self.seconds == 0.0 or flags & MSG_DONTWAIT:
                raise
        self.wait_or_fail(WRITE)  # switches
        try:
            return method(*args)
        except BlockingIOError:
            return 0

    def sendmsg(self, buffers, ancdata=(), flags=0, address=None):
        """Send buffers and ancillary data, as the standard library.

        Blocking:
            Switches to the hub while there is no room.
        """
        # Iterators would be used up when there is no room yet.
        buffers, ancdata = tuple(buffers), tuple(ancdata)
        if address is None:
            return self._send_by("sendmsg", flags, buffers, ancdata, flags)
        if not can_encode(self._family, address):
            address = self._resolve(address)  # switches
        return self._send_by("sendmsg", flags, buffers, ancdata, flags, address)

    # -- connections --------------------------------------------------------------

    def _resolve(self, address):
        """Return an address with a literal host; overridden where names are known."""
        return address

    def connect(self, address):
        """Connect to an address; host names are resolved.

        Raises:
            TimeoutError: It took too long.
            BlockingIOError: It is under way, and the socket does not wait.
            OSError: As the system says.

        Blocking:
            Switches to the hub until the connection is made or refused.
        Cancellation:
            The connection may be made later; close the socket.
        Thread safety:
            One thread at a time.
        """
        cdef int code = self.connect_code(address)
        if code:
            raise_code(code)

    def connect_ex(self, address):
        """Like :meth:`connect`.

        Returns:
            0, or the number of the error; EAGAIN if it took too long.

        Blocking:
            Switches to the hub until the connection is made or refused.
        """
        try:
            return self.connect_code(address)
        except TimeoutError:
            return EAGAIN
        except OSError as error:
            if type(error) is _socket.gaierror or error.errno is None:
                raise
            return error.errno

    cdef int connect_code(self, object address) except -1:
        self.demand_open()
        PySys_Audit(b"socket.connect", b"OO", <PyObject*>self, <PyObject*>address)
        if not can_encode(self._family, address):
            address = self._resolve(address)  # switches
        return self.await_connected(address, self.start_connect(address))

    cdef int start_connect(self, object address) except -1:
        """Return errno of the first step, 0 for done."""
        cdef sockaddr_storage* storage
        cdef socklen_t length
        self.demand_open()
        scratch()
        storage = gevent_scratch_address()
        length = encode_address(self._family, address, storage)
        if length == 0:
            return self.raw_object().connect_ex(address)
        return gevent_connect(self.fd, storage, length)

    cdef bint connects_at_once(self) noexcept:
        """Whether it is worth a second try: through loopback it is made by now."""
        return (
            GEVENT_CONNECTS_TWICE
            and self.seconds != 0.0
            and self.type == SOCK_STREAM
            and (self._family == AF_INET or self._family == AF_INET6)
        )

    cdef int await_connected(self, object address, int code) except -1:
        """Wait until the connection is made; return errno or 0."""
        cdef double deadline = -1.0
        cdef double left = -1.0
        cdef Scheduler loop
        if code == EINPROGRESS and self.connects_at_once():
            # One call instead of the three of a wait: watch, poll, ask for the error.
            code = self.start_connect(address)
            if code == 0:
                self.yield_if_due(Scheduler.of_thread())  # switches
        while (
            code == EINPROGRESS
            or code == EALREADY
            or (code == EAGAIN and self._family == AF_UNIX)
        ):
            if self.seconds == 0.0:
                return code
            loop = Scheduler.of_thread()
            if self.seconds > 0.0:
                if deadline < 0.0:
                    deadline = loop.clock() + self.seconds
                left = deadline - loop.clock()
                if left <= 0.0:
                    raise_timeout()
            if code == EAGAIN:
                loop.sleep(BACKLOG_DELAY, self.is_ref)  # switches
                code = self.start_connect(address)
                continue
            if self.wait_ready(WRITE, left):  # switches
                raise_timeout()
            return gevent_pending_error(self.fd)
        return 0 if code == EISCONN else code

    def accept(self):
        """Wait for a connection.

        Returns:
            (new socket, address of the peer). The socket has the default time-out.

        Raises:
            TimeoutError: Nobody came in time.
            BlockingIOError: Nobody waits, and the socket does not wait.
            OSError: As the system says; EBADF if it was closed meanwhile.

        Blocking:
            Switches to the hub while there is no connection, and when the loop has
            not polled for longer than the switch interval.
        Cancellation:
            No connection was taken.
        Thread safety:
            One thread at a time.
        """
        cdef double deadline = -1.0  # D6
        cdef int fd
        cdef socklen_t length
        if not knows_family(self._family):
            fd, address = self._receive_by("_accept", 0)
            return made_socket(fd, self._family, self.type, self.proto), address
        self.before_receiving(MSG_PEEK, &deadline)
        scratch()
        while True:
            fd = gevent_accept(self.fd, gevent_scratch_address(), &length)
            if fd >= 0:
                return make_accepted(fd, self._family, self.type, self.proto, length)
            self.retry_receiving(0, &deadline)  # switches


def set_accepted_type(type kind not None):
    """Name the subclass of SocketDescriptor that accepted connections get."""
    global accepted_type
    accepted_type = kind


def accept_pending(int listener, int family, int kind, int proto):
    """Take a connection that waits already.

    Args:
        listener: A descriptor that listens and does not block.
        family: Its family.
        kind: Its type.
        proto: Its protocol.

    Returns:
        (new socket, address of the peer), or None if there is none.

    Raises:
        OSError: As the system says.
    """
    cdef socklen_t length
    cdef int fd
    scratch()
    fd = gevent_accept(listener, gevent_scratch_address(), &length)
    if fd >= 0:
        return make_accepted(fd, family, kind, proto, length)
    if errno != EAGAIN:
        raise_errno()
    return None


def receive_pending(sock not None, Py_ssize_t size):
    """Take a datagram that has come already.

    Args:
        sock: A ``_socket.socket``.
        size: At most so many bytes of it, the others are lost.

    Returns:
        (the bytes, address of the sender), or None if there is none.

    Raises:
        OSError: As the system says.
    """
    cdef socklen_t length
    cdef Py_ssize_t got
    cdef bytes data
    if size > GEVENT_SCRATCH or not knows_family(sock.family):
        return receive_by_raw(sock, size)
    got = gevent_recvfrom(
        sock.fileno(), scratch(), size, MSG_DONTWAIT, gevent_scratch_address(), &length
    )
    if got >= 0:
        data = PyBytes_FromStringAndSize(gevent_scratch(), got)
        return data, decode_address(gevent_scratch_address(), length)
    if errno != EAGAIN:
        raise_errno()
    return None


cdef object receive_by_raw(object sock, Py_ssize_t size):
    """receive_pending() by the interpreter, which knows all families."""
    try:
        return sock.recvfrom(size, MSG_DONTWAIT)
    except BlockingIOError:
        return None


cdef object make_accepted(int fd, int family, int kind, int proto, socklen_t length):
    try:
        address = decode_address(gevent_scratch_address(), length)
    except BaseException:
        c_close(fd)
        raise
    return made_socket(fd, family, kind, proto), address


cdef object made_socket(int fd, int family, int kind, int proto):
    """A socket of the accepted type, with the default time-out."""
    cdef SocketDescriptor made
    cdef object timeout
    try:
        made = <SocketDescriptor>gevent_new_instance(accepted_type, no_arguments)
    except BaseException:
        c_close(fd)
        raise
    claim(fd)
    made.set_up(fd, family, kind, proto)
    timeout = default_timeout()
    if timeout is not None:
        made.settimeout(timeout)
    return made


cdef object receive_small(SocketDescriptor sock, Py_ssize_t size, int flags):
    """recv() through the scratch: the result is as large as what came."""
    cdef Py_ssize_t limit = size if size < GEVENT_SCRATCH else GEVENT_SCRATCH
    cdef Py_ssize_t got = sock.receive(scratch(), limit, flags)
    if got == GEVENT_SCRATCH and size > got:
        return extend_received(sock, size)
    if got > limit:
        got = limit  # MSG_TRUNC tells how long the datagram was
    return PyBytes_FromStringAndSize(gevent_scratch(), got)


cdef object receive_large(SocketDescriptor sock, Py_ssize_t size, int flags):
    """recv() straight into the result, of which nobody waits with one in hand."""
    cdef double deadline = -1.0  # D6
    global errno
    cdef PyObject* result
    cdef Py_ssize_t got
    cdef int code
    sock.before_receiving(flags, &deadline)
    while True:
        result = new_bytes(NULL, size)
        got = gevent_recv(sock.fd, PyBytes_AS_STRING(<object>result), size, flags)
        if got >= 0:
            break
        code = errno
        Py_DECREF(<object>result)
        errno = code  # no-cython-lint
        sock.retry_receiving(flags, &deadline)  # switches
    if flags == 0:
        sock.note_received(got, size)
    return shrink_bytes(result, size, got)


cdef char* scratch() except NULL:
    """The thread's scratch buffer (D5)."""
    cdef char* memory = gevent_scratch()
    if memory == NULL:
        raise MemoryError
    return memory


cdef int get_writable(object buffer, Py_buffer* view, str call) except -1:
    """Look at the memory of an object that a call writes to."""
    try:
        return PyObject_GetBuffer(buffer, view, PyBUF_WRITABLE)
    except (BufferError, TypeError):
        raise TypeError(
            f"{call}() argument 1 must be read-write bytes-like object, "
            f"not {type(buffer).__name__}"
        ) from None


cdef Py_ssize_t wanted_size(
    const Py_buffer* view, Py_ssize_t nbytes, str call
) except -1:
    """How many bytes a call into a buffer asks for."""
    if nbytes < 0:
        raise ValueError(f"negative buffersize in {call}")
    if nbytes > view.len:
        raise ValueError("buffer too small for requested bytes")
    return nbytes if nbytes else view.len


cdef bytes extend_received(SocketDescriptor sock, Py_ssize_t size):
    """The scratch is full: move it into a result of *size*, and read the rest."""
    cdef PyObject* result = new_bytes(NULL, size)
    cdef char* data = PyBytes_AS_STRING(<object>result)
    cdef Py_ssize_t more
    memcpy(data, gevent_scratch(), GEVENT_SCRATCH)
    more = gevent_recv(sock.fd, data + GEVENT_SCRATCH, size - GEVENT_SCRATCH, 0)
    # What went wrong now shows at the next call, as it does in the kernel.
    return shrink_bytes(result, size, GEVENT_SCRATCH + (more if more > 0 else 0))


cdef bytes shrink_bytes(PyObject* result, Py_ssize_t size, Py_ssize_t got):
    """Return the first *got* bytes of a new bytes object; it is given away."""
    cdef bytes small
    if got > size:
        got = size  # MSG_TRUNC tells how long the datagram was
    if got < size // 2:
        small = PyBytes_FromStringAndSize(PyBytes_AS_STRING(<object>result), got)
        Py_DECREF(<object>result)
        return small
    _PyBytes_Resize(&result, got)
    small = <bytes>result
    Py_DECREF(small)  # the reference of new_bytes(); `small` has its own
    return small


cdef Py_ssize_t send_to(
    SocketDescriptor sock,
    const Py_buffer* data,
    int flags,
    const sockaddr_storage* place,
    socklen_t length,
) except? -1:
    """Send one datagram; -1 without an exception if there is no room."""
    global gevent_sends
    cdef Py_ssize_t sent
    sock.demand_open()
    gevent_sends += 1
    sent = gevent_sendto(sock.fd, data.buf, data.len, flags, place, length)
    if sent < 0 and errno != EAGAIN:
        raise_errno()
    return sent
