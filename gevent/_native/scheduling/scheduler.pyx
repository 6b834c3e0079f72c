# cython: language_level=3, annotation_typing=False, boundscheck=False
# cython: wraparound=False, binding=True
"""The scheduler core: run queue, timers, parking and switching.

One :class:`Scheduler` per loop, used by one native thread (except where a
method says otherwise). Everything that can be resumed goes through its queues:

==========  ===================================  ==========================
kind        object                               run by
==========  ===================================  ==========================
WAKE        a parked :class:`Waiter`             hub or hand-off
NOTIFY      a :class:`Linkable` that is ready    waiters: hub or hand-off;
                                                 links: hub
FIRE        a :class:`Watcher` that fired        waiter: hub or hand-off;
                                                 callback: hub
CALL        a :class:`callback`                  hub
START       a new :class:`NativeGreenlet`        hub
ALARM       an :class:`Alarm` that is due        hub
END         a :class:`NativeGreenlet` that ended hub
==========  ===================================  ==========================

*Queues*: ``fired_queues`` (one per priority) hold what the last poll found and
come first; ``queue`` is the FIFO of everything else.

States of a greenlet, as the scheduler sees it::

    new --START--> running --park--> parked --WAKE/NOTIFY/FIRE--> running
    running --return/raise--> dead;  parked --throw/foreign switch--> running

Invariants:

* SCHED1  Entries run in FIFO order within a queue; hand-off takes the head or nothing.
* SCHED2  An entry is live while its object remembers the entry's serial; whoever
  makes it obsolete forgets the serial, and the entry is dropped when met. What may
  become obsolete without the hub having its turn, a start or a call, is withdrawn:
  the entry holds nothing then (RUN3).
* SCHED3  ``delivered`` names the waiter whose greenlet is being switched to by its
  wake-up. The parked side clears it; finding another one there means that
  somebody else resumed the greenlet.
* SCHED4  ``handoff`` is set by the drain right before it switches and cleared when
  the hub has control again, and before any callback runs.
* SCHED5  A waiter is in the parked list exactly while its ``greenlet`` is set.
* SCHED6  Between "parked" is recorded and the switch nothing may run Python code:
  the target is chosen, and stale entries are dropped, before.
* SCHED7  ``running`` owns a reference; it is replaced before a switch and the old
  one is dropped after it.
* SCHED8  Between a waiter is announced (linked, queued, armed) and parked, finalizers
  and ``switch_out`` may run Python code that lets others run. A wake-up that
  comes then is noted in the waiter (``woken``), and the park returns at once.
* SCHED9  A signal handler that the hub runs may wait: the hub runs its loop on top of
  it until its waiter is woken. Handlers that wait nest, as handlers do: one goes on
  when those that came later have returned. Callbacks that run meanwhile may not wait.
* SCHED10  Whoever has a say in waits (``policy``) is asked while nothing is recorded of
  one, and only while ``park_flags`` says that a cancelled scope is open.
* CHOICE1  With a ``chooser`` nobody hands off: before each step of the drain it draws one
  of those that could run next. They are the entries that resume or start a greenlet, up
  to the first one that runs code in the hub; all others keep their order.
* HOOK1  Hooks are told of a switch before it, by whoever switches, while nothing is
  recorded (SCHED6); of one that somebody made past the scheduler, when it next meets
  the greenlet that runs. So each switch that they see begins where the one before
  ended (``active``).
* HOOK2  A hook may not park and its errors go to the hub, later: the greenlet that
  switches notices nothing. So do those of a profile function, which is told of switches
  as ``interpreter/profile.h`` says (PROFILE1).
* TIMES1  A run lasts from the beginning of a drain, or the end of the run before, to the
  hand-off, park, end or return to the hub that ends it; a turn, from one poll to the
  next. Both are counted by the power of two of their ticks; only long ones are looked
  at, and told by a queued call (so by the hub).

Switch points: :meth:`Scheduler.park` and :meth:`Scheduler.resume` (and
``start`` of the drain) are the only places that switch.

Functions declared ``noexcept`` move pointers and counters and cannot raise. There are
two exceptions: ``raise_thrown`` sets an error, which its caller passes on by returning
-1, and ``is_ending`` clears the only error that it can meet.

One state machine, hence one file: parking, waking, draining and the timers change
the same fields between two switches, and SCHED1 to SCHED10 are checked against all of
them.
"""

cimport cython
from cpython.exc cimport PyErr_Clear, PyErr_Fetch, PyErr_Restore
from cpython.object cimport PyObject, PyTypeObject, Py_TYPE
from cpython.pycapsule cimport (
    PyCapsule_CheckExact,
    PyCapsule_GetContext,
    PyCapsule_GetPointer,
)
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF
from libc.math cimport INFINITY, isnan
from libc.stdint cimport uint64_t
from libc.string cimport memset
from posix.unistd cimport usleep

from gevent._native.interpreter.greenlet_api cimport (
    greenlet,
    import_greenlet,
    PyGreenlet,
    PyGreenlet_GetCurrent,
    PyGreenlet_SetParent,
    PyGreenlet_STARTED,
    PyGreenlet_Switch,
)
from gevent._native.scheduling.run_queue cimport (
    gevent_entry,
    gevent_queue,
    gevent_queue_free,
    gevent_queue_at,
    gevent_queue_head,
    gevent_queue_pop,
    gevent_queue_pop_withdrawn,
    gevent_queue_push,
    gevent_queue_withdraw,
)
from gevent._native.scheduling.timer_heap cimport (
    GEVENT_TIMER_ALARM,
    GEVENT_TIMER_WATCHER,
    GEVENT_TIMER_WAITER,
    gevent_timer,
    gevent_timer_arm,
    gevent_timer_disarm,
    gevent_timer_heap,
    gevent_timer_heap_free,
)

from _thread import get_ident, get_native_id
from math import inf
from types import TracebackType

from greenlet import GreenletExit, gettrace
from greenlet import error as greenlet_error

from gevent._base.exceptions import (
    BlockingSwitchOutError,
    ConcurrentObjectUseError,
    HubDestroyed,
    InvalidSwitchError,
)
from gevent._base.signatures import Signed

import_greenlet()

cdef extern from *:
    """
    #include <time.h>
    static inline double gevent_monotonic(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
    }
    /* Raise without chaining to what the raising greenlet handles. */
    static void gevent_restore(PyObject *error) {
        PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(error)), Py_NewRef(error),
                      PyException_GetTraceback(error));
    }
    /* Give the error that is set what the current greenlet handles as its context, as a
       raise would. */
    static void gevent_chain(void) {
        PyObject *kind, *value, *trace;
        PyErr_Fetch(&kind, &value, &trace);
        PyErr_NormalizeException(&kind, &value, &trace);
        if (trace != NULL)
            PyException_SetTraceback(value, trace);
        PyErr_SetObject(kind, value);
        Py_XDECREF(kind);
        Py_XDECREF(value);
        Py_XDECREF(trace);
    }
    /* To read the clock costs a tenth of a hand-off, to read this next to nothing. Its
       rate need not be known well: it only decides how often the clock is read. */
    #if defined(__x86_64__) || defined(__i386__)
    #define GEVENT_TICKS_BETWEEN_LOOKS 500000 /* 0.1 to 0.5 ms */
    static inline uint64_t gevent_ticks(void) { return __builtin_ia32_rdtsc(); }
    #elif defined(__aarch64__)
    #define GEVENT_TICKS_BETWEEN_LOOKS 10000 /* 0.01 ms at 1 GHz, 0.4 at 24 MHz */
    static inline uint64_t gevent_ticks(void) {
        uint64_t ticks;
        __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
        return ticks;
    }
    #else
    #define GEVENT_TICKS_BETWEEN_LOOKS 0 /* the clock itself, each time */
    static inline uint64_t gevent_ticks(void) {
        return (uint64_t)(gevent_monotonic() * 1e9);
    }
    #endif
    #if defined(__x86_64__) || defined(__i386__)
    #define GEVENT_LEAST_TICKS 1e9 /* per second */
    #elif defined(__aarch64__)
    #define GEVENT_LEAST_TICKS 1e6
    #else
    #define GEVENT_LEAST_TICKS 1e9
    #endif
    static inline int gevent_log2(uint64_t n) {
        return 63 - __builtin_clzll(n | 1);
    }
    /* The loop of this native thread: a borrowed Scheduler, or NULL. Set and
       cleared by that thread only. */
    static __thread PyObject *gevent_thread_loop = NULL;
    """
    double gevent_monotonic() nogil
    uint64_t ticks "gevent_ticks"() noexcept
    uint64_t TICKS_BETWEEN_LOOKS "GEVENT_TICKS_BETWEEN_LOOKS"
    double LEAST_TICKS "GEVENT_LEAST_TICKS"
    int log2_of "gevent_log2"(uint64_t) noexcept
    void raise_unchained "gevent_restore"(object error)
    void chain_error "gevent_chain"() noexcept
    PyObject* gevent_thread_loop

cdef extern from "interpreter/thread_end.h":
    object gevent_call_guarded(object function, object arguments, PyObject* keywords)

cdef extern from "interpreter/profile.h":
    ctypedef struct PyThreadState:
        void* c_tracefunc
    PyThreadState* this_thread "PyThreadState_Get"()
    bint is_profiled "gevent_is_profiled"(PyThreadState* thread)
    bint is_profiled_now "gevent_is_profiled_now"(PyThreadState* thread)
    int profile_leave "gevent_profile_leave"(PyThreadState* thread) except -1
    int profile_return "gevent_profile_return"(PyThreadState* thread) except -1

cdef enum:
    WAKE = 0
    NOTIFY = 1
    FIRE = 2
    CALL = 3
    START = 4
    ALARM = 5
    END = 6
    KIND_BITS = 3
    KIND_MASK = 7

cdef enum:
    EMPTY = 0
    STORED = 1
    FAILED = 2

cdef enum:
    # Hand-offs between two visits of the hub.
    MOST_HANDOFFS = 256
    # How many entries a choice is drawn from.
    MOST_CHOICES = 64
    # Priorities run from -2 to 2.
    LOWEST_LEVEL = -2

cdef enum:
    # Of looking at the head of the queue for a resumption.
    DROPPED = 0                     # it was dead, and is gone
    FOR_HUB = 1                     # something that the hub has to do
    RESUMES = 2                     # a greenlet that is parked

# Exact types of greenlets that cannot have a switch_out method, unless in
# their instance dict: checked by two pointer tests per park.
cdef PyTypeObject* raw_type = <PyTypeObject*>greenlet
cdef PyTypeObject* plain_type = <PyTypeObject*>NativeGreenlet


cdef class Zeroed:
    """A class whose fields are zero or None at first, in both forms."""


cdef class Node:
    """One place in the list of a :class:`Linkable`."""


@cython.trashcan(True)
cdef class Link(Node):
    """A callable that is to be called once when a :class:`Linkable` is ready."""

    def __repr__(self):
        return f"<link to {self.callback!r}>"


