# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Sockets: the calls that receive.

Each call is the same loop of trying, parking and trying again. Before it tries, it
yields when the loop has not polled for long, so that cancellation finds the data still
in the kernel.

Invariants (FD1, FD2, FD6: ``descriptor.pyx``; FD3: ``base.pyx``):

* FD4  After a read that the kernel could not fill, the next one waits before it
  asks: unless another greenlet ran, the loop polled, or this thread sent
  anything through another socket since then, it would ask for nothing.
* FD5  Nothing of the thread's scratch buffer is used after what may switch or
  run Python code.

Functions declared ``noexcept`` compare C fields and cannot raise.
"""

from cpython.buffer cimport PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_FromStringAndSize,
    _PyBytes_Resize,
)
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF
from libc.errno cimport EAGAIN, errno
from libc.string cimport memcpy

from gevent._native.io.addresses cimport decode_address, knows_family
from gevent._native.io.descriptor cimport (
    FAIRNESS_MASK,
    give_way,
    raise_code,
    raise_errno,
)
from gevent._native.library.loop_ops cimport READ
from gevent._native.io.socket.base cimport as_int
from gevent._native.interpreter.python_api cimport new_bytes
from gevent._native.scheduling.scheduler cimport Scheduler
from gevent._native.io.scratch cimport gevent_scratch, gevent_scratch_address
from gevent._native.io.socket.send cimport SendingSocket
from gevent._native.io.sockets cimport (
    GEVENT_SCRATCH,
    MSG_DONTWAIT,
    MSG_PEEK,
    SOCK_STREAM,
    gevent_recv,
    gevent_recvfrom,
    sockaddr_storage,
    socklen_t,
)

from gevent._native.io.descriptor import cancel_wait_ex

cdef extern from *:
    """
    /* How many receiving calls this native thread made. */
    static __thread unsigned int gevent_receives = 0;
    """
    unsigned int gevent_receives

cdef enum:
    # A result from here on makes the next one go straight into its bytes object.
    BULK = 16384


cdef class ReceivingSocket(SendingSocket):
    """A socket that receives."""

    def _interrupt(self):
        """Forget FD4, too: the number may be another file's afterwards."""
        self.emptied_poll = 0.0
        SendingSocket._interrupt(self)

    cdef bint has_emptied(self, Scheduler loop) noexcept:
        """Whether a read would find nothing (FD4)."""
        return (
            self.emptied_poll == loop.polled_at and self.emptied_at == self.moment(loop)
        )

    cdef bint yield_if_due(self, Scheduler loop) except -1:
        """Let the loop poll if a greenlet with much input has kept it from that."""
        global gevent_receives
        cdef unsigned int generation = self.generation
        gevent_receives += 1
        if gevent_receives & FAIRNESS_MASK or not give_way(loop):  # switches
            return False
        if generation != self.generation:
            raise cancel_wait_ex()
        return True

    cdef int before_receiving(self, int flags, double* deadline) except -1:
        """Yield if it is the loop's turn; wait first if the buffer is empty (FD4)."""
        cdef Scheduler loop
        self.demand_open()
        if self.seconds == 0.0 or flags & MSG_DONTWAIT:
            return 0
        loop = Scheduler.of_thread()
        if not self.yield_if_due(loop) and flags == 0 and self.has_emptied(loop):
            self.emptied_poll = 0.0
            self.wait_until(READ, deadline)  # switches
        return 0

    cdef int note_received(self, Py_ssize_t got, Py_ssize_t size) except -1:
        """Remember whether the kernel has no more (FD4)."""
        cdef Scheduler loop
        self.is_bulk = got >= BULK
        if 0 < got < size and self.type == SOCK_STREAM and self.seconds != 0.0:
            loop = Scheduler.of_thread()
            self.emptied_poll = loop.polled_at
            self.emptied_at = self.moment(loop)
        return 0

    cdef int retry_receiving(self, int flags, double* deadline) except -1:
        """A call found nothing: wait, or raise what ``errno`` says."""
        if errno != EAGAIN or self.gives_up(flags):
            raise_errno()
        return self.wait_until(READ, deadline)  # switches

    cdef Py_ssize_t receive(self, char* buffer, Py_ssize_t size, int flags) except -1:
        """Read into memory that nobody else writes while this waits."""
        cdef double deadline = -1.0  # FD6
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

    def recv(self, Py_ssize_t bufsize, Py_ssize_t flags=0, /):
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
                return receive_small(self, bufsize, as_int(flags))
        elif not self.is_bulk and self.type == SOCK_STREAM and flags == 0:
            return receive_small(self, bufsize, as_int(flags))
        return receive_large(self, bufsize, as_int(flags))

    def recv_into(self, buffer, Py_ssize_t nbytes=0, Py_ssize_t flags=0):
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
                <char*>view.buf,
                wanted_size(&view, nbytes, "recv_into"),
                as_int(flags),
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

    cdef Py_ssize_t receive_from(
        self, char* buffer, Py_ssize_t size, int flags, socklen_t* length
    ) except -1:
        """Like receive(); the address is in the scratch afterwards (FD5)."""
        cdef double deadline = -1.0  # FD6
        cdef Py_ssize_t got
        self.before_receiving(flags, &deadline)
        while True:
            got = gevent_recvfrom(
                self.fd, buffer, size, flags, gevent_scratch_address(), length
            )
            if got >= 0:
                return got
            self.retry_receiving(flags, &deadline)  # switches

    def recvfrom(self, Py_ssize_t bufsize, Py_ssize_t flags=0, /):
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
        got = self.receive_from(gevent_scratch(), bufsize, as_int(flags), &length)
        data = PyBytes_FromStringAndSize(gevent_scratch(), min(got, bufsize))
        return data, decode_address(gevent_scratch_address(), length)

    def recvfrom_into(self, buffer, Py_ssize_t nbytes=0, Py_ssize_t flags=0):
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
                <char*>view.buf,
                wanted_size(&view, nbytes, "recvfrom_into"),
                as_int(flags),
                &length,
            )
            return got, decode_address(gevent_scratch_address(), length)
        finally:
            PyBuffer_Release(&view)

    def _receive_by(self, str name, Py_ssize_t wanted_flags, *args):
        """Call a receiving method of the raw socket until it has something."""
        cdef double deadline = -1.0  # FD6
        cdef int flags = as_int(wanted_flags)
        cdef object method = getattr(self.raw_object(), name)
        self.before_receiving(flags | MSG_PEEK, &deadline)
        while True:
            try:
                return method(*args)
            except BlockingIOError:
                if self.gives_up(flags):
                    raise
            self.wait_until(READ, &deadline)  # switches

    def recvmsg(self, bufsize, ancbufsize=0, flags=0, /):
        """Receive data and ancillary data; arguments as the standard library's.

        Blocking:
            As :meth:`recv`.
        """
        return self._receive_by("recvmsg", flags, bufsize, ancbufsize, flags)

    def recvmsg_into(self, buffers, ancbufsize=0, flags=0, /):
        """Receive into buffers, with ancillary data, as the standard library.

        Blocking:
            As :meth:`recv`.
        """
        # An iterator would be used up when there is nothing yet.
        return self._receive_by(
            "recvmsg_into", flags, tuple(buffers), ancbufsize, flags
        )


