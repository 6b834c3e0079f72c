"""A TLS connection over a descriptor: native fields."""

cimport cython
from gevent._native.io.socket.receive cimport ReceivingSocket
from gevent._native.scheduling.scheduler cimport Scheduler
from gevent.sync.lock cimport Semaphore


cdef class Records:
    cdef Py_ssize_t partial         # bytes that came of the last record; 0: whole
    cdef Py_ssize_t missing         # bytes of its body that did not
    cdef int content_type           # from its header, likewise the length
    cdef Py_ssize_t length
    cdef bint is_foreign            # no TLS: whatever comes counts as whole

    @cython.locals(data=bytes, at=Py_ssize_t, size=Py_ssize_t, step=Py_ssize_t)
    cdef int add(self, bytes data) except -1
    cdef int add_to_header(self, int value) except -1
    cdef int begin_body(self) except -1


cdef class TLSChannel:
    cdef readonly object sslobj     # _ssl._SSLSocket over the two buffers
    cdef object incoming            # _ssl.MemoryBIO: ciphertext to be decrypted
    cdef object outgoing            # _ssl.MemoryBIO: ciphertext to be sent
    cdef Records records            # of incoming
    cdef bytes plain                # decrypted by pending(), not delivered yet
    cdef bytes unsent               # what was taken out of outgoing last
    cdef Py_ssize_t n_sent          # how much of unsent the kernel has
    cdef Py_ssize_t owed            # encrypted, but not said to be sent yet (TLS4)
    cdef bint has_ended             # the peer's stream did
    cdef readonly bint is_over      # the peer said good-bye: nothing comes any more
    cdef bint must_answer           # OpenSSL wrote while it read (TLS2)
    cdef bint is_writing            # a greenlet is inside write() (TLS3)
    cdef bint is_server
    cdef Semaphore turn             # to wait for room (TLS2)
    cdef object listener            # the operation that waits for input, or None (TLS6)
    cdef object progress            # an Event of those who wait for it, or None (TLS6)

    @cython.locals(deadline=double)
    cdef object read_with(self, ReceivingSocket sock, Py_ssize_t size, object buffer)
    cdef object decrypt(self, Py_ssize_t size, object buffer)
    cdef object take_plain(self, Py_ssize_t size, object buffer)
    cdef int wait_for_input(
        self, ReceivingSocket sock, double deadline, object operation
    ) except -1
    cdef int listen(
        self, ReceivingSocket sock, double deadline, object operation
    ) except -1
    cdef int await_progress(self, double deadline, object operation) except -1
    cdef object in_use(self)
    @cython.locals(data=bytes)
    cdef bint fill(self, ReceivingSocket sock) except -1
    @cython.locals(sent=Py_ssize_t)
    cdef bint flush_now(self, ReceivingSocket sock) except -1
    cdef int flush(
        self, ReceivingSocket sock, double deadline, object operation
    ) except -1
    cdef int answer(
        self, ReceivingSocket sock, double deadline, object operation
    ) except -1
    cdef int flush_quietly(self, ReceivingSocket sock) except -1
    @cython.locals(deadline=double, start=Py_ssize_t, size=Py_ssize_t)
    cdef int write_all(self, ReceivingSocket sock, object view) except -1
    cdef int encrypt(
        self, ReceivingSocket sock, object view, double deadline
    ) except -1
    @cython.locals(size=Py_ssize_t)
    cdef Py_ssize_t write_now(self, ReceivingSocket sock, object view) except -1


cdef object bytes_of(object given)
@cython.locals(loop=Scheduler)
cdef double deadline_of(ReceivingSocket sock) except? -2
@cython.locals(loop=Scheduler, left=double)
cdef object time_left(double deadline, object operation)