cdef class Waiter(Node):
    """One-shot rendezvous: one greenlet waits, the hub wakes it.

    The only thing that stands between a parked greenlet and what wakes it. A
    wake-up that comes when nobody waits is stored for the next :meth:`get`.

    Args:
        hub: The hub whose loop is waited on; the calling thread's by default.

    Thread safety:
        Only from the thread of the hub.
    """

    __signature__ = Signed("hub=None")

    def __cinit__(self):
        self.timer.index = -1
        self.timer.owner = <void*>self
        self.timer.kind = GEVENT_TIMER_WAITER
        self.priority = -1
        self.ref = True

    def __init__(self, hub=None):
        self.loop = hub.loop if hub is not None else current_hub().loop

    @property
    def hub(self):
        """The hub whose greenlet wakes this waiter."""
        return own_loop(self).hub

    @property
    def value(self):
        """The stored value, or None."""
        return self.value if self.state == STORED else None

    @property
    def exc_info(self):
        """The arguments of :meth:`throw`, or None."""
        return self.failure if self.state == FAILED else None

    def ready(self):
        """Return whether a value or an exception is stored."""
        return self.state != EMPTY

    def successful(self):
        """Return whether a value is stored."""
        return self.state == STORED

    def clear(self):
        """Forget the stored value or exception, and the waiting greenlet."""
        self.woken = False
        self.state = EMPTY
        self.value = None
        self.failure = None
        if self.greenlet is not None:
            self.queued = 0

    def get(self):
        """Return the stored value, or wait for one.

        Raises:
            ConcurrentObjectUseError: Another greenlet is waiting already.
            BlockingSwitchOutError: Called in the hub.
            BaseException: What was given to :meth:`throw`.

        Blocking:
            Switches to the hub unless a value or exception is stored.
        Cancellation:
            The waiter can be used again afterwards.
        Thread safety:
            Only from the thread of the hub.
        """
        if self.state == EMPTY:
            if self.greenlet is not None:
                raise ConcurrentObjectUseError(
                    f"This Waiter is already used by {self.greenlet!r}"
                )
            own_loop(self).park(self, None)  # switches
            return take_delivered(self)
        return take_result(self)

    def switch(self, value):
        """Hand *value* to the waiting greenlet, or store it.

        Raises:
            AssertionError: Called outside the hub while a greenlet waits.
        """
        if self.greenlet is None:
            self.state = STORED
            self.value = value
            self.failure = None
            return
        demand_hub(self, "switch")
        self.state = STORED
        self.value = value
        resume_in_hub(self, "switch")

    def switch_args(self, *args):
        """Hand the tuple of arguments over; see :meth:`switch`."""
        return self.switch(args)

    def throw(self, *throw_args):
        """Raise an exception in the waiting greenlet, or store it.

        Args:
            throw_args: What ``greenlet.throw`` takes: type or instance, and
                optionally value and traceback.

        Raises:
            TypeError: They are none that can be raised.
            AssertionError: Called outside the hub while a greenlet waits.
        """
        demand_throwable(*throw_args)
        if not throw_args:
            throw_args = (GreenletExit,)
        if self.greenlet is None:
            self.state = FAILED
            self.failure = throw_args
            self.value = None
            return
        demand_hub(self, "throw")
        self.state = FAILED
        self.failure = throw_args
        resume_in_hub(self, "throw")

    def __call__(self, source):
        """Take the value or the exception of a finished *source* (a link target)."""
        if source.exception is None:
            self.switch(source.value)
        else:
            self.throw(source.exception)

    def __str__(self):
        # Not the repr: that of the greenlet may show it, as in spawn(waiter.get).
        cdef str state = f" greenlet={self.greenlet}"
        if self.state == STORED:
            state += f" value={self.value!r}"
        elif self.state == FAILED:
            state += f" exc_info={self.failure!r}"
        return f"<{type(self).__name__}{state}>"

    # -- native side ----------------------------------------------------------

    cdef int wait(self, object subject) except -1:
        """Park until woken; raise what the wake-up carries. 0."""
        if try_park(self.loop, self, subject) < 0:  # switches
            return -1
        if self.state == FAILED:
            raise_failure(self)
        return 0

    cdef int fail_later(self, object error) except -1:
        """Raise *error* in the greenlet that waits or is about to, in its turn."""
        self.state = FAILED
        self.failure = (error,)
        self.loop.queue_waiter(self)
        return 0

    cdef int wait_until(self, object subject, double timeout) except -1:
        """Like wait(), at most *timeout* seconds. 1 if the time passed."""
        cdef Scheduler loop = self.loop
        cdef int outcome
        loop.arm(&self.timer, loop.clock() + (timeout if timeout > 0.0 else 0.0), True)
        outcome = try_park(loop, self, subject)  # switches
        if self.timer.index >= 0:
            loop.disarm(&self.timer, True)
        if outcome < 0:
            return -1
        if self.state == FAILED:
            raise_failure(self)
        return self.timed_out

    cdef int wait_optional(self, object subject, object timeout) except -1:
        """wait() when *timeout* is None, else wait_until(); or under a Timeout."""
        if timeout is None:
            return self.wait(subject)
        if isinstance(timeout, BaseException):
            return wait_under(self, subject, timeout)
        return self.wait_until(subject, as_seconds(timeout))


cdef int wait_under(Waiter waiter, object subject, object timeout) except -1:
    """Wait under a ``Timeout`` object, then cancel it. 1 if that one fired."""
    if not hasattr(timeout, "pending"):
        as_seconds(timeout)  # it says what is wrong
    if not timeout.pending:
        timeout.start()
    try:
        return waiter.wait(subject)  # switches
    except BaseException as error:
        if error is timeout:
            return 1
        raise
    finally:
        timeout.cancel()


cdef Scheduler own_loop(Waiter waiter):
    """The loop of a waiter; a subclass may have forgotten to call __init__."""
    if waiter.loop is None:
        waiter.loop = Scheduler.of_thread()
    return waiter.loop


cdef object take_result(Waiter waiter):
    """Return or raise what a waiter holds, and keep it (it is one-shot)."""
    if waiter.state == FAILED:
        raise_failure(waiter)
    return waiter.value


cdef object take_delivered(Waiter waiter):
    """Return or raise what a waiter was woken with, and leave it empty."""
    cdef object value = waiter.value
    cdef int state = waiter.state
    waiter.state = EMPTY
    waiter.value = None
    if state == FAILED:
        raise_failure(waiter)
    return value


def demand_throwable(kind=GreenletExit, value=None, traceback=None, *others):
    """Check what is to be raised somewhere, as ``greenlet.throw`` does there.

    Raises:
        TypeError: It cannot be raised.
    """
    if others:
        raise TypeError(f"throw expected at most 3 arguments, got {3 + len(others)}")
    if traceback is not None and not isinstance(traceback, TracebackType):
        raise TypeError("throw() third argument must be a traceback object")
    if isinstance(kind, BaseException):
        if value is not None:
            raise TypeError("instance exception may not have a separate value")
    elif not (isinstance(kind, type) and issubclass(kind, BaseException)):
        raise TypeError(
            f"exceptions must be classes, or instances, not {type(kind).__name__}"
        )


cdef int raise_failure(Waiter waiter) except -1:
    cdef object failure = waiter.failure
    kind = failure[0]
    value = failure[1] if len(failure) > 1 else None
    traceback = failure[2] if len(failure) > 2 else None
    if isinstance(kind, BaseException):
        raise kind.with_traceback(traceback) if traceback is not None else kind
    if isinstance(value, BaseException):
        raise value.with_traceback(traceback) if traceback is not None else value
    if value is None:
        error = kind()
    else:
        error = kind(*value) if isinstance(value, tuple) else kind(value)
    raise error.with_traceback(traceback)


cdef int demand_hub(Waiter waiter, str method) except -1:
    if Scheduler.greenlet_now() is not waiter.loop.hub:
        raise AssertionError(
            f"Can only use Waiter.{method} method from the Hub greenlet"
        )
    return 0


cdef int resume_in_hub(Waiter waiter, str method) except -1:
    """Resume from Python code on the hub's stack; report what comes back."""
    try:
        waiter.loop.resume(waiter, False)  # switches
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control is back in the hub
        waiter.loop.report(getattr(waiter, method), error)
    return 0


def as_seconds(timeout):
    """Return a time-out as float seconds.

    Raises:
        ValueError: It is not a number (NaN).
        TypeError: It is no kind of number.
    """
    cdef double seconds = timeout
    if isnan(seconds):
        raise ValueError("a time-out must be a number of seconds, not NaN")
    return seconds


cdef class Linkable:
    """Something that becomes ready, with waiters and links in arrival order.

    Invariants:

    * LINK1  A node is linked in at most one list; linked nodes are owned by it.
    * LINK2  Nodes stand in the order of their ``place``; places up to ``batch``
      belong to a notification that was asked for and are notified whatever
      happens meanwhile, later ones only while the object is due.
    * LINK3  At most one notification is queued (``queued``); a node is unlinked
      before it is notified.
    """

    cdef bint is_due(self):
        """Whether nodes beyond the batch are to be notified, too."""
        return False

    cdef object link_argument(self):
        """What links are called with."""
        return self

    cdef int append_node(self, Node node) except -1:
        cdef Node last
        if node.linkable != NULL:
            raise AssertionError("a waiter can wait for one object at a time")
        self.places += 1
        node.place = self.places
        node.linkable = <void*>self
        node.following = None
        node.preceding = self.last
        if self.last == NULL:
            self.first = node
        else:
            last = <Node>self.last
            last.following = node
        self.last = <void*>node
        self.n_links += 1
        return 0

    cdef int append_waiter_first(self, Waiter waiter) except -1:
        """Put a waiter that lost its unit back where it stood: at the head."""
        cdef Node first = self.first
        if first is None:
            self.append_node(waiter)
            return 0
        waiter.linkable = <void*>self
        waiter.preceding = NULL
        waiter.following = first
        first.preceding = <void*>waiter
        self.first = waiter
        self.n_links += 1
        return 0

    cdef int remove_node(self, Node node) except -1:
        """Unlink a node that is linked here; otherwise do nothing."""
        cdef Node following = node.following, preceding
        if node.linkable != <void*>self:
            return 0
        node.linkable = NULL
        node.following = None
        if following is None:
            self.last = node.preceding
        else:
            following.preceding = node.preceding
        if node.preceding == NULL:
            self.first = following
        else:
            preceding = <Node>node.preceding
            preceding.following = following
        node.preceding = NULL
        self.n_links -= 1
        return 0

    cdef Node last_node(self):
        """The node behind all others, or None."""
        return None if self.last == NULL else <Node>self.last

    cdef Link find_link(self, object callback):
        cdef Node node = self.first
        cdef Link link
        cdef list links = []
        while node is not None:
            if type(node) is Link:
                links.append(node)
            node = node.following
        # Comparing may run Python code, which may change the list of nodes.
        for link in links:
            if link.callback is callback or link.callback == callback:
                return link
        return None

    cdef int add_link(self, object callback) except -1:
        cdef Link link
        if not callable(callback):
            raise TypeError(f"Expected callable: {callback!r}")
        link = Link.__new__(Link)
        link.callback = callback
        self.append_node(link)
        return 0

    cdef int remove_link(self, object callback) except -1:
        cdef Link link = self.find_link(callback)
        if link is not None:
            self.remove_node(link)
        return 0

    cdef int remove_all_links(self) except -1:
        """Take all callables out; waiters stay."""
        cdef Node node = self.first, following
        while node is not None:
            following = node.following
            if type(node) is Link:
                self.remove_node(node)
            node = following
        return 0

    cdef int notify(self) except -1:
        """Queue one notification, unless one is queued or nobody listens."""
        cdef Scheduler loop
        if self.queued == 0 and self.first is not None:
            loop = self.loop
            if loop is None:
                loop = self.loop = current_hub().loop
            loop.push(self, NOTIFY, &self.queued)
        return 0

    cdef Node due_node(self):
        """The first node that is to be notified now, or None."""
        cdef Node node = self.first
        if node is None or (node.place > self.batch and not self.is_due()):
            return None
        return node


cdef class callback:
    """A call that is queued to run in the next pass of the loop.

    Made by ``loop.run_callback``; true and :attr:`pending` until it ran or was
    stopped.
    """

    __signature__ = Signed("callback, args=()")

    def __init__(self, callback, args=()):
        self.callback = callback
        self.arguments = args

    @property
    def args(self):
        """The arguments of the call; None once it ran or was stopped."""
        return self.arguments

    @property
    def pending(self):
        """Whether it is still to run."""
        return self.callback is not None

    def __bool__(self):
        return self.callback is not None

    def stop(self):
        """Cancel the call; harmless when it ran already."""
        cdef Scheduler loop = Scheduler.of_thread_or_none()
        cdef uint64_t serial = self.queued
        # Forgotten first: what the function holds may be finalized here, and let the
        # hub run, which may meet the entry.
        self.queued = 0
        self.callback = None
        self.arguments = None
        # A native thread may stop a call of another one's loop, but only the loop's own
        # thread may touch its queue: the entry stays there with nothing to call. In the
        # queue of the thread's own loop the number may belong to another object, which
        # withdraw() therefore compares.
        if serial != 0 and loop is not None:
            loop.withdraw(self, CALL, serial)

    close = stop

    def __repr__(self):
        # While it runs it is no longer pending but still knows its arguments.
        cdef str text = f"<callback at 0x{id(self):x}"
        if self.callback is not None:
            text += " pending"
            text += f" callback={self.callback!r}"
        if self.arguments is not None:
            text += f" args={self.arguments!r}"
        elif self.callback is None:
            text += " stopped"
        return text + ">"


