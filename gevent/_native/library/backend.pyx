# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""The event libraries' shims as objects.

A :class:`Backend` is one loop of a library; a :class:`Record` one descriptor,
signal or path that it watches for a watcher.

Invariants:

* BACK1  ``live`` links every native record that exists; ``close`` frees them all,
  and a Record notices by the closed backend.
* BACK2  The library is touched by the loop's own thread only, ``wakeup`` excepted.
* BACK3  A Record that dies in a foreign thread pushes its native record onto
  ``orphans`` (an atomic stack) and wakes the loop, which frees it.
* BACK4  In a forked child nothing of the library is touched before ``own`` gave
  the loop kernel objects of its own. ``forks_of_process`` is written by the
  ``pthread_atfork`` handler only, in the child, where one thread exists.
* BACK5  A native record's ``owner`` is the Watcher that owns the Record, borrowed;
  it is cleared before either goes.
* BACK6  ``n_wakers`` counts the threads that are about to wake the loop without the
  GIL, from ``lend`` to the end of ``wake_lent``; ``close`` waits for them. They need
  nothing from anybody in between. In a forked child there are none.
* BACK7  ``spare`` links inactive io records without an owner, ``MOST_SPARE`` at most.
  They are still in ``live``.

Functions declared ``noexcept`` compare C fields and call the shims, which know nothing
of Python: nothing there can raise.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.pythread cimport PyThread_get_thread_ident
from libc.errno cimport EBADF, errno
from posix.fcntl cimport F_GETFD, fcntl
from posix.stat cimport struct_stat

from gevent._native.library.loop_ops cimport (
    GEVENT_LOOP_OPS_VERSION,
    gevent_loop_ops,
    gevent_ready_remove,
    gevent_record,
)
from gevent._native.scheduling.scheduler cimport Watcher

import os

cdef extern from "<sched.h>" nogil:
    int sched_yield()

cdef extern from "Python.h" nogil:
    ctypedef struct PyThreadState
    void PyEval_RestoreThread(PyThreadState*) noexcept

cdef extern from "interpreter/thread_end.h":
    void gevent_stop_if_finalizing() noexcept nogil

cdef extern from "interpreter/fork_count.h":
    int forks_of_process "gevent_forks"
    int gevent_watch_forks()

cdef extern from *:
    """
    #if PY_VERSION_HEX >= 0x030d0000
    PyAPI_FUNC(int) _PyOS_IsMainThread(void);
    #endif
    #define gevent_is_main_thread() _PyOS_IsMainThread()
    /* With the GIL; a thread counts from its start, before it first runs. */
    static Py_ssize_t gevent_count_threads(void) {
        Py_ssize_t count = 0;
        PyThreadState *at = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
        for (; at != NULL; at = PyThreadState_Next(at)) ++count;
        return count;
    }
    /* Pushed one by one by any thread, taken all together by the loop's own: so no push
       can meet a top that was taken and came back meanwhile with other nodes below. */
    static void gevent_push_orphan(void **stack, void *node, void **next) {
        void *top = __atomic_load_n(stack, __ATOMIC_RELAXED);
        do
            *next = top;
        while (!__atomic_compare_exchange_n(stack, &top, node, 1,
                                            __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    }
    static void *gevent_take_orphans(void **stack) {
        return __atomic_exchange_n(stack, NULL, __ATOMIC_ACQUIRE);
    }
    static void gevent_add(int *count, int change) {
        __atomic_add_fetch(count, change, __ATOMIC_ACQ_REL);
    }
    static int gevent_read(int *count) {
        return __atomic_load_n(count, __ATOMIC_ACQUIRE);
    }
    """
    int gevent_is_main_thread()
    Py_ssize_t gevent_count_threads()
    void gevent_push_orphan(void** stack, void* node, void** next) nogil
    void* gevent_take_orphans(void** stack) nogil
    void gevent_add(int* count, int change) noexcept nogil
    int gevent_read(int* count) noexcept nogil

cdef enum:
    MOST_SPARE = 1024

if gevent_watch_forks():
    raise MemoryError("cannot register a fork handler")


cdef void release_gil(void* argument) noexcept nogil:
    """The hook before a poll that may block; *argument* is a ``gil_slot``."""
    cdef gil_slot* gil = <gil_slot*>argument
    gil.thread = gevent_before_blocking(&gil.hand_over)


cdef void acquire_gil(void* argument) noexcept nogil:
    """The hook after it."""
    gevent_stop_if_finalizing()
    PyEval_RestoreThread(<PyThreadState*>(<gil_slot*>argument).thread)


def is_main_thread():
    """Return whether the calling thread is the interpreter's main one."""
    return bool(gevent_is_main_thread())


