# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Sockets: the calls that send.

A send never yields when there is room: frames of two greenlets would interleave.
Invariants: ``descriptor.pyx`` (FD1, FD2, FD6), ``base.pyx`` (FD3). Sends are counted
for those who receive (``receive.pyx``, FD4).

Functions declared ``noexcept`` compute with C fields and cannot raise.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport (
    PyBytes_AS_STRING,
    PyBytes_CheckExact,
    PyBytes_GET_SIZE,
)
from libc.errno cimport EAGAIN, errno

from gevent._native.io.addresses cimport can_encode, encode_address
from gevent._native.io.descriptor cimport raise_code, raise_errno, raise_timeout
from gevent._native.library.loop_ops cimport WRITE
from gevent._native.io.socket.base cimport BaseSocket, as_int
from gevent._native.scheduling.scheduler cimport Scheduler
from gevent._native.io.sockets cimport (
    MSG_DONTWAIT,
    gevent_send,
    gevent_sendto,
    sockaddr_storage,
    socklen_t,
)

cdef extern from *:
    """
    /* How many sends this native thread made. */
    static __thread unsigned long long gevent_sends = 0;
    """
    unsigned long long gevent_sends

cdef object _unset = object()

# Bytes. Copying so much takes longer than a system call: meanwhile the peer may have
# made room, which a wait would tell only when it is a third of the buffer.
cdef Py_ssize_t TIME_TO_MAKE_ROOM = 65536


cdef class SendingSocket(BaseSocket):
    """A socket that sends."""

    cdef unsigned long long moment(self, Scheduler loop) noexcept:
        """Changes when another greenlet ran or this thread sent elsewhere (FD4)."""
        return loop.n_switches + (gevent_sends - self.own_sends)

    cdef bint gives_up(self, int flags) noexcept:
        """Whether a call that found the kernel not ready must not wait."""
        return gives_up(self.seconds, flags)

    cdef Py_ssize_t try_send(
        self, const char* data, Py_ssize_t size, int flags
    ) except? -1:
        """Send what the kernel takes now; -1 without an exception if it takes nothing."""
        cdef Py_ssize_t sent
        self.demand_open()
        count_send(self)
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
        if gives_up(seconds, flags):
            raise_code(EAGAIN)
        if self.wait_ready(WRITE, seconds):  # switches
            raise_timeout()
        sent = self.try_send(data, size, flags)
        return sent if sent >= 0 else 0

    def send(self, data, Py_ssize_t flags=0, timeout=_unset):
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
                PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), as_int(flags), seconds
            )
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            return self.send_once(
                <const char*>view.buf, view.len, as_int(flags), seconds
            )
        finally:
            PyBuffer_Release(&view)

    cdef int send_all(self, const char* data, Py_ssize_t size, int flags) except -1:
        """Send everything; the time-out covers all waits together."""
        cdef double deadline = -1.0  # FD6
        cdef Py_ssize_t sent
        while size > 0:
            sent = self.try_send(data, size, flags)
            if sent >= 0:
                data += sent
                size -= sent
                if size == 0:
                    break
            if self.gives_up(flags):
                raise_code(EAGAIN)
            if sent < TIME_TO_MAKE_ROOM or Scheduler.of_thread().is_overdue():
                self.wait_until(WRITE, &deadline)  # switches
        return 0

    def sendall(self, data, Py_ssize_t flags=0):
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
            self.send_all(
                PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), as_int(flags)
            )
            return None
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            if view.len == 0:
                self.demand_open()
                return 0
            self.send_all(<const char*>view.buf, view.len, as_int(flags))
        finally:
            PyBuffer_Release(&view)
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
            flags = as_int(args[0])
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
                if self.gives_up(flags):
                    raise_code(EAGAIN)
                self.wait_or_fail(WRITE)  # switches
                sent = send_to(self, &view, flags, &place, length)
            return sent if sent >= 0 else 0
        finally:
            PyBuffer_Release(&view)

    def _send_by(self, str name, Py_ssize_t wanted_flags, *args):
        """Call a sending method of the raw socket; wait at most once."""
        cdef int flags = as_int(wanted_flags)
        cdef object method = getattr(self.raw_object(), name)
        count_send(self)
        try:
            return method(*args)
        except BlockingIOError:
            if self.gives_up(flags):
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

    def _resolve(self, address):
        """Return an address with a literal host; overridden where names are known."""
        return address


cdef bint gives_up(double seconds, int flags) noexcept:
    """Whether a call with this time-out must not wait.

    MSG_DONTWAIT is about one system call: with a time-out the interpreter waits before
    it makes that, and so it is here.
    """
    return seconds == 0.0 or (seconds < 0.0 and flags & MSG_DONTWAIT != 0)


cdef void count_send(SendingSocket sock) noexcept:
    """This thread sends something, and not through another socket (FD4)."""
    global gevent_sends
    gevent_sends += 1
    sock.own_sends += 1


cdef Py_ssize_t send_to(
    SendingSocket sock,
    const Py_buffer* data,
    int flags,
    const sockaddr_storage* place,
    socklen_t length,
) except? -1:
    """Send one datagram; -1 without an exception if there is no room."""
    cdef Py_ssize_t sent
    sock.demand_open()
    count_send(sock)
    sent = gevent_sendto(sock.fd, data.buf, data.len, flags, place, length)
    if sent < 0 and errno != EAGAIN:
        raise_errno()
    return sent