cdef class Watcher:
    """What the scheduler knows of a watcher: it fired, and whom that wakes."""

    def __cinit__(self, *args, **kwargs):
        self.timer.index = -1
        self.timer.owner = <void*>self

    cdef bint armed(self):
        """Whether it is in the timer heap, which then keeps it alive."""
        return self.timer.index >= 0

    cdef int arm_at(self, double deadline) except -1:
        """Arm it, or arm it anew, for an instant of the loop's clock."""
        if self.timer.index >= 0:
            self.disarm()
        return self.loop.arm(&self.timer, deadline, False)

    cdef int disarm(self) except -1:
        """Take it out of the heap; a no-op when it is not there."""
        if self.timer.index >= 0:
            self.loop.disarm(&self.timer, False)
        return 0

    cdef double deadline(self):
        """When it is due, or was the last time."""
        return self.timer.deadline

    cdef int fire(self) except -1:
        """Run the callback, in the hub."""
        raise NotImplementedError

    cdef int failed(self) except -1:
        """The callback raised, which has been reported."""
        return 0

    cdef int fired(self, int events) except -1:
        """The library reported *events*: queue the watcher once."""
        self.fired_events |= events
        if self.queued == 0:
            self.loop.push_fired(self, FIRE, self.level, &self.queued)
        return 0

    cdef int expired(self) except -1:
        """The timer of this watcher is due and out of the heap."""
        raise NotImplementedError


# Refers to anything that could refer back only while the heap holds it: so the
# collector has nothing to find here, and need not look at one per time-out.
@cython.no_gc
@cython.final
cdef class Alarm:
    """The timer of one ``Timeout``.

    The bet is that it is disarmed before it is due. It refers to its owner and to
    the greenlet only while armed.
    """

    def __cinit__(self):
        self.timer.index = -1
        self.timer.owner = <void*>self
        self.timer.kind = GEVENT_TIMER_ALARM

    @staticmethod
    cdef Alarm make(object seconds, bint ref, int level):
        cdef double after = seconds
        cdef Alarm made
        if isnan(after):
            raise ValueError("a Timeout needs a number of seconds, not NaN")
        made = Alarm.__new__(Alarm)
        made.loop = Scheduler.of_thread()
        made.seconds = seconds
        made.after = after
        made.is_referenced = ref
        made.level = level
        return made

    @staticmethod
    def create(seconds, bint ref, int level):
        """Return an unarmed alarm of the calling thread's loop.

        Raises:
            TypeError: *seconds* is no number.
            ValueError: *seconds* is NaN.
        """
        return Alarm.make(seconds, ref, max(-2, min(2, level)))

    cpdef int start_for(self, object owner) except -1:
        """Arm for the current greenlet, from now; then ``owner._expire(greenlet)``."""
        cdef Scheduler loop = self.loop
        if self.owner is not None:
            raise AssertionError(
                f"{owner!r} is already started; to restart it, cancel it first"
            )
        if self.is_closed:
            raise AssertionError("a closed Timeout cannot be started; make a new one")
        if loop.closing:
            raise ValueError("operation on destroyed loop")
        loop.arm(&self.timer, loop.clock() + self.after, False)
        self.owner = owner
        self.target = Scheduler.greenlet_now()
        loop.references += self.is_referenced
        return 0

    cpdef int halt(self) except -1:
        """Disarm, and forget whom it was for; harmless when it is not armed."""
        if self.owner is not None:
            # It may be due already and stand in the queue. Who has cancelled it must
            # not be thrown at afterwards (SCHED2).
            self.queued = 0
            self.loop.references -= self.is_referenced
            self.owner = None
            self.target = None
            if self.timer.index >= 0:
                self.loop.disarm(&self.timer, False)
        return 0

    @property
    def active(self):
        """Whether it is armed and has not fired."""
        return self.owner is not None

    @property
    def pending(self):
        """Whether it is due and has not been run yet."""
        return self.queued != 0

    @property
    def ref(self):
        """Whether it keeps the loop running while armed."""
        return bool(self.is_referenced)

    @ref.setter
    def ref(self, bint value):
        if self.owner is not None:
            self.loop.references += value - self.is_referenced
        self.is_referenced = value

    @property
    def callback(self):
        """The hook of the owner that is called; None while it is not armed."""
        cdef tuple call = alarm_call(self)
        return None if call is None else call[0]

    @property
    def args(self):
        """The arguments of the callback, or None."""
        cdef tuple call = alarm_call(self)
        return None if call is None else call[1]

    def stop(self):
        """Disarm."""
        self.halt()

    cpdef int close(self) except -1:
        """Disarm for good."""
        self.is_closed = True
        return self.halt()

    def __repr__(self):
        cdef tuple call = alarm_call(self)
        cdef str state = " active" if self.owner is not None else ""
        if self.queued:
            state += " pending"
        if call is not None:
            state += f" callback={call[0]!r} args={call[1]!r}"
        return f"<timer at 0x{id(self):x} native=0x{<size_t>&self.timer:x}{state}>"


cdef tuple alarm_call(Alarm alarm):
    """The call of an alarm, as (function, arguments), for who looks at it; or None."""
    if alarm.owner is not None:
        return alarm.owner._expiry(alarm.target)
    return alarm.failed_call


cdef class NativeGreenlet(greenlet):
    """A greenlet whose start can be queued, and taken back before it ran."""

    cdef int adopt(self, object parent) except -1:
        """Let it return to *parent* (the hub) when it ends."""
        return PyGreenlet_SetParent(
            <PyGreenlet*>(<PyObject*>self), <PyGreenlet*>(<PyObject*>parent)
        )

    cdef int announce_end(self) except -1:
        """It has ended: tell its only listener, in the hub."""
        raise NotImplementedError

    cdef bint is_unborn(self):
        """Whether nobody has ever switched to it."""
        return not PyGreenlet_STARTED(<PyGreenlet*>(<PyObject*>self))

    cdef int end_early(self, object error) except -1:
        """End it with *error* if it has not begun: it never runs. 1 if it did."""
        raise NotImplementedError


cdef class ParkPolicy:
    """Who may refuse that a greenlet waits; of one loop."""

    cdef int meet(self, object current, Waiter waiter) except -1:
        """The current greenlet is about to park on *waiter*, which was not woken.

        May raise, which ends the wait before it has begun, or switch.
        """
        raise NotImplementedError


cdef class SwitchHook:
    """A function that is told of each switch, until that is undone.

    A context manager, too, which undoes it at the end of its block. Nothing else ends
    it but an error of the function: a handle that is dropped leaves it where it is.
    """

    @property
    def active(self):
        """Whether it has not been undone."""
        return self.loop is not None

    def remove(self):
        """Undo it; repeatable.

        Thread safety:
            Only from the thread of the hub.
        """
        cdef Scheduler loop = self.loop
        self.loop = None
        if loop is not None:
            loop.hooks = tuple([each for each in loop.hooks if each is not self])
            loop.has_switch_hooks = len(loop.hooks) > 0
            if not loop.has_switch_hooks:
                loop.active = None

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.remove()

    def __repr__(self):
        cdef str state = "" if self.loop is not None else " removed"
        return f"<switch hook{state} function={self.function!r}>"