def n_other_threads():
    """Return how many other native threads of this interpreter live."""
    return gevent_count_threads() - 1


cdef object error_of(const char* call):
    """The OSError of the errno that a failing shim left."""
    cdef int code = errno
    return OSError(code, f"{os.strerror(code)} ({call.decode()})")


cdef class Backend:
    """One loop of an event library.

    Args:
        address: Of the ``gevent_loop_ops`` to use.
        flags: The library's own flags.
        module: What keeps the operations alive.

    Raises:
        OSError: The library could not make a loop.
        ImportError: The operations are of another version.
    """

    def __cinit__(self, size_t address, unsigned int flags, object module):
        cdef const gevent_loop_ops* ops = <const gevent_loop_ops*>address
        if (
            ops.version != GEVENT_LOOP_OPS_VERSION
            or ops.size != sizeof(gevent_loop_ops)
        ):
            raise ImportError(
                f"{module!r} was built for another version of gevent; rebuild it"
            )
        self.ops = ops
        self.module = module
        self.forks = self.known_forks = forks_of_process
        self.thread_ident = PyThread_get_thread_ident()
        self.state = ops.open(
            flags, release_gil, acquire_gil, &self.gil
        )
        if self.state == NULL:
            raise error_of(b"loop creation")
        self.polled_fd = self.ops.backend_fd(self.state)

    def __dealloc__(self):
        self.close()

    cdef int own(self) except -1:
        """In a forked child, give the loop kernel objects of its own first (BACK4)."""
        if self.state == NULL:
            raise ValueError("operation on destroyed loop")
        if self.forks != forks_of_process:
            # The threads that it counted have stayed in the parent (BACK6).
            self.n_wakers = 0
            if self.ops.after_fork(self.state) < 0:
                # No descriptors, perhaps: the next use tries again.
                raise error_of(b"re-creation after fork")
            self.forks = forks_of_process
            self.polled_fd = self.ops.backend_fd(self.state)
        return 0

    cdef bint is_inherited(self):
        """Whether the process was forked and :meth:`renew` has not been called.

        Watchers may have given the library kernel objects of its own before that.
        """
        return self.known_forks != forks_of_process

    @property
    def inherited(self):
        """Whether the process was forked and :meth:`renew` has not been called."""
        return self.is_inherited()

    def renew(self):
        """Make the loop this process's own, if a fork has happened."""
        self.thread_ident = PyThread_get_thread_ident()
        self.own()
        self.known_forks = forks_of_process

    def close(self):
        """Free all records and the loop; repeatable."""
        gevent_open_due(&self.gil.hand_over)
        if self.state == NULL:
            return
        if self.forks != forks_of_process:
            self.forks = forks_of_process
            self.n_wakers = 0
            self.ops.after_fork(self.state)
        # A worker that has asked `lend` under the GIL goes on without it, and is about
        # to write to the loop's descriptor (BACK6). Freed now, that number could be
        # another file's by the time of the write. It needs nothing from us: we wait.
        while gevent_read(&self.n_wakers):
            sched_yield()
        self.free_orphans()
        self.free_spare()
        self.forget_records(True)
        self.ops.close(self.state)
        self.state = NULL

    def abandon(self):
        """In a forked child without the loop's thread: have nothing to do with it.

        That thread may have been in the middle of the library, which then cannot even
        be asked to close: it is left as it is.
        """
        self.spare = NULL
        self.n_spare = 0
        self.n_wakers = 0
        self.forget_records(False)
        self.state = NULL

    cdef int forget_records(self, bint are_freed) except -1:
        """Take the native part from every record."""
        cdef record_node* node
        while self.live != NULL:
            node = self.live
            node.native.owner = NULL
            if are_freed:
                self.ops.record_free(node.native)
            node.native = NULL
            self.live = node.following
            node.following = node.preceding = NULL
        return 0

    cdef int poll(self, double timeout) except -1:
        """Wait for events; what fired is queued by :meth:`collect`.

        Args:
            timeout: Seconds; negative: for ever; 0: look only.
        """
        self.own()
        # One that comes after this look has woken the loop (BACK3): this poll will not
        # block, and the next one frees it.
        if self.orphans != NULL:
            self.free_orphans()
        if self.ops.poll(self.state, timeout) < 0:
            # Somebody closed the library's descriptor, as daemons close all they
            # find: the library can make new ones, as it does after a fork.
            if errno != EBADF or self.revive() < 0:
                raise error_of(b"poll")
        if gevent_has_due(&self.gil.hand_over):
            gevent_open_due(&self.gil.hand_over)  # it had no need to block
        return 0

    cdef int revive(self) except -2:
        """Give the loop a new descriptor to poll. -1 with errno on failure."""
        cdef int lost = self.polled_fd
        cdef int filler
        if lost >= 0 and fcntl(lost, F_GETFD) < 0:
            # The library closes the number it remembers: that must not hit one of
            # the descriptors it has just made.
            filler = os.open(os.devnull, os.O_RDONLY)
            if filler != lost:
                os.dup2(filler, lost, False)
                os.close(filler)
        if self.ops.after_fork(self.state) < 0:
            return -1
        if self.ops.poll(self.state, 0.0) < 0:
            return -1
        self.polled_fd = self.ops.backend_fd(self.state)
        return 0

    cdef int collect(self) except -1:
        """Queue the watchers whose records fired."""
        cdef gevent_record* record
        cdef int events
        while self.state.ready.first != NULL:
            record = self.state.ready.first
            events = record.events
            gevent_ready_remove(&self.state.ready, record)
            if record.owner != NULL:
                (<Watcher>record.owner).fired(events)
        return 0

    cdef int check_signals(self) except -1:
        """Run pending signal handlers, in the main thread; raise what they raise."""
        return PyErr_CheckSignals()

    def wakeup(self):
        """Make a poll that runs, or else the next one, return.

        Thread safety:
            From any thread.
        """
        # In a forked child the loop's thread looks at its inbox before it polls,
        # and until then the wake-up descriptor is the parent's (BACK4).
        if self.state != NULL and self.forks == forks_of_process:
            self.ops.wakeup(self.state)

    cdef bint lend(self) noexcept:
        """With the GIL: whether wake_lent() must be called, once, without (BACK6)."""
        if self.state == NULL or self.forks != forks_of_process:
            return False  # see wakeup()
        # Counted under the GIL, which close() has while it looks. So either close() was
        # first, and `state` is gone here; or it finds us counted, and waits (BACK6).
        gevent_add(&self.n_wakers, 1)
        return True

    cdef void wake_lent(self) noexcept nogil:
        """wakeup(), by a thread to which :meth:`lend` said True."""
        self.ops.wakeup(self.state)
        gevent_count_wake(&self.gil.hand_over)
        # Last: from here on close() may free the loop, and with it all of this.
        gevent_add(&self.n_wakers, -1)

    @property
    def library(self):
        """The library's name."""
        return self.ops.name.decode()

    @property
    def name(self):
        """The name of the library's polling mechanism, for example ``epoll``."""
        return self.ops.backend_name(self.state).decode()

    @property
    def flag(self):
        """The library's number for its polling mechanism."""
        return self.ops.backend_flag(self.state)

    @property
    def fileno(self):
        """The descriptor that the library polls, or -1."""
        return self.ops.backend_fd(self.state)

    @property
    def address(self):
        """Where the library's loop is in memory; 0 once closed."""
        return <size_t>self.state

    # -- records ------------------------------------------------------------------

    cdef Record adopt(self, Watcher watcher, gevent_record* native):
        cdef Record record
        cdef record_node* node
        if native == NULL:
            raise error_of(b"watcher creation")
        node = <record_node*>PyMem_RawMalloc(sizeof(record_node))
        if node == NULL:
            self.ops.record_free(native)
            raise MemoryError
        native.owner = <void*>watcher
        node.native = native
        node.next_orphan = NULL
        node.preceding = NULL
        node.following = self.live
        if self.live != NULL:
            self.live.preceding = node
        self.live = node
        record = Record.__new__(Record)
        record.node = node
        record.backend = self
        return record

    def io(self, Watcher watcher not None, int fd, int events):
        """Return a Record that reports readiness of *fd* to *watcher*.

        Raises:
            OSError: EBADF, the descriptor is not open.
        """
        self.own()
        if fcntl(fd, F_GETFD) < 0:
            raise OSError(EBADF, os.strerror(EBADF))
        return self.adopt(watcher, self.ops.io_new(self.state, fd, events))

    cdef Record reuse_io(self, Watcher watcher, int fd, int events):
        """io() for who has checked the number and will retire the Record (BACK7)."""
        cdef record_node* node = self.spare
        cdef Record record
        if node == NULL:
            return self.adopt(watcher, self.ops.io_new(self.state, fd, events))
        self.spare = node.next_orphan
        self.n_spare -= 1
        node.next_orphan = NULL
        node.native.owner = <void*>watcher
        self.ops.io_reuse(node.native, fd, events)
        record = Record.__new__(Record)
        record.node = node
        record.backend = self
        return record

    def signal(self, Watcher watcher not None, int signum):
        """Return a Record that reports deliveries of a signal to *watcher*."""
        self.own()
        return self.adopt(watcher, self.ops.signal_new(self.state, signum))

    def stat(self, Watcher watcher not None, bytes path not None, double interval):
        """Return a Record that reports changes of a file's status to *watcher*."""
        self.own()
        return self.adopt(watcher, self.ops.stat_new(self.state, path, interval))

    cdef int release_node(self, record_node* node) noexcept:
        """Free a native record and its node; the loop is open and ours."""
        if node.preceding != NULL:
            node.preceding.following = node.following
        else:
            self.live = node.following
        if node.following != NULL:
            node.following.preceding = node.preceding
        self.ops.record_free(node.native)
        PyMem_RawFree(node)
        return 0

    cdef int free_spare(self) noexcept:
        """Free the records that nobody has (BACK7)."""
        cdef record_node* node
        while self.spare != NULL:
            node = self.spare
            self.spare = node.next_orphan
            self.release_node(node)
        self.n_spare = 0
        return 0

    cdef int free_orphans(self) except -1:
        """Free the records that died in foreign threads (BACK3)."""
        cdef record_node* node = <record_node*>gevent_take_orphans(
            <void**>&self.orphans
        )
        cdef record_node* following
        while node != NULL:
            following = node.next_orphan
            self.release_node(node)
            node = following
        return 0


