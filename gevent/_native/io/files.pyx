# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""Descriptors that are no sockets: pipes, terminals, and bare numbers.

A call tries first; when the kernel has nothing for it, the greenlet parks and tries
again, as on sockets (``descriptor.pyx``, FD1 and FD2). Meanwhile it is among those that
wait for the number (``fd_table.pyx``, FDT2).
"""

from cpython.buffer cimport (
    PyBUF_SIMPLE,
    PyBUF_WRITABLE,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING, _PyBytes_Resize
from cpython.object cimport PyObject
from libc.errno cimport EAGAIN, EINVAL, errno

from gevent._native.io.descriptor cimport (
    FAIRNESS_MASK,
    Descriptor,
    give_way,
    raise_code,
    raise_errno,
)
from gevent._native.library.loop_ops cimport READ, WRITE
from gevent._native.io.files cimport gevent_read, gevent_write
from gevent._native.io.fd_table cimport begin_wait, end_wait
from gevent._native.interpreter.python_api cimport new_bytes
from gevent._native.scheduling.scheduler cimport Scheduler

from gevent._native.io.descriptor import cancel_wait_ex

cdef extern from "Python.h":
    void Py_XDECREF(PyObject*)

# How many reading calls there were: a pace, so threads may lose counts.
cdef unsigned int n_reads = 0


cdef class FileDescriptor(Descriptor):
    """A descriptor of somebody else that does not block; closing it is their part.

    Args:
        fd: Its number.
    """

    def __init__(self, int fd):
        self.fd = fd

    @property
    def is_waited_for(self):
        """Whether a greenlet waits for it."""
        return (self.reader is not None and self.reader.waiter is not None) or (
            self.writer is not None and self.writer.waiter is not None
        )

    def release(self):
        """Forget the number: greenlets that wait for it, and later calls, get EBADF.

        Thread safety:
            Only from the thread of the greenlets that wait.
        """
        if self.fd >= 0:
            self.let_go(cancel_wait_ex)

    cdef int wait_ready(self, int events, double seconds) except -1:
        """Park until a direction is ready, where closing the number ends it (FDT2)."""
        cdef int number = self.fd
        cdef tuple entry = begin_wait(number, self, Scheduler.of_thread())
        try:
            return Descriptor.wait_ready(self, events, seconds)  # switches
        finally:
            end_wait(number, entry)

    cdef int before_reading(self) except -1:
        """Yield if it is the loop's turn, before anything is taken."""
        cdef unsigned int generation = self.generation
        self.demand_open()
        yield_if_overdue()  # switches
        if generation != self.generation:
            raise cancel_wait_ex()
        return 0

    cdef Py_ssize_t receive(self, char* buffer, Py_ssize_t size) except -1:
        """Read into memory that nobody else writes while this waits."""
        cdef Py_ssize_t got
        self.before_reading()  # switches
        while True:
            got = gevent_read(self.fd, buffer, size)
            if got >= 0:
                return got
            if errno != EAGAIN:
                raise_errno()
            self.wait_ready(READ, -1.0)  # switches

    def read(self, Py_ssize_t n):
        """Read up to *n* bytes.

        Returns:
            The bytes; none at the end.

        Raises:
            OSError: As the system says; EBADF if it is closed, or was meanwhile.
            ConcurrentObjectUseError: Another greenlet reads.

        Blocking:
            Switches to the hub until there is something, and when the loop has not
            polled for longer than the switch interval.
        Cancellation:
            Nothing was read.
        Thread safety:
            One thread at a time.
        """
        cdef Py_ssize_t got
        if n < 0:
            raise_code(EINVAL)
        cdef PyObject* data = new_bytes(NULL, n)
        try:
            got = self.receive(PyBytes_AS_STRING(<object>data), n)  # switches
            if got != n:
                _PyBytes_Resize(&data, got)
            return <object>data
        finally:
            # Pairs with new_bytes(); the resizing may have moved it.
            Py_XDECREF(data)

    def read_into(self, buffer):
        """Read into a writable buffer; otherwise as :meth:`read`.

        Returns:
            How many bytes came; 0 at the end.

        Blocking:
            As :meth:`read`.
        """
        cdef Py_buffer view
        PyObject_GetBuffer(buffer, &view, PyBUF_WRITABLE)
        try:
            return self.receive(<char*>view.buf, view.len)  # switches
        finally:
            PyBuffer_Release(&view)

    def write(self, data):
        """Write some bytes.

        Returns:
            How many; at least one unless *data* is empty.

        Raises:
            OSError: As the system says; EBADF if it is closed, or was meanwhile.
            ConcurrentObjectUseError: Another greenlet waits for room.

        Blocking:
            Switches to the hub until there is room.
        Cancellation:
            Nothing was written.
        Thread safety:
            One thread at a time.
        """
        cdef Py_buffer view
        cdef Py_ssize_t written
        self.demand_open()
        PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
        try:
            while True:
                written = gevent_write(self.fd, view.buf, view.len)
                if written >= 0:
                    return written
                if errno != EAGAIN:
                    raise_errno()
                self.wait_ready(WRITE, -1.0)  # switches
        finally:
            PyBuffer_Release(&view)


def yield_if_overdue():
    """Let others run if the loop has not polled for longer than it should.

    For calls that take what is always there, as reading a file: before they take it.

    Blocking:
        May switch to the hub; never in the hub itself, nor without one.
    """
    global n_reads
    cdef Scheduler loop
    n_reads += 1
    if n_reads & FAIRNESS_MASK:
        return
    loop = Scheduler.of_thread_or_none()
    if loop is not None:
        give_way(loop)  # switches