cdef object receive_small(ReceivingSocket sock, Py_ssize_t size, int flags):
    """recv() through the scratch: the result is as large as what came."""
    cdef Py_ssize_t limit = size if size < GEVENT_SCRATCH else GEVENT_SCRATCH
    cdef Py_ssize_t got = sock.receive(scratch(), limit, flags)
    if got == GEVENT_SCRATCH and size > got:
        return extend_received(sock, size)
    if got > limit:
        got = limit  # MSG_TRUNC tells how long the datagram was
    return PyBytes_FromStringAndSize(gevent_scratch(), got)


cdef object receive_large(ReceivingSocket sock, Py_ssize_t size, int flags):
    """recv() straight into the result, of which nobody waits with one in hand."""
    cdef double deadline = -1.0  # FD6
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
    """The thread's scratch buffer (FD5)."""
    cdef char* memory = gevent_scratch()
    if memory == NULL:
        raise MemoryError
    return memory


cdef sockaddr_storage* address_scratch() except NULL:
    """The room for an address behind it, for other modules' calls (FD5)."""
    return <sockaddr_storage*>(scratch() + GEVENT_SCRATCH)


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
        # Each in the words of the standard library.
        raise ValueError(
            "buffer too small for requested bytes"
            if call == "recv_into"
            else "nbytes is greater than the length of the buffer"
        )
    return nbytes if nbytes else view.len


cdef bytes extend_received(ReceivingSocket sock, Py_ssize_t size):
    """The scratch is full: move it into a result of *size*, and read the rest."""
    cdef PyObject* result = new_bytes(NULL, size)
    cdef char* data = PyBytes_AS_STRING(<object>result)
    cdef Py_ssize_t more
    memcpy(data, gevent_scratch(), GEVENT_SCRATCH)
    more = gevent_recv(sock.fd, data + GEVENT_SCRATCH, size - GEVENT_SCRATCH, 0)
    # An error now is not lost: the next call meets it, as it does in the kernel.
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