# Its finaliser needs the backend, whoever the collector clears first.
@cython.no_gc_clear
# Refers to the backend only, which does not refer back: there is no cycle to find, and
# select() makes one for each descriptor.
@cython.no_gc
cdef class Record:
    """One thing that a library watches for a watcher."""

    def __dealloc__(self):
        # Finalisers run in any thread, and after the modules are gone.
        self.free()

    cpdef int start(self) except -1:
        """Begin to watch; a no-op when active."""
        if self.node == NULL:
            raise ValueError("this record has been freed")
        self.backend.own()
        if self.backend.ops.record_start(self.node.native) < 0:
            raise error_of(b"watcher start")
        return 0

    cpdef int stop(self) except -1:
        """End watching; a no-op when inactive or when the loop is gone."""
        if self.node != NULL and self.backend.state != NULL:
            self.backend.own()
            self.backend.ops.record_stop(self.node.native)
        return 0

    cpdef int set_io(self, int fd, int events) except -1:
        """Name the descriptor again: nothing remembered of the number is trusted.

        A no-op when the loop is gone.
        """
        if self.node == NULL:
            raise ValueError("this record has been freed")
        if self.backend.state == NULL:
            return 0
        self.backend.own()
        self.backend.ops.io_set(self.node.native, fd, events)
        return 0

    cdef int retire(self) except -1:
        """free() of an io record, which the next reuse_io() gets."""
        cdef record_node* node = self.node
        cdef Backend backend = self.backend
        if (
            node == NULL
            or backend.state == NULL
            or backend.n_spare >= MOST_SPARE
            or backend.thread_ident != PyThread_get_thread_ident()
        ):
            return self.free()
        backend.own()
        self.node = NULL
        backend.ops.record_stop(node.native)
        node.native.owner = NULL
        node.next_orphan = backend.spare
        backend.spare = node
        backend.n_spare += 1
        return 0

    cpdef int free(self) except -1:
        """Stop and free the native record; repeatable."""
        cdef record_node* node = self.node
        cdef Backend backend = self.backend
        if node == NULL:
            return 0
        self.node = NULL
        if backend.state == NULL:
            PyMem_RawFree(node)
            return 0
        # The loop's thread may be in its poll, with this record in the library's
        # hands. Nobody else may take it from there (BACK2), but without an owner
        # collect() passes over what it fires.
        node.native.owner = NULL
        if backend.thread_ident != PyThread_get_thread_ident():
            gevent_push_orphan(
                <void**>&backend.orphans, node, <void**>&node.next_orphan
            )
            backend.wakeup()
            return 0
        backend.own()
        backend.release_node(node)
        return 0

    @property
    def active(self):
        """Whether the library watches."""
        return (
            self.node != NULL
            and self.backend.state != NULL
            and self.node.native.active != 0
        )

    def status(self, previous):
        """Return the (previous or current) stat fields of a path, None if missing.

        Returns:
            The ten fields of ``os.stat_result``.
        """
        cdef const struct_stat* info
        if self.node == NULL or self.backend.state == NULL:
            return None
        if previous:
            info = self.backend.ops.stat_previous(self.node.native)
        else:
            info = self.backend.ops.stat_current(self.node.native)
        if info.st_nlink == 0:
            return None
        return (
            info.st_mode, info.st_ino, info.st_dev, info.st_nlink, info.st_uid,
            info.st_gid, info.st_size, info.st_atime, info.st_mtime, info.st_ctime,
        )