cdef class Scheduler:
    """The scheduling half of a loop; see the head of this module."""

    def __cinit__(self, *args, **kwargs):
        memset(&self.queue, 0, sizeof(gevent_queue))
        memset(&self.fired_queues[0], 0, N_LEVELS * sizeof(gevent_queue))
        memset(&self.timers, 0, sizeof(gevent_timer_heap))
        self.top_fired = -1
        self.interval = 0.005
        self.thread_ident = get_ident()
        self.has_own_clock = (
            getattr(type(self), "read_clock", None) is not None
        )
        self.now_cached = self.polled_at = self.drained_from = gevent_monotonic()
        self.hooks = ()
        self.born = self.now_cached
        self.born_at = ticks()
        self.max_run = INFINITY

    def __dealloc__(self):
        if gevent_thread_loop == <PyObject*>self:
            set_thread_loop(NULL)
        Py_XDECREF(self.running)
        release_queue(&self.queue)
        for level in range(N_LEVELS):
            release_queue(&self.fired_queues[level])
        gevent_timer_heap_free(&self.timers)

    @property
    def custom_switch(self):
        """Whether who parks goes through ``Hub.switch``, which is not ours."""
        return self.park_flags & CUSTOM_SWITCH != 0

    @custom_switch.setter
    def custom_switch(self, bint value):
        self.park_flags &= ~CUSTOM_SWITCH
        if value:
            self.park_flags |= CUSTOM_SWITCH

    # -- the loop of this thread ----------------------------------------------

    @staticmethod
    cdef Scheduler of_thread():
        """The calling thread's loop; made, with its hub, on first use."""
        if gevent_thread_loop != NULL:
            return <Scheduler>gevent_thread_loop
        return <Scheduler>(current_hub().loop)

    @staticmethod
    cdef Scheduler of_thread_or_none():
        """The calling thread's loop, or None if it has no hub."""
        if gevent_thread_loop != NULL:
            return <Scheduler>gevent_thread_loop
        return None

    @staticmethod
    cdef size_t thread_key() noexcept:
        """A number that no other living native thread has; never 0."""
        return <size_t>&gevent_thread_loop

    cdef bint is_current(self) noexcept:
        """Whether this is the calling thread's loop."""
        return gevent_thread_loop == <PyObject*>self

    @staticmethod
    def for_thread():
        """Return the calling thread's loop, made on first use."""
        return Scheduler.of_thread()

    @staticmethod
    cdef object call_guarded(object function, tuple arguments, dict keywords):
        """Call the body of a greenlet; the end of the interpreter stops it there."""
        return gevent_call_guarded(
            function, arguments, <PyObject*>keywords if keywords else NULL
        )

    @staticmethod
    cdef object greenlet_now():
        """The greenlet that runs now; None when the interpreter has let go of it."""
        cdef PyGreenlet* current = PyGreenlet_GetCurrent()
        cdef object result
        if current == NULL:
            PyErr_Clear()
            return None
        result = <object>current
        Py_DECREF(result)
        return result

    @staticmethod
    cdef bint is_ending() noexcept:
        """Whether the interpreter has let go of greenlets: nobody can wait any more."""
        cdef PyGreenlet* current = PyGreenlet_GetCurrent()
        if current == NULL:
            PyErr_Clear()
            return True
        Py_DECREF(<object>current)
        return False

    def attach_to_thread(self):
        """Make this the calling thread's loop; its hub is then the thread's."""
        self.note_thread()
        set_thread_loop(<PyObject*>self)

    def note_thread(self):
        """Remember what the kernel calls this thread; a fork changes it."""
        self.native_ident = get_native_id()

    def detach_from_thread(self):
        """Undo :meth:`attach_to_thread`, if this is the calling thread's loop."""
        if gevent_thread_loop == <PyObject*>self:
            set_thread_loop(NULL)

    # -- clock ------------------------------------------------------------------

    cdef double clock(self) except? -1:
        """Read the clock, and remember it."""
        if self.has_own_clock:
            self.now_cached = self.read_clock()
        else:
            self.now_cached = gevent_monotonic()
        return self.now_cached

    # -- how long it takes --------------------------------------------------------

    @property
    def max_run(self):
        """Seconds that a run or a turn may take; longer ones are told."""
        return self.limit

    @max_run.setter
    def max_run(self, double seconds):
        self.limit = seconds if seconds > 0.0 else INFINITY
        # Rather too few: how fast the counter ticks is known when it is looked at.
        self.long_run = as_ticks(self.limit * LEAST_TICKS)

    def read_times(self):
        """Return how many runs and how many turns took how long.

        Returns:
            Two lists, in which the number at index i counts what took from 2**i up to
            2**(i+1) ticks, and how many seconds a tick has.

        Thread safety:
            From any thread; numbers of one moment, more or less.
        """
        cdef int i
        return (
            [self.run_counts[i] for i in range(N_TIMES)],
            [self.lag_counts[i] for i in range(N_TIMES)],
            self.seconds_of(1 << 40) / (1 << 40),
        )

    def present_run(self):
        """Return the run that lasts (TIMES1): a number of its own, seconds, who runs.

        None while the loop polls or is not run; of a loop with a clock of its own too.

        Thread safety:
            From any thread.
        """
        cdef uint64_t n_ticks = ticks() - self.ran_from
        if not self.is_draining or self.has_own_clock or n_ticks >> 62:
            return None
        runner = <object>self.running if self.running != NULL else self.hub
        return (self.ran_from, self.seconds_of(n_ticks), runner)

    def begin_run(self, target):
        """The hub is about to throw at a greenlet, outside of any drain (TIMES1)."""
        if is_profiled_now(this_thread()):
            tell_of_leaving(self, this_thread())
        self.ran_from = tick_of(self)
        self.drop_running()
        self.running = <PyObject*>target
        Py_INCREF(target)
        self.is_draining = True

    def end_run_of(self, target):
        """The hub has control again: count how long that one ran."""
        cdef uint64_t n_ticks
        self.is_draining = False
        n_ticks = count_run(self, tick_of(self))
        if n_ticks:
            self.look_at_run(n_ticks, target)
        self.drop_running()
        if is_profiled(this_thread()):
            tell_of_going_on(self, this_thread())

    cdef double seconds_of(self, uint64_t n_ticks):
        """How long that is; the longer the loop lives, the better it is known."""
        cdef double seconds
        if self.has_own_clock:
            return n_ticks * 1e-9
        seconds = gevent_monotonic() - self.born
        if seconds < 1e-3:
            return n_ticks / LEAST_TICKS
        return n_ticks * (seconds / <double>(ticks() - self.born_at))

    cdef int look_at_run(self, uint64_t n_ticks, object runner) except -1:
        """A run was long: tell, if it was too long."""
        cdef double seconds
        if n_ticks >> 62:
            return 0  # the counter of another processor was behind
        seconds = self.seconds_of(n_ticks)
        self.long_run = as_ticks(n_ticks / seconds * self.limit)
        if seconds >= self.limit and not self.closing:
            tell_hub(self, "note_long_run", (runner, seconds))
        return 0

    cdef int look_at_turn(self, uint64_t n_ticks) except -1:
        """A turn was long: tell, if it was too long."""
        cdef double seconds
        if n_ticks >> 62:
            return 0
        seconds = self.seconds_of(n_ticks)
        if seconds >= self.limit and not self.closing:
            tell_hub(self, "note_long_turn", (seconds,))
        return 0

    # -- who wants to know of switches --------------------------------------------

    def add_switch_hook(self, function):
        """Call ``function(origin, target)`` at each switch; see ``Hub``."""
        cdef SwitchHook hook
        if gevent_thread_loop != <PyObject*>self:
            raise RuntimeError("switch hooks are added in the thread of their hub")
        hook = SwitchHook.__new__(SwitchHook)
        if PyCapsule_CheckExact(function):
            hook.native = <switch_function>PyCapsule_GetPointer(
                function, b"gevent_switch_hook"
            )
            hook.context = PyCapsule_GetContext(function)
        elif not callable(function):
            raise TypeError(f"expected a callable, not {function!r}")
        hook.function = function
        hook.loop = self
        if not self.has_switch_hooks:
            self.active = Scheduler.greenlet_now()
        self.hooks = (*self.hooks, hook)
        self.has_switch_hooks = True
        return hook

    cdef int tell(self, object target) except -1:
        """Tell hooks that control goes to *target*, unless they know (HOOK1)."""
        cdef object origin = self.active
        cdef tuple hooks = self.hooks
        cdef SwitchHook hook
        cdef Py_ssize_t i
        if origin is target:
            return 0
        self.active = target
        for i in range(len(hooks)):
            hook = <SwitchHook>hooks[i]
            if hook.native != NULL:
                hook.native(hook.context, <PyObject*>origin, <PyObject*>target)
            elif hook.loop is not None:
                call_hook(self, hook, origin, target)
        return 0

    cdef int tell_of_return(self, object target) except -1:
        """tell() where an exception may be on its way."""
        cdef PyObject* kind
        cdef PyObject* value
        cdef PyObject* trace
        if self.active is not target:
            PyErr_Fetch(&kind, &value, &trace)
            self.tell(target)
            PyErr_Restore(kind, value, trace)
        return 0

    cdef int catch_up(self) except -1:
        """Tell hooks who runs, if somebody switched past the scheduler."""
        return self.tell(Scheduler.greenlet_now())

    # -- queueing -----------------------------------------------------------------

    cdef int push(self, object item, int kind, uint64_t* slot) except -1:
        """Append to the FIFO; the entry's serial goes to *slot* (SCHED2)."""
        self.serials += 1
        Py_INCREF(item)
        if gevent_queue_push(
            &self.queue, <void*>item, (self.serials << KIND_BITS) | kind
        ) < 0:
            Py_DECREF(item)
            raise MemoryError
        if slot != NULL:
            slot[0] = self.serials
        return 0

    cdef int push_fired(
        self, object item, int kind, int level, uint64_t* slot
    ) except -1:
        """Append to what the poll found, at priority *level*."""
        cdef int at = level - LOWEST_LEVEL
        self.serials += 1
        Py_INCREF(item)
        if gevent_queue_push(
            &self.fired_queues[at],
            <void*>item,
            (self.serials << KIND_BITS) | kind,
        ) < 0:
            Py_DECREF(item)
            raise MemoryError
        self.n_fired += 1
        if at > self.top_fired:
            self.top_fired = at
        if slot != NULL:
            slot[0] = self.serials
        return 0

    cdef int queue_waiter(self, Waiter waiter) except -1:
        """Wake a waiter in its turn, also one that is about to park (SCHED8)."""
        if waiter.greenlet is None:
            waiter.woken = True
        elif waiter.queued == 0:
            self.push(waiter, WAKE, &waiter.queued)
        return 0

    cdef int queue_arriving(self, Waiter waiter) except -1:
        """Wake a waiter in its turn; one about to park lets others run first."""
        if waiter.queued == 0:
            self.push(waiter, WAKE, &waiter.queued)
        return 0

    cdef Waiter new_waiter(self):
        """A waiter for a greenlet of this loop's thread."""
        cdef Waiter waiter = Waiter.__new__(Waiter)
        waiter.loop = self
        return waiter

    cdef int queue_start(self, NativeGreenlet target) except -1:
        """Start a greenlet in its turn."""
        return self.push(target, START, &target.queued)

    cdef int withdraw_start(self, NativeGreenlet target) except -1:
        """Take a queued start back; its entry holds nothing from now on (SCHED2)."""
        cdef uint64_t serial = target.queued
        if serial == 0:
            return 0
        target.queued = 0
        return self.withdraw(target, START, serial)

    cdef int withdraw(self, object item, int kind, uint64_t serial) except -1:
        """Empty the entry that *item* has at *serial*, if it is in this queue."""
        if gevent_queue_withdraw(
            &self.queue, (serial << KIND_BITS) | kind, <void*>item
        ):
            Py_DECREF(item)
        return 0

    cdef int queue_end(self, NativeGreenlet ended) except -1:
        """Let a greenlet announce its end in its turn."""
        return self.push(ended, END, NULL)

    def run_callback(self, func, *args):
        """Queue ``func(*args)`` to run in the hub, in the next pass of the loop.

        Returns:
            A callback object: true and ``pending`` until it ran; ``stop()``
            cancels it.

        Raises:
            ValueError: The loop is destroyed.

        Thread safety:
            Only from the thread of the loop; see ``run_callback_threadsafe``.
        """
        cdef callback call = callback.__new__(callback)
        if self.closing:
            raise ValueError("operation on destroyed loop")
        call.callback = func
        call.arguments = args
        self.push(call, CALL, &call.queued)
        return call

    cdef bint has_work(self):
        """Whether any entry is queued."""
        return self.queue.count != 0 or self.n_fired != 0

    cdef bint handler_goes_on(self) noexcept:
        """Whether a signal handler that waits in the hub has been woken (SCHED9)."""
        cdef Waiter waiter = self.handler_waiter
        return waiter is not None and (waiter.woken or waiter.state != EMPTY)

    cdef bint polls_next(self):
        """Whether nothing is queued, but for a notification that reached everybody.

        Such a notification is usually the one that has resumed the current greenlet.
        """
        cdef gevent_entry* head
        cdef Linkable linkable
        if self.queue.count + self.n_fired > 1:
            return False
        if not self.has_work():
            return True
        head = gevent_queue_head(self.head_queue())
        if head.serial & KIND_MASK != NOTIFY:
            return False
        linkable = <Linkable>head.object
        return linkable.due_node() is None

    cdef Py_ssize_t n_pending(self):
        """How many entries are queued."""
        return self.queue.count - self.queue.withdrawn + self.n_fired

    cdef int clear_queues(self) except -1:
        """Drop every entry and stop every timer: the loop is being destroyed."""
        cdef gevent_timer* timer
        release_queue(&self.queue)
        for level in range(N_LEVELS):
            release_queue(&self.fired_queues[level])
        self.n_fired = 0
        self.top_fired = -1
        # One by one, and asking anew: what is finalized with one may stop others.
        while self.timers.size:
            timer = self.timers.slots[self.timers.size - 1].timer
            stop_timer(self, timer, <object>timer.owner)
        return 0

    # -- parking ------------------------------------------------------------------

    cdef int park(self, Waiter waiter, object subject) except -1:
        """Suspend the current greenlet until *waiter* is woken.

        Returns normally only when woken by the waiter's own wake-up. Raises
        what is thrown into the greenlet, InvalidSwitchError when somebody
        switched to it, BlockingSwitchOutError in the hub, greenlet.error in a
        foreign thread. However it ends, the waiter is not parked any more and
        no queue holds a live entry for it.
        """
        if try_park(self, waiter, subject) < 0:  # switches
            return -1
        return 0

    cdef int skip_park(self, Waiter waiter) except -1:
        """Go on without a switch: the wake-up was there first (SCHED8)."""
        waiter.queued = 0
        waiter.woken = False
        waiter.subject = None
        return 0

    cdef int set_has_cancelled(self, bint value) except -1:
        """Say whether ``policy`` is to be asked."""
        self.park_flags &= ~HAS_CANCELLED
        if value:
            self.park_flags |= HAS_CANCELLED
        return 0

    cdef bint ask_policy(self, object current, Waiter waiter) except -1:
        """Let who has a say refuse this wait, or make it wait for something else first.

        Returns:
            Whether the wake-up has come meanwhile.
        """
        if not self.park_flags & HAS_CANCELLED or self.in_hook:
            return False
        try:
            self.policy.meet(current, waiter)  # switches
        except BaseException:
            self.forget_delivery(waiter)
            self.skip_park(waiter)
            raise
        return waiter.woken or waiter.state != EMPTY

    cdef int park_handler(self, Waiter waiter, object subject) except -1:
        """park() of a signal handler in the hub, by a loop on top of it (SCHED9)."""
        cdef Waiter outer = self.handler_waiter
        if (
            self.closing
            or gevent_thread_loop != <PyObject*>self
            or not hasattr(self.hub, "run_handler_loop")
        ):
            refuse_park(self)
        waiter.timed_out = False
        self.handler_waiter = waiter
        # The callbacks that this loop runs are in the hub's greenlet, as the handler
        # is; left set, the flag would let them wait, too.
        self.runs_handlers = False
        try:
            while not waiter.woken and waiter.state == EMPTY:
                self.hub.run_handler_loop(subject)  # switches
        finally:
            self.handler_waiter = outer
            self.runs_handlers = True
            self.skip_park(waiter)
        if waiter.thrown is not None:
            return raise_thrown(waiter)
        return 0

    cdef int park_through_python(self, Waiter waiter) except -1:
        """park() by a ``Hub.switch`` that users replaced; without hand-off."""
        cdef object subject = waiter.subject
        cdef object got
        if self.in_hook:
            raise BlockingSwitchOutError("a switch hook cannot wait")
        if self.has_switch_hooks:
            self.catch_up()
            self.tell(self.hub)
        waiter.greenlet = Scheduler.greenlet_now()
        self.link_parked(waiter)
        try:
            got = self.hub.switch()  # switches
        except BaseException:
            self.forget_delivery(waiter)
            raise
        finally:
            self.unlink_parked(waiter)
        if self.delivered != <void*>waiter:
            self.forget_delivery(waiter)
            raise_invalid_switch(self, subject, got)
        self.delivered = NULL
        if waiter.thrown is not None:
            return raise_thrown(waiter)
        return 0

    cdef int forget_delivery(self, Waiter waiter) noexcept:
        """The greenlet goes on without its wake-up: nobody may deliver it later.

        Left alive, the entry would end the next wait on this waiter before its time;
        and whoever resumed that one by hand would pass for its wake-up.
        """
        waiter.queued = 0
        if self.delivered == <void*>waiter:
            self.delivered = NULL
        return 0

    cdef int link_parked(self, Waiter waiter) noexcept:
        waiter.parked_previous = NULL
        waiter.parked_next = self.parked
        if self.parked != NULL:
            (<Waiter>self.parked).parked_previous = <void*>waiter
        self.parked = <void*>waiter
        self.n_parked += 1
        return 0

    cdef int unlink_parked(self, Waiter waiter) noexcept:
        if waiter.parked_previous != NULL:
            (<Waiter>waiter.parked_previous).parked_next = waiter.parked_next
        else:
            self.parked = waiter.parked_next
        if waiter.parked_next != NULL:
            (<Waiter>waiter.parked_next).parked_previous = waiter.parked_previous
        waiter.parked_next = waiter.parked_previous = NULL
        waiter.greenlet = None
        waiter.subject = None
        self.n_parked -= 1
        return 0

    def parked_greenlets(self):
        """Return (greenlet, what it waits for) of every parked greenlet.

        The subject is an object or a text, or None if it is not known. Newest
        first.
        """
        cdef void* at = self.parked
        cdef list result = []
        while at != NULL:
            if (<Waiter>at).greenlet is not None:  # not abandoned
                result.append(((<Waiter>at).greenlet, (<Waiter>at).subject))
            at = (<Waiter>at).parked_next
        return result

    def waits(self):
        """Return (greenlet, subject, seconds left, is woken) of every parked greenlet.

        For who looks from outside, another thread included. Seconds left are None
        where the wait has no limit of its own (a ``Timeout`` is no part of it). "Is
        woken" says that its turn will come whatever happens. Newest first.
        """
        cdef void* at = self.parked
        cdef Waiter waiter
        cdef list result = []
        cdef double now = gevent_monotonic()
        if self.has_own_clock:
            now = self.now_cached
        while at != NULL:
            waiter = <Waiter>at  # held, whatever an allocation runs
            if waiter.greenlet is not None:  # not abandoned
                left = None
                if waiter.timer.index >= 0:
                    left = waiter.timer.deadline - now
                is_woken = waiter.queued != 0 or waiter.woken or waiter.timed_out
                result.append((waiter.greenlet, waiter.subject, left, is_woken))
            at = waiter.parked_next
        return result

    def is_between_polls(self):
        """Whether it runs signal handlers, before or after a poll and no callback.

        For who looks from outside. Uncompiled, they run inside the poll.
        """
        return bool(self.runs_handlers)

    def due_for(self):
        """Return what armed or queued entries are about, for who looks from outside.

        The greenlets that a ``Timeout`` is armed for, and armed timers; of what is
        queued, the :class:`callback` objects, and what is about to announce something:
        a :class:`Linkable`, or a greenlet that has ended.
        """
        cdef list result = []
        cdef Py_ssize_t place = 0
        cdef gevent_timer* timer
        cdef int level
        while place < self.timers.size:
            timer = self.timers.slots[place].timer
            if timer.kind == GEVENT_TIMER_ALARM:
                result.append((<Alarm>timer.owner).target)
            elif timer.kind == GEVENT_TIMER_WATCHER:
                result.append(<object>timer.owner)
            place += 1
        append_due(result, &self.queue)
        for level in range(N_LEVELS):
            append_due(result, &self.fired_queues[level])
        return result

    def living(self):
        """Return the greenlets that are parked or are to be started, oldest first."""
        cdef void* at = self.parked
        cdef size_t place
        cdef gevent_entry* entry
        cdef list found = []
        while at != NULL:
            if (<Waiter>at).greenlet is not None:
                found.append((<Waiter>at).greenlet)
            at = (<Waiter>at).parked_next
        found.reverse()
        for place in range(self.queue.count):
            entry = gevent_queue_at(&self.queue, place)
            if entry.serial & KIND_MASK == START and entry.object != NULL:
                found.append(<object>entry.object)
        found.sort(key=birth_of)
        return found

    def strand(self, target, subject):
        """Let a greenlet that is parked for *subject* be parked for ever.

        For forked children: nothing of it runs, not even its end. What would wake
        it finds nobody. Its waiter stays in the list (SCHED5), so that it can leave it
        if it is thrown into nevertheless. The caller keeps the greenlet alive.
        """
        cdef void* at = self.parked
        while at != NULL:
            if (<Waiter>at).greenlet is target and (<Waiter>at).subject is subject:
                (<Waiter>at).greenlet = None
            at = (<Waiter>at).parked_next

    cdef void* take_handoff(self, Waiter entering) except? NULL:
        """Pop the head if it is a resumption: an owned Waiter, else NULL.

        The waiter that is about to park may find its own wake-up. May run
        Python code (finalizers of dropped entries; they may park, too), so it
        is called before anything is recorded (SCHED6). Counts towards the hub's
        turn.
        """
        cdef uint64_t now = self.tick
        self.steps += 1
        if self.steps >= MOST_HANDOFFS or (self.only_fired and self.n_fired == 0):
            return NULL
        if (
            self.n_fired == 0
            and now - self.looked_at >= TICKS_BETWEEN_LOOKS
            and self.turn_is_over()
        ):
            self.steps = MOST_HANDOFFS  # the hub polls at once, too
            return NULL
        return self.next_resumption(entering)

    cdef bint is_overdue(self) except -1:
        """Whether the switch interval passed since the last poll."""
        return self.clock() - self.polled_at >= self.interval

    cdef bint turn_is_over(self) except -1:
        """Whether the FIFO has had its switch interval.

        Asked before a step if the processor's own counter has moved on by a part of
        the interval since the last time; a loop with a clock of its own, always.
        """
        if not self.has_own_clock:
            self.looked_at = ticks()
        return self.clock() - self.drained_from >= self.interval

    cdef int note_poll(self) except -1:
        """The hub has polled: remember when."""
        self.polled_at = self.clock()
        self.turn_from = tick_of(self)
        if not self.has_own_clock:
            self.looked_at = self.turn_from
        return 0

    cdef int note_turn(self) except -1:
        """The hub is about to poll: count how long it did not."""
        cdef uint64_t n_ticks
        if self.turn_from:
            n_ticks = tick_of(self) - self.turn_from
            self.lag_counts[log2_of(n_ticks)] += 1
            if n_ticks >= self.long_run:
                self.look_at_turn(n_ticks)
        return 0

    cdef int begin_turn(self) except -1:
        """The turn of the FIFO begins.

        It counts from the poll, unless what that found took its time: those who are
        queued get their interval all the same.
        """
        self.drained_from = self.polled_at
        if ticks() - self.looked_at >= TICKS_BETWEEN_LOOKS:
            if not self.has_own_clock:
                self.looked_at = ticks()
            self.drained_from = self.clock()
        return 0

    cdef gevent_queue* head_queue(self) noexcept:
        """The queue whose head runs next, NULL when all are empty."""
        if self.n_fired:
            while self.fired_queues[self.top_fired].count == 0:
                self.top_fired -= 1
            return &self.fired_queues[self.top_fired]
        self.top_fired = -1
        if self.queue.count:
            return &self.queue
        return NULL

    cdef void drop_head(self, gevent_queue* queue) noexcept:
        """Pop the head; its reference is the caller's now."""
        gevent_queue_pop(queue)
        if queue != &self.queue:
            self.n_fired -= 1

    cdef void* next_resumption(self, Waiter entering) except? NULL:
        """Pop the head if it resumes a parked greenlet; drop dead entries.

        Returns an owned Waiter that is parked and no longer queued or linked,
        or NULL when the head is for the hub or there is none. *entering* is the
        waiter of a greenlet that is about to park; its wake-up counts, too.
        """
        cdef gevent_queue* queue
        cdef int kind
        cdef int outcome = DROPPED
        cdef void* found = NULL
        while outcome == DROPPED:
            if entering is not None and entering.woken:
                Py_INCREF(entering)
                return <void*>entering
            queue = self.head_queue()
            if queue == NULL:
                return NULL
            kind = gevent_queue_head(queue).serial & KIND_MASK
            if kind == WAKE:
                outcome = take_wake(self, queue, entering, &found)
            elif kind == FIRE:
                outcome = take_fire(self, queue, entering, &found)
            elif kind == NOTIFY:
                outcome = take_notification(self, queue, entering, &found)
            elif gevent_queue_head(queue).object == NULL:
                gevent_queue_pop_withdrawn(queue)
            else:
                outcome = FOR_HUB
        return found

    cdef int resume(self, Waiter waiter, bint handoff) except -1:
        """Switch from the hub to the greenlet parked on *waiter*.

        Returns when the hub has control again, for whatever reason. An
        exception that arrives in the hub (of a raw greenlet that died, or
        thrown by somebody) is raised.
        """
        cdef PyThreadState* thread = this_thread()
        cdef PyObject* result
        waiter.queued = 0
        # The last reference to a dead greenlet may go here, and what finalizes it may
        # throw at the one that we are about to resume. That one has gone on then, and
        # must not be resumed a second time: look after this, not before.
        self.drop_running()
        if self.has_switch_hooks and waiter.greenlet is not None:
            self.tell(self.hub)
            self.tell(waiter.greenlet)
        if is_profiled_now(thread):
            tell_of_leaving(self, thread)
        if waiter.greenlet is None:
            if is_profiled(thread):
                tell_of_going_on(self, thread)
            return 0
        # no switch until the switch: from here no Python code may run (SCHED6)
        self.delivered = <void*>waiter
        self.running = <PyObject*>waiter.greenlet
        Py_INCREF(waiter.greenlet)
        self.handoff = handoff
        self.n_switches += 1
        result = PyGreenlet_Switch(  # switches
            <PyGreenlet*>self.running, NULL, NULL
        )
        # Before anything runs in the hub. A callback may switch to a greenlet by hand;
        # with hand-off on, that one would pass control to others when it blocks, and
        # the callback would hang in its middle until the hub has its turn (SCHED4).
        self.handoff = False
        if self.running != NULL and handoff:
            end_run(self)
        if self.has_switch_hooks:
            self.tell_of_return(self.hub)
        if is_profiled(thread):
            tell_of_going_on(self, thread)
        if result == NULL:
            return -1
        Py_DECREF(<object>result)
        return 0

    cpdef bint throw_parked(self, object target, object error) except -1:
        """In the hub: raise in a greenlet that is parked. False if it is not.

        Cheaper by far than ``greenlet.throw``, which unwinds through C++ frames.
        """
        cdef void* parked_on = NULL
        cdef Waiter waiter
        # A handler that waits is in the hub's own greenlet: there is nobody to switch
        # to. It finds the error when the loop that it runs comes back (SCHED9).
        if target is self.hub and self.handler_waiter is not None:
            self.handler_waiter.thrown = error
            self.handler_waiter.woken = True
            return True
        # Whoever traces greenlets is to see a throw.
        if gettrace() is not None:
            return False
        # Finalizers that run here may wake the target. Its waiter is asked for only
        # afterwards: one that it has left would keep the error for its next wait.
        self.drop_running()
        if isinstance(target, NativeGreenlet):
            parked_on = (<NativeGreenlet>target).parked_on
        elif target is self.root:
            parked_on = self.root_parked_on
        if (
            parked_on == NULL
            or gevent_thread_loop != <PyObject*>self
            or Scheduler.greenlet_now() is not self.hub
        ):
            return False
        if not isinstance(error, BaseException):
            raise TypeError(f"only exceptions can be thrown, not {error!r}")
        waiter = <Waiter>parked_on
        waiter.thrown = error
        self.resume(waiter, False)  # switches
        return True

    cdef int drop_running(self) except -1:
        """Forget who ran last; a dead greenlet goes with it."""
        cdef PyObject* before = self.running
        self.running = NULL
        Py_XDECREF(before)
        return 0

    cdef int sleep(self, double seconds, bint ref) except -1:
        """Park for *seconds* from now; ``ref=False`` lets the loop end meanwhile."""
        cdef Waiter waiter = Waiter.__new__(Waiter)
        waiter.loop = self
        waiter.priority = 0
        waiter.ref = ref
        self.arm(&waiter.timer, self.clock() + seconds, ref)
        if try_park(self, waiter, "sleep") < 0:  # switches
            if waiter.timer.index >= 0:
                self.disarm(&waiter.timer, ref)
            return -1
        return 0

    cdef int yield_once(self) except -1:
        """Queue the current greenlet behind everything that is queued, and park."""
        cdef Waiter waiter = Waiter.__new__(Waiter)
        waiter.loop = self
        self.push(waiter, WAKE, &waiter.queued)
        if try_park(self, waiter, "sleep") < 0:  # switches
            waiter.queued = 0
            return -1
        return 0

    # -- timers ----------------------------------------------------------------------

    cdef int arm(self, gevent_timer* timer, double deadline, bint ref) except -1:
        """Put an unarmed timer into the heap, which then owns its object."""
        if gevent_timer_arm(&self.timers, timer, deadline) < 0:
            raise MemoryError
        Py_INCREF(<object>timer.owner)
        self.references += ref
        return 0

    cdef int disarm(self, gevent_timer* timer, bint ref) except -1:
        """Take an armed timer out; its object may go with it."""
        gevent_timer_disarm(&self.timers, timer)
        self.references -= ref
        Py_DECREF(<object>timer.owner)
        return 0

    def first_deadline(self):
        """Return when the first timer is due, infinite if there is none."""
        return self.next_deadline()

    cdef double next_deadline(self):
        """When the first timer is due, infinite if there is none."""
        if self.timers.size == 0:
            return inf
        return self.timers.slots[0].deadline

    cdef int requeue(self, callback call) except -1:
        """Queue a call that another thread made."""
        return self.push(call, CALL, &call.queued)

    cdef int fire_due_timers(self) except -1:
        """Move every timer that is due into the fired queues, oldest first."""
        cdef gevent_timer* timer
        cdef object owner
        cdef Waiter waiter
        cdef Alarm alarm
        while self.timers.size and self.timers.slots[0].deadline <= self.now_cached:
            timer = self.timers.slots[0].timer
            owner = <object>timer.owner
            if timer.kind == GEVENT_TIMER_WAITER:
                waiter = <Waiter>owner
                self.disarm(timer, waiter.ref)
                # With a wake-up in the queue it was woken before its time was over.
                # Marked now, it would report a time-out for a wait that succeeded.
                if waiter.queued == 0:
                    waiter.timed_out = True
                    if waiter.greenlet is not None:
                        self.push_fired(waiter, WAKE, waiter.priority, &waiter.queued)
                    else:
                        waiter.woken = True
            elif timer.kind == GEVENT_TIMER_ALARM:
                self.disarm(timer, False)
                alarm = <Alarm>owner
                self.push_fired(alarm, ALARM, alarm.level, &alarm.queued)
            else:
                # The watcher knows its own reference flag, and may repeat.
                gevent_timer_disarm(&self.timers, timer)
                Py_DECREF(owner)
                (<Watcher>owner).expired()
        return 0

    # -- the drain -------------------------------------------------------------------

    cdef int drain(self, bint only_fired) except -1:
        """Run queued entries, until there are none or it is time to poll.

        What the poll found runs to the end; the FIFO (unless *only_fired*) until the
        switch interval is over.
        """
        self.steps = 0
        self.only_fired = only_fired
        if not only_fired:
            self.begin_turn()
        self.ran_from = tick_of(self)
        self.is_draining = True
        try:
            self.run_steps()  # switches
        finally:
            self.is_draining = False
        return 0

    cdef int run_steps(self) except -1:
        """The body of drain()."""
        while True:
            try:
                if self.chooser is None:
                    while self.step():
                        pass
                else:
                    while self.step_chosen():
                        pass
                self.drop_running()
                return 0
            except GreenletExit:
                # Only thrown at the hub on purpose: a dying greenlet returns it.
                raise
            except BaseException as error:
                # last resort: a raw greenlet died, or somebody threw at the hub
                self.report_death(error)

    cdef int step(self) except -1:
        """Run the head entry. 0 when the drain is to end."""
        cdef gevent_queue* queue
        cdef void* waiter
        self.steps += 1
        if self.n_fired == 0:
            if self.only_fired:
                return 0
            if self.steps >= MOST_HANDOFFS:
                self.steps = 0
                return 0
            if (
                ticks() - self.looked_at >= TICKS_BETWEEN_LOOKS
                and self.turn_is_over()
            ):
                return 0
        waiter = self.next_resumption(None)
        if waiter != NULL:
            self.resume_owned(waiter)  # switches
            return 1
        queue = self.head_queue()
        if queue == NULL:
            return 0
        self.run_head(queue, gevent_queue_head(queue))  # switches
        return 1

    cdef int step_chosen(self) except -1:
        """Run one of the entries that could run next (CHOICE1). 0: end the drain."""
        cdef gevent_queue* queue
        cdef size_t places[MOST_CHOICES]
        cdef int n_choices, drawn = 0
        self.steps += 1
        if self.n_fired == 0:
            if self.only_fired:
                return 0
            if self.steps >= MOST_HANDOFFS:
                self.steps = 0
                return 0
            if self.turn_is_over():
                return 0
        queue = self.head_queue()
        if queue == NULL:
            return 0
        n_choices = find_choices(queue, places)
        if n_choices > 1:
            drawn = self.chooser(n_choices)
            if not 0 <= drawn < n_choices:
                raise ValueError(f"no choice among {n_choices}: {drawn!r}")
        if n_choices:
            self.run_choice(queue, places[drawn])  # switches
        else:
            self.run_without_choice(queue)  # switches
        return 1

    cdef int run_choice(self, gevent_queue* queue, size_t place) except -1:
        """Resume or start the greenlet of one entry."""
        cdef gevent_entry* entry = gevent_queue_at(queue, place)
        cdef int kind = entry.serial & KIND_MASK
        cdef void* item = entry.object
        cdef Waiter waiter
        cdef Node node
        if kind == NOTIFY:
            # Not out of its place, for others may be waiting behind this one.
            node = (<Linkable>item).due_node()
            (<Linkable>item).remove_node(node)
            waiter = <Waiter>node
            if (<Linkable>item).first is None:
                (<Linkable>item).queued = 0
                take_out(self, queue, place)
                Py_DECREF(<object>item)  # may run finalizers
        elif kind == START:
            take_out(self, queue, place)
            target = <object>item
            Py_DECREF(target)
            (<NativeGreenlet>target).queued = 0
            return self.start(target)  # switches
        elif kind == FIRE:
            take_out(self, queue, place)
            waiter = (<Watcher>item).waiter
            (<Watcher>item).queued = 0
            (<Watcher>item).waiter = None
            Py_DECREF(<object>item)  # may run finalizers
        else:
            take_out(self, queue, place)
            waiter = <Waiter>item
            Py_DECREF(waiter)
        waiter.queued = 0
        if waiter.greenlet is None:
            waiter.woken = True  # see take_wake()
            return 0
        return self.resume(waiter, False)  # switches

    cdef int run_without_choice(self, gevent_queue* queue) except -1:
        """Nobody could run: drop the head if it is dead, else run it in the hub."""
        cdef int kind = gevent_queue_head(queue).serial & KIND_MASK
        cdef int outcome = FOR_HUB
        cdef void* found = NULL
        if kind == WAKE:
            outcome = take_wake(self, queue, None, &found)
        elif kind == FIRE:
            outcome = take_fire(self, queue, None, &found)
        elif kind == NOTIFY:
            outcome = take_notification(self, queue, None, &found)
        elif gevent_queue_head(queue).object == NULL:
            gevent_queue_pop_withdrawn(queue)
            return 0
        if outcome == RESUMES:
            raise AssertionError("a greenlet that could run was not found")
        if outcome == FOR_HUB:
            return self.run_head(queue, gevent_queue_head(queue))  # switches
        return 0

    cdef int resume_owned(self, void* item) except -1:
        """resume() a waiter whose reference belongs to us."""
        cdef Waiter waiter = <Waiter>item
        Py_DECREF(waiter)
        if waiter.greenlet is None:
            waiter.woken = True
            return 0
        return self.resume(waiter, True)  # switches

    cdef int run_head(self, gevent_queue* queue, gevent_entry* head) except -1:
        """Run an entry that belongs to the hub."""
        cdef int kind = head.serial & KIND_MASK
        cdef uint64_t serial = head.serial >> KIND_BITS
        cdef object item = <object>head.object
        cdef Linkable linkable
        cdef Node node
        if kind == NOTIFY:
            linkable = <Linkable>item
            # Finalizers that run here may unlink the node that has brought us: the
            # list is asked afterwards.
            self.drop_running()
            node = linkable.due_node()
            if node is not None and type(node) is Link:
                run_link(self, linkable, <Link>node)
            end_call(self)
            return 0
        self.drop_head(queue)
        Py_DECREF(item)
        # Let go of the greenlet that ran last: a callback may switch to another one by
        # hand, and would keep the dead one while that runs. Finalizers that run here
        # may take back what this entry is for, by a kill for example: the serials below
        # are compared after this.
        self.drop_running()
        if kind == CALL:
            run_call(self, <callback>item)
        elif kind == START:
            if (<NativeGreenlet>item).queued == serial:
                (<NativeGreenlet>item).queued = 0
                self.start(item)  # switches
            return 0
        elif kind == ALARM:
            if (<Alarm>item).queued == serial:
                run_alarm(self, <Alarm>item)  # switches
        elif kind == END:
            (<NativeGreenlet>item).announce_end()
        elif kind == FIRE:
            if (<Watcher>item).queued == serial:
                (<Watcher>item).queued = 0
                run_watcher(self, <Watcher>item)
        end_call(self)
        return 0

    cdef int start(self, object target) except -1:
        """First switch into a new greenlet; nothing if it was started."""
        cdef PyThreadState* thread = this_thread()
        cdef PyGreenlet* native = <PyGreenlet*>(<PyObject*>target)
        cdef PyObject* result
        self.drop_running()  # may run finalizers
        if is_profiled_now(thread):
            tell_of_leaving(self, thread)
        # Somebody may have switched to it by hand before its turn came. It is in the
        # middle of its work then, and a switch from here would look like a wake-up.
        if PyGreenlet_STARTED(native):
            if is_profiled(thread):
                tell_of_going_on(self, thread)
            return 0
        if self.has_switch_hooks:
            self.tell(self.hub)
            self.tell(target)
        Py_INCREF(target)
        self.running = <PyObject*>target
        self.handoff = self.chooser is None
        self.n_switches += 1
        result = PyGreenlet_Switch(native, NULL, NULL)  # switches
        self.handoff = False
        if self.running != NULL:
            end_run(self)
        if self.has_switch_hooks:
            self.tell_of_return(self.hub)
        if is_profiled(thread):
            tell_of_going_on(self, thread)
        if result == NULL:
            return -1
        Py_DECREF(<object>result)
        return 0

    def report(self, context, error):
        """Hand an error to the loop's error handler; never raises but HubDestroyed."""
        raise NotImplementedError

    def report_death(self, error):
        """Report an error that arrived in the hub for the greenlet that died."""
        cdef object victim = None
        if self.running != NULL:
            victim = <object>self.running
            Py_DECREF(victim)
            self.running = NULL
        self.report(victim, error)


