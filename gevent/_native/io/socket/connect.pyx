# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Sockets: making connections, and accepting them.

Invariants: ``descriptor.pyx`` (FD1, FD2, FD6), ``base.pyx`` (FD3),
``receive.pyx`` (FD5). Accepting is a receiving call.

Functions declared ``noexcept`` compare C fields and cannot raise.
"""

from cpython.object cimport PyObject
from libc.errno cimport EAGAIN, EALREADY, EINPROGRESS, EISCONN, errno

from gevent._native.io.addresses cimport (
    can_encode,
    decode_address,
    encode_address,
    knows_family,
)
from gevent._native.io.descriptor cimport raise_code, raise_errno
from gevent._native.library.loop_ops cimport WRITE
from gevent._native.io.socket.base cimport made_socket
from gevent._native.interpreter.python_api cimport PySys_Audit
from gevent._native.io.socket.receive cimport ReceivingSocket, address_scratch
from gevent._native.scheduling.scheduler cimport Scheduler
from gevent._native.io.sockets cimport (
    AF_INET,
    AF_INET6,
    AF_UNIX,
    GEVENT_CONNECTS_TWICE,
    MSG_PEEK,
    SOCK_STREAM,
    c_close,
    gevent_accept,
    gevent_connect,
    gevent_pending_error,
    sockaddr_storage,
    socklen_t,
)

import _socket

# Between two tries to connect to a unix socket whose backlog is full: the kernel
# does not say when there is room.
cdef double BACKLOG_DELAY = 0.002


cdef class ConnectingSocket(ReceivingSocket):
    """A socket that connects and accepts: the native part of ``gevent.socket``'s."""

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
        storage = address_scratch()
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
        cdef double deadline = -1.0  # FD6
        if code == EISCONN:
            return code  # by an earlier call, to which the kernel has said so
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
            if code != EAGAIN:
                self.wait_until(WRITE, &deadline)  # switches
                return gevent_pending_error(self.fd)
            self.time_left(&deadline)
            Scheduler.of_thread().sleep(BACKLOG_DELAY, self.is_ref)  # switches
            code = self.start_connect(address)
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
        cdef double deadline = -1.0  # FD6
        cdef sockaddr_storage* storage
        cdef socklen_t length
        cdef int fd
        if not knows_family(self._family):
            fd, address = self._receive_by("_accept", 0)
            return made_socket(fd, self._family, self.type, self.proto), address
        self.before_receiving(MSG_PEEK, &deadline)
        storage = address_scratch()  # the thread's, whatever switches
        while True:
            fd = gevent_accept(self.fd, storage, &length)
            if fd >= 0:
                return make_accepted(
                    fd, self._family, self.type, self.proto, storage, length
                )
            self.retry_receiving(0, &deadline)  # switches


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
    cdef sockaddr_storage* storage = address_scratch()
    cdef socklen_t length
    cdef int fd = gevent_accept(listener, storage, &length)
    if fd >= 0:
        return make_accepted(fd, family, kind, proto, storage, length)
    if errno != EAGAIN:
        raise_errno()
    return None


cdef object make_accepted(
    int fd, int family, int kind, int proto, sockaddr_storage* storage, socklen_t length
):
    """The socket and the address of a new connection; the latter is in *storage*."""
    try:
        address = decode_address(storage, length)
    except BaseException:
        c_close(fd)
        raise
    return made_socket(fd, family, kind, proto), address