# -- what the head of the queue is to who asks for a resumption: one function per kind.
#    *found* gets an owned Waiter when the outcome is RESUMES.


cdef inline int take_wake(
    Scheduler self, gevent_queue* queue, Waiter entering, void** found
) except -1:
    """Take the wake-up of a waiter that is parked, or about to be."""
    cdef gevent_entry* head = gevent_queue_head(queue)
    cdef uint64_t serial = head.serial >> KIND_BITS
    cdef void* item = head.object
    cdef Waiter waiter = <Waiter>item
    self.drop_head(queue)
    if waiter.queued == serial:
        waiter.queued = 0
        if waiter.greenlet is not None or item == <void*>entering:
            found[0] = item
            return RESUMES
        # It is announced, but does not wait yet: a finalizer or a hook has let us run
        # in between. The entry is used up, so this note takes its place (SCHED8).
        waiter.woken = True
    Py_DECREF(<object>item)
    return DROPPED


cdef inline int take_fire(
    Scheduler self, gevent_queue* queue, Waiter entering, void** found
) except -1:
    """Take a watcher that fired for a waiter; one with a callback is for the hub."""
    cdef gevent_entry* head = gevent_queue_head(queue)
    cdef void* item = head.object
    cdef Watcher watcher = <Watcher>item
    cdef Waiter waiter
    if watcher.queued != head.serial >> KIND_BITS:
        self.drop_head(queue)
        Py_DECREF(<object>item)
        return DROPPED
    waiter = watcher.waiter
    if waiter is None:
        return FOR_HUB
    self.drop_head(queue)
    watcher.queued = 0
    watcher.waiter = None
    Py_INCREF(waiter)
    Py_DECREF(<object>item)  # may run finalizers, which may resume the greenlet
    if waiter.greenlet is None and waiter is not entering:
        waiter.woken = True
        Py_DECREF(waiter)
        return DROPPED
    # Its time-out may be queued as well. The first of the two that is met is the
    # wake-up; the other one is dead from here on.
    waiter.queued = 0
    found[0] = <void*>waiter
    return RESUMES


cdef inline int take_notification(
    Scheduler self, gevent_queue* queue, Waiter entering, void** found
) except -1:
    """Take the first waiter that is to be told; a callable is for the hub."""
    cdef gevent_entry* head = gevent_queue_head(queue)
    cdef void* item = head.object
    cdef Linkable linkable = <Linkable>item
    cdef Waiter waiter
    cdef Node node
    if linkable.queued != head.serial >> KIND_BITS:
        self.drop_head(queue)
        Py_DECREF(<object>item)
        return DROPPED
    node = linkable.due_node()
    if node is None:
        linkable.queued = 0
        self.drop_head(queue)
        Py_DECREF(<object>item)
        return DROPPED
    if type(node) is Link:
        return FOR_HUB
    # Unlinked before it is told: woken, it may wait for the same object again, and must
    # then stand at the end of the list (LINK3).
    linkable.remove_node(node)
    waiter = <Waiter>node
    if linkable.first is None:
        # It has reached everybody, and must not be kept by that.
        linkable.queued = 0
        self.drop_head(queue)
        Py_DECREF(<object>item)
    if waiter.greenlet is None and waiter is not entering:
        waiter.woken = True
        return DROPPED
    waiter.queued = 0
    Py_INCREF(waiter)
    found[0] = <void*>waiter
    return RESUMES


# -- with a chooser: who could run next (CHOICE1)


cdef int find_choices(gevent_queue* queue, size_t* places) except -1:
    """Note the places of the entries that could run next; return how many."""
    cdef size_t place
    cdef int n_choices = 0
    cdef int outcome
    for place in range(queue.count):
        outcome = outcome_of(gevent_queue_at(queue, place))
        if outcome == FOR_HUB:
            break
        if outcome == RESUMES:
            places[n_choices] = place
            n_choices += 1
            if n_choices == MOST_CHOICES:
                break
    return n_choices


cdef int outcome_of(gevent_entry* entry) except -1:
    """Say what running an entry would be."""
    cdef int kind = entry.serial & KIND_MASK
    cdef uint64_t serial = entry.serial >> KIND_BITS
    cdef void* item = entry.object
    cdef Waiter waiter
    cdef Node node
    if item == NULL:
        return DROPPED
    if kind == WAKE:
        waiter = <Waiter>item
        return RESUMES if waiter.queued == serial and is_parked(waiter) else DROPPED
    if kind == START:
        if (<NativeGreenlet>item).queued != serial or PyGreenlet_STARTED(
            <PyGreenlet*>item
        ):
            return DROPPED
        return RESUMES
    if kind == NOTIFY:
        if (<Linkable>item).queued != serial:
            return DROPPED
        node = (<Linkable>item).due_node()
        if node is None:
            return DROPPED
        if type(node) is Link:
            return FOR_HUB
        return RESUMES if is_parked(<Waiter>node) else DROPPED
    if kind == FIRE:
        if (<Watcher>item).queued != serial:
            return DROPPED
        waiter = (<Watcher>item).waiter
        if waiter is None:
            return FOR_HUB
        return RESUMES if is_parked(waiter) else DROPPED
    if kind == ALARM and (<Alarm>item).queued != serial:
        return DROPPED
    return FOR_HUB


cdef inline bint is_parked(Waiter waiter) noexcept:
    return waiter.greenlet is not None


cdef int take_out(Scheduler self, gevent_queue* queue, size_t place) noexcept:
    """Take an entry out of the middle; its reference is the caller's now."""
    # Those before it move up, in their order (RUN2).
    while place > 0:
        gevent_queue_at(queue, place)[0] = gevent_queue_at(queue, place - 1)[0]
        place -= 1
    self.drop_head(queue)
    return 0


# -- parking: choose whom to switch to, record that we wait, switch, settle


# park() for callers that look at the result themselves: -1 with the exception set.
# Passing it on by `return -1` leaves the scheduler's own lines out of tracebacks,
# each of which costs as much as the switch.
ctypedef int (*quiet_park)(Scheduler, Waiter, object) noexcept


cdef inline bint is_plain(PyGreenlet* native, object current) noexcept:
    """Whether a greenlet cannot have a ``switch_out`` method."""
    cdef PyTypeObject* kind = Py_TYPE(current)
    return (kind == raw_type or kind == plain_type) and native.dict == NULL


cdef inline bint is_of_ours(object current) noexcept:
    """Whether a greenlet has native fields."""
    cdef PyTypeObject* kind = Py_TYPE(current)
    return kind == plain_type or (
        kind != raw_type and isinstance(current, NativeGreenlet)
    )


cdef inline void record_park(
    Scheduler self, Waiter waiter, object current, bint is_native
) noexcept:
    """Write down that *current* waits; nothing here runs Python code (SCHED6)."""
    waiter.greenlet = current
    if is_native:
        (<NativeGreenlet>current).parked_on = <void*>waiter
    elif current is self.root:
        self.root_parked_on = <void*>waiter
    self.link_parked(waiter)


cdef inline void record_return(
    Scheduler self, Waiter waiter, object current, bint is_native
) noexcept:
    """Write down that *current* waits no more."""
    self.unlink_parked(waiter)
    if is_native:
        (<NativeGreenlet>current).parked_on = NULL
    elif current is self.root:
        self.root_parked_on = NULL


cdef void* announce_park(Scheduler self, object current, void* target) except? NULL:
    """Tell hooks whom *current* switches to: an owned Waiter, or the hub.

    Returns:
        Whom it is to switch to: a hook may have ended the wait of that one.
    """
    self.tell(current)
    if target != NULL:
        self.tell((<Waiter>target).greenlet)
        if (<Waiter>target).greenlet is not None:
            return target
        Py_DECREF(<object>target)
    self.tell(self.hub)
    return NULL


cdef int call_hook(
    Scheduler self, SwitchHook hook, object origin, object target
) except -1:
    """Call a hook in Python; one that fails is removed, and reported later (HOOK2)."""
    cdef unsigned int custom_switch = self.park_flags & CUSTOM_SWITCH
    # Whoever parks in a hook comes by there, and is refused (HOOK2).
    self.in_hook = True
    self.park_flags |= CUSTOM_SWITCH
    try:
        hook.function(origin, target)
    except BaseException as error:  # last resort: whoever switches has no part in it
        hook.remove()
        if not self.closing:
            self.run_callback(self.report, hook, error)
    finally:
        self.in_hook = False
        if not custom_switch:
            self.park_flags &= ~CUSTOM_SWITCH
    return 0


cdef int tell_of_leaving(Scheduler self, PyThreadState* thread) except -1:
    """Tell the profile function that the current greenlet parks (PROFILE1)."""
    try:
        profile_leave(thread)
    except BaseException as error:  # last resort: whoever switches has no part in it
        if not self.closing:
            self.run_callback(self.report, "profile function", error)
    return 0


cdef int tell_of_going_on(Scheduler self, PyThreadState* thread) except -1:
    """Tell it that the greenlet goes on; what is being raised stays."""
    cdef PyObject* kind
    cdef PyObject* value
    cdef PyObject* trace
    PyErr_Fetch(&kind, &value, &trace)
    try:
        profile_return(thread)
    except BaseException as error:  # last resort: the wake-up must not be lost
        if not self.closing:
            self.run_callback(self.report, "profile function", error)
    PyErr_Restore(kind, value, trace)
    return 0


# -- how long it takes: TIMES1


cdef int tell_hub(Scheduler self, str name, tuple arguments) except -1:
    """Call a method of the hub, if it has it; what fails is reported later."""
    try:
        method = getattr(self.hub, name, None)
        if method is not None:
            method(*arguments)
    except BaseException as error:  # last resort: whoever ran has no part in it
        if not self.closing:
            self.run_callback(self.report, name, error)
    return 0


cdef uint64_t own_tick(Scheduler self) except? 0:
    """The clock of a loop that has one of its own, in nanoseconds; never 0."""
    return (1ull << 62) + <uint64_t>(<double>self.read_clock() * 1e9)


cdef inline uint64_t tick_of(Scheduler self) except? 0:
    """The counter, now."""
    return own_tick(self) if self.has_own_clock else ticks()


cdef inline uint64_t as_ticks(double n_ticks) noexcept:
    return <uint64_t>n_ticks + 1 if n_ticks < 4e18 else <uint64_t>-1


cdef inline uint64_t count_run(Scheduler self, uint64_t now) noexcept:
    """A run has ended: count it. How many ticks it had if it was long, else 0."""
    cdef uint64_t n_ticks = now - self.ran_from
    self.ran_from = now
    self.run_counts[log2_of(n_ticks)] += 1
    return 0 if n_ticks < self.long_run else n_ticks


cdef inline int end_park(Scheduler self, object current) except -1:
    """The current greenlet parks: that is the end of its run."""
    cdef uint64_t n_ticks
    self.tick = tick_of(self)
    n_ticks = count_run(self, self.tick)
    if n_ticks:
        self.look_at_run(n_ticks, current)
    return 0


cdef int end_run(Scheduler self) except -1:
    """The greenlet that was switched to last has ended."""
    cdef PyObject* kind
    cdef PyObject* value
    cdef PyObject* trace
    cdef uint64_t n_ticks
    if self.has_own_clock:
        PyErr_Fetch(&kind, &value, &trace)
        n_ticks = count_run(self, own_tick(self))
        PyErr_Restore(kind, value, trace)
    else:
        n_ticks = count_run(self, ticks())
    if n_ticks:
        PyErr_Fetch(&kind, &value, &trace)
        self.look_at_run(n_ticks, <object>self.running)
        PyErr_Restore(kind, value, trace)
    return 0


cdef inline int end_call(Scheduler self) except -1:
    """A call in the hub has ended."""
    cdef uint64_t n_ticks = count_run(self, tick_of(self))
    if n_ticks:
        self.look_at_run(n_ticks, self.hub)
    return 0


cdef inline PyObject* switch_away(Scheduler self, void* target) noexcept:
    """Switch to the greenlet of an owned waiter, or to the hub.

    NULL: there is an exception, which the caller passes on.
    """
    cdef Waiter other
    if target == NULL:
        self.running = NULL
        return PyGreenlet_Switch(  # switches
            <PyGreenlet*>(<PyObject*>self.hub), NULL, NULL
        )
    other = <Waiter>target
    self.delivered = target
    self.running = <PyObject*>other.greenlet
    Py_INCREF(other.greenlet)
    self.n_switches += 1
    # The parked side holds it too, so this cannot be the last one, and no finalizer
    # runs before the switch (SCHED6).
    Py_DECREF(<object>target)
    return PyGreenlet_Switch(<PyGreenlet*>self.running, NULL, NULL)  # switches


cdef inline int settle(
    Scheduler self,
    PyThreadState* thread,
    Waiter waiter,
    object subject,
    PyObject* result,
    bint is_delivered,
) except -1:
    """Judge what has resumed the current greenlet."""
    cdef object got
    if result == NULL:
        self.forget_delivery(waiter)
        if self.park_flags & HAS_CANCELLED:
            chain_error()
        return -1
    # Somebody has switched to the greenlet by hand. Its wake-up is still to come, and
    # would be the second for one wait.
    if not is_delivered:
        self.forget_delivery(waiter)
        got = <object>result
        Py_DECREF(got)
        raise_invalid_switch(self, subject, got)
    Py_DECREF(<object>result)
    if thread.c_tracefunc != NULL:
        resumption_mark()
    if waiter.thrown is not None:
        raise_thrown(waiter)
        if self.park_flags & HAS_CANCELLED:
            chain_error()
        return -1
    return 0


cdef int park_greenlet(Scheduler self, Waiter waiter, object subject) except -1:
    """``Scheduler.park``."""
    cdef PyGreenlet* native = PyGreenlet_GetCurrent()
    cdef object current
    cdef PyObject* result
    cdef PyObject* before
    cdef PyThreadState* thread
    cdef void* target = NULL
    cdef bint is_native, is_delivered
    cdef bint has_hooks = False
    if native == NULL:
        PyErr_Clear()
        return park_at_end(self, waiter)
    current = <object>native
    Py_DECREF(current)
    if (
        gevent_thread_loop != <PyObject*>self
        or current is self.hub
        or self.closing
    ):
        if not self.runs_handlers:
            refuse_park(self)
        return self.park_handler(waiter, subject)
    waiter.subject = subject
    waiter.timed_out = False
    # The waiter was announced some lines ago. If a finalizer has run since and waited
    # for something, the hub had its turn, met our wake-up, found nobody to wake and
    # left a note. Nobody wakes twice: who parked in spite of the note would sleep for
    # ever (SCHED8).
    if waiter.woken or waiter.state != EMPTY:
        return self.skip_park(waiter)
    if self.park_flags:
        if self.ask_policy(current, waiter):  # switches
            return self.skip_park(waiter)
        if self.park_flags & CUSTOM_SWITCH:
            return self.park_through_python(waiter)  # switches
    if not is_plain(native, current):
        has_hooks = call_switch_out(current)
    # Telling of a long run, or a profile function, is Python code, which may let others
    # run, too. So it comes before anybody is chosen: who has left the queue is known to
    # nobody else, and would be lost if he were thrown at meanwhile, or this failed.
    thread = this_thread()
    if is_profiled_now(thread):
        tell_of_leaving(self, thread)
    if self.handoff:
        end_park(self, current)
    if self.handoff:
        target = self.take_handoff(waiter)
    # The hook, and finalizers of dropped entries, may have let others run again. If the
    # wake-up has come by now, we go on without a switch.
    if target == <void*>waiter or (
        target == NULL and (waiter.woken or waiter.state != EMPTY)
    ):
        Py_XDECREF(<PyObject*>target)
        if is_profiled(thread):
            tell_of_going_on(self, thread)
        if has_hooks:
            call_switch_in(self, current)
        return self.skip_park(waiter)
    if self.has_switch_hooks:
        target = announce_park(self, current, target)
    # But a target that has left the queue must be switched to, for nobody else knows of
    # it any more. Our own wake-up is queued again then, or there would be none.
    if waiter.woken or waiter.state != EMPTY:
        waiter.woken = False
        self.push(waiter, WAKE, &waiter.queued)
    # no switch until the switch: from here no Python code may run (SCHED6). If a
    # finalizer waited after we are recorded as parked, our wake-up would resume this
    # greenlet in the finalizer's wait: an invalid switch there, and here a wait that
    # nobody ends.
    before = self.running
    is_native = is_of_ours(current)
    record_park(self, waiter, current, is_native)
    result = switch_away(self, target)  # switches
    # Read before anything is dropped: a finalizer may park, and the wake-up of its wait
    # would stand in `delivered` instead of ours (SCHED3).
    is_delivered = self.delivered == <void*>waiter
    if is_delivered:
        self.delivered = NULL
    record_return(self, waiter, current, is_native)
    if self.has_switch_hooks:
        self.tell_of_return(current)
    Py_XDECREF(before)
    if is_profiled(thread):
        tell_of_going_on(self, thread)
    if has_hooks:
        call_switch_in(self, current)
    return settle(self, thread, waiter, subject, result, is_delivered)


cdef quiet_park try_park = <quiet_park>park_greenlet


cdef int park_at_end(Scheduler self, Waiter waiter) except -1:
    """``Scheduler.park`` in a finalizer at exit: only time can end the wait."""
    cdef double seconds
    if waiter.queued or waiter.woken or waiter.state != EMPTY:
        return self.skip_park(waiter)
    if waiter.timer.index < 0:
        raise greenlet_error("cannot wait here: the interpreter is ending")
    seconds = waiter.timer.deadline - self.clock()
    self.disarm(&waiter.timer, waiter.ref)
    waiter.timed_out = True
    while seconds > 0.0:
        # Less than a second at a time, as POSIX wants it.
        with nogil:
            usleep(<unsigned int>(min(seconds, 0.5) * 1e6))
        seconds -= 0.5
    return 0


cdef int refuse_park(Scheduler loop) except -1:
    if loop.closing:
        if gevent_thread_loop == <PyObject*>loop:
            # The thread ends, and its greenlets with it.
            raise GreenletExit
        raise ValueError("operation on destroyed loop")
    if gevent_thread_loop != <PyObject*>loop:
        raise greenlet_error(
            "cannot wait here: the object belongs to another thread's hub"
        )
    raise BlockingSwitchOutError(
        "Impossible to call blocking function in the event loop callback"
    )


cdef bint call_switch_out(object current) except -1:
    """Call the greenlet's switch_out hook, if it has one; it must not block."""
    cdef object hook = getattr(current, "switch_out", None)
    if hook is None:
        return False
    hook()
    return True


cdef int call_switch_in(Scheduler loop, object current) except -1:
    """Call the hook for the way back, switch_in; what is being raised stays."""
    cdef PyObject* kind
    cdef PyObject* value
    cdef PyObject* trace
    PyErr_Fetch(&kind, &value, &trace)
    try:
        hook = getattr(current, "switch_in", None)
        if hook is not None:
            hook()
    except BaseException as error:  # last resort: the wake-up must not be lost
        loop.report(current, error)
    PyErr_Restore(kind, value, trace)
    return 0


cdef int raise_thrown(Waiter waiter) noexcept:
    """Set what was thrown at the parked greenlet, as ``greenlet.throw`` does. -1."""
    cdef object error = waiter.thrown
    waiter.thrown = None
    raise_unchained(error)
    return -1


cdef int append_due(list result, gevent_queue* queue) except -1:
    """due_for(), of one queue."""
    cdef size_t place = 0
    cdef gevent_entry* entry
    while place < queue.count:
        entry = gevent_queue_at(queue, place)
        place += 1
        if entry.object == NULL:
            continue
        if entry.serial & KIND_MASK == ALARM:
            result.append((<Alarm>entry.object).target)
        elif entry.serial & KIND_MASK in (CALL, END, NOTIFY):
            result.append(<object>entry.object)
    return 0


def birth_of(target):
    """Return a number that grows from one greenlet of a loop to the next."""
    if isinstance(target, NativeGreenlet):
        return (<NativeGreenlet>target).born
    return 0


cdef int raise_invalid_switch(Scheduler loop, object subject, object got) except -1:
    """Say who was switched to by something else than what it waits for."""
    raise InvalidSwitchError(
        f"Invalid switch into {Scheduler.greenlet_now()!r}: got {got!r} "
        f"(waiting on {loop.hub!r} for {subject!r})"
    )


cdef int run_call(Scheduler loop, callback call) except -1:
    """Run a queued callback; errors are reported and do not stop the drain."""
    cdef object function = call.callback
    if function is None:
        return 0
    call.callback = None
    try:
        function(*call.arguments)  # switches
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control returns to the hub
        call.arguments = call.arguments if call.arguments is not None else ()
        loop.report(call, error)
    call.arguments = None
    return 0


cdef int run_link(Scheduler loop, Linkable linkable, Link link) except -1:
    """Call one link; it is unlinked before."""
    linkable.remove_node(link)
    try:
        link.callback(linkable.link_argument())
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control returns to the hub
        loop.report((link.callback, linkable.link_argument()), error)
    return 0


cdef int run_watcher(Scheduler loop, Watcher watcher) except -1:
    """Run the callback of a watcher that fired."""
    try:
        watcher.fire()
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control returns to the hub
        try:
            loop.report(watcher, error)
        finally:
            watcher.failed()
    return 0


cdef int run_alarm(Scheduler loop, Alarm alarm) except -1:
    """Tell the owner of an alarm that the time is over."""
    cdef object owner = alarm.owner
    cdef object target = alarm.target
    # Disarmed first: the greenlet goes on inside of _expire(), and may start the same
    # Timeout again there.
    alarm.halt()
    try:
        owner._expire(target)
    except HubDestroyed:
        raise
    except BaseException as error:  # last resort: control returns to the hub
        alarm.failed_call = owner._expiry(target)
        try:
            loop.report(alarm, error)
        finally:
            alarm.failed_call = None
    return 0


cdef int release_queue(gevent_queue* queue) except -1:
    cdef void* item
    cdef int kind
    while queue.count:
        head = gevent_queue_head(queue)
        item = head.object
        kind = head.serial & KIND_MASK
        # Popped before it is dropped: what is finalized then may queue something else,
        # and so move the entries in memory.
        gevent_queue_pop(queue)
        if item != NULL:
            disown_entry(kind, <object>item)
            Py_DECREF(<object>item)
    gevent_queue_free(queue)
    return 0


cdef int disown_entry(int kind, object item) except -1:
    """Let an object know that its entry will not be run."""
    if kind == WAKE:
        (<Waiter>item).queued = 0
    elif kind == NOTIFY:
        (<Linkable>item).queued = 0
    elif kind == FIRE:
        (<Watcher>item).queued = 0
    elif kind == START:
        (<NativeGreenlet>item).queued = 0
    elif kind == ALARM:
        (<Alarm>item).halt()
    elif kind == CALL:
        (<callback>item).stop()
    return 0


cdef int stop_timer(Scheduler loop, gevent_timer* timer, object owner) except -1:
    """Take an armed timer out of the heap and let its *owner*, held here, know."""
    if timer.kind == GEVENT_TIMER_ALARM:
        (<Alarm>owner).halt()
    elif timer.kind == GEVENT_TIMER_WAITER:
        loop.disarm(timer, (<Waiter>owner).ref)
    else:
        owner.stop()
        if timer.index >= 0:  # a subclass replaced stop()
            loop.disarm(timer, False)
    return 0


cdef void set_thread_loop(PyObject* loop) noexcept:
    global gevent_thread_loop
    gevent_thread_loop = loop


cdef object hub_factory = None


def set_hub_factory(factory):
    """Name the callable that makes the hub of a thread that has none."""
    global hub_factory
    hub_factory = factory


# Called in a greenlet that goes on while its thread is traced.
cdef object resumption_mark = int


def set_resumption_mark(mark):
    """Name a function in plain Python that tracers are to see after each switch.

    A tracer in C (coverage's) notices that another greenlet runs at a call only, and
    what parks is compiled: it would give the lines that follow to the greenlet before.
    """
    global resumption_mark
    resumption_mark = mark


def set_plain_greenlet_type(type kind not None):
    """Name the exact type of greenlets that have no ``switch_out`` of their own."""
    global plain_type
    plain_type = <PyTypeObject*>kind


def current_hub():
    """Return the hub of the calling thread; made on first use."""
    if gevent_thread_loop != NULL:
        return (<Scheduler>gevent_thread_loop).hub
    return hub_factory()


def current_hub_or_none():
    """Return the hub of the calling thread, or None if it has none."""
    if gevent_thread_loop != NULL:
        return (<Scheduler>gevent_thread_loop).hub
    return None
