"""Scheduler core: see ``scheduler.pyx`` for the contract."""

from cpython.object cimport PyObject
from libc.stdint cimport uint64_t

from gevent._native.interpreter.greenlet_api cimport greenlet
from gevent._native.scheduling.run_queue cimport gevent_entry, gevent_queue
from gevent._native.scheduling.timer_heap cimport gevent_timer, gevent_timer_heap


cdef class Zeroed:
    pass


cdef class Node:
    """One place in the list of a :class:`Linkable`."""

    cdef Node following        # next in registration order; None at the end
    cdef void* preceding       # borrowed Node, NULL at the head
    cdef void* linkable        # borrowed Linkable, NULL while not linked
    cdef uint64_t place        # registration number; keeps its value when unlinked


cdef class Waiter(Node):
    cdef public Scheduler loop
    cdef readonly object greenlet   # the parked greenlet, None when nobody is
    cdef object subject             # what it waits for; a str, object or tuple
    cdef object value
    cdef object failure             # exc_info triple to raise in the greenlet
    cdef object thrown              # exception to raise out of park(), once
    cdef uint64_t queued            # serial of its live entry, 0: none (SCHED2)
    cdef int state                  # EMPTY, STORED, FAILED
    cdef bint timed_out
    cdef bint woken                 # its wake-up came before it was parked (SCHED8)
    cdef int priority               # of its timer, when that fires
    cdef bint ref                   # whether its armed timer keeps the loop alive
    cdef gevent_timer timer
    cdef void* parked_next          # borrowed neighbours in loop.parked (SCHED5)
    cdef void* parked_previous

    cdef int fail_later(self, object error) except -1
    cdef int wait(self, object subject) except -1
    cdef int wait_until(self, object subject, double timeout) except -1
    cdef int wait_optional(self, object subject, object timeout) except -1


cdef class Link(Node):
    cdef object callback


cdef class Linkable:
    cdef Node first
    cdef void* last                 # borrowed Node, NULL when empty
    cdef Py_ssize_t n_links
    cdef uint64_t places            # registrations so far
    cdef uint64_t batch             # up to this place notified unconditionally
    cdef uint64_t queued            # serial of the live notification, 0: none
    cdef Scheduler loop             # owner, None until somebody waits

    cdef bint is_due(self)
    cdef object link_argument(self)
    cdef int append_node(self, Node node) except -1
    cdef int append_waiter_first(self, Waiter waiter) except -1
    cdef int remove_node(self, Node node) except -1
    cdef Node last_node(self)
    cdef Link find_link(self, object callback)
    cdef int add_link(self, object callback) except -1
    cdef int remove_link(self, object callback) except -1
    cdef int remove_all_links(self) except -1
    cdef int notify(self) except -1
    cdef Node due_node(self)


cdef class callback:
    cdef public object callback
    cdef object arguments
    cdef uint64_t queued            # serial of its entry, also of a past one (SCHED2)


cdef class Watcher:
    cdef readonly Scheduler loop
    cdef Waiter waiter              # who is woken instead of a callback
    cdef uint64_t queued            # serial of its live entry, 0: none (SCHED2)
    cdef int level                  # priority, -2..2
    cdef int fired_events           # what the library reported, for io
    cdef gevent_timer timer         # armed: the heap owns one reference to self

    cdef bint armed(self)
    cdef int arm_at(self, double deadline) except -1
    cdef int disarm(self) except -1
    cdef double deadline(self)

    cdef int fire(self) except -1
    cdef int failed(self) except -1
    cdef int fired(self, int events) except -1
    cdef int expired(self) except -1


cdef class Alarm:
    cdef Scheduler loop
    cdef readonly object seconds    # as given
    cdef double after
    cdef object owner               # the Timeout while armed or queued, else None
    cdef object target              # the greenlet it is for, likewise
    cdef object failed_call         # (callback, arguments), while that is reported
    cdef uint64_t queued            # serial of its live entry, 0: none (SCHED2)
    cdef int level
    cdef bint is_referenced
    cdef bint is_closed
    cdef gevent_timer timer

    @staticmethod
    cdef Alarm make(object seconds, bint ref, int level)
    cpdef int start_for(self, object owner) except -1
    cpdef int halt(self) except -1
    cpdef int close(self) except -1


cdef class NativeGreenlet(greenlet):
    cdef uint64_t queued            # serial of its start entry, 0: none (SCHED2)
    cdef uint64_t born              # grows from one to the next of a loop
    cdef void* parked_on            # borrowed Waiter while parked, else NULL
    # Of cancel scopes, for whoever has a say in waits (ParkPolicy).
    cdef object base                # the scope that it was born in, or None
    cdef object standing            # where it stands among scopes, or None: there

    cdef int adopt(self, object parent) except -1
    cdef int announce_end(self) except -1
    cdef bint is_unborn(self)
    cdef int end_early(self, object error) except -1


cdef class ParkPolicy:
    cdef int meet(self, object current, Waiter waiter) except -1


ctypedef void (*switch_function)(void*, PyObject*, PyObject*) noexcept


cdef class SwitchHook:
    cdef Scheduler loop             # None once it is removed
    cdef readonly object function   # a callable, or a capsule
    cdef switch_function native     # what the capsule holds, else NULL
    cdef void* context              # likewise, for native


cdef enum:
    # Why a park is not the usual one: bits of ``park_flags``.
    CUSTOM_SWITCH = 1               # Hub.switch is not ours
    HAS_CANCELLED = 2               # a cancelled scope is open: ask ``policy``


cdef enum:
    N_LEVELS = 5                    # priorities
    N_TIMES = 64                    # powers of two of ticks


cdef class Scheduler:
    # The greenlet that runs this loop; a Hub, or any greenlet inside run().
    cdef public object hub
    cdef public object root         # the greenlet that the thread began with
    cdef void* root_parked_on       # borrowed Waiter while that one is parked
    cdef PyObject* running          # owned: who was switched to last; NULL in the hub
    cdef void* delivered            # borrowed Waiter that is being woken, NULL (SCHED3)
    cdef bint handoff               # the hub is suspended in its own drain
    cdef unsigned int park_flags    # 0: each park is the usual one
    # The hub runs signal handlers, which may wait (SCHED9), and what the innermost of
    # those that wait is waiting on.
    cdef bint runs_handlers
    cdef Waiter handler_waiter
    cdef gevent_queue queue
    cdef gevent_queue fired_queues[N_LEVELS]
    cdef size_t n_fired
    cdef int top_fired              # no fired queue above this one has entries
    cdef uint64_t serials
    cdef gevent_timer_heap timers
    cdef void* parked               # borrowed Waiter, head of the parked list (SCHED5)
    cdef readonly Py_ssize_t n_parked
    cdef public Py_ssize_t references   # what keeps the loop alive
    cdef double polled_at           # when the hub polled last
    cdef double drained_from        # from when the turn of the FIFO counts
    cdef uint64_t looked_at         # the tick of the last look at the clock, or 0
    cdef double now_cached          # the loop's clock, seconds
    cdef double interval            # switch interval, clamped, seconds
    cdef public object chooser      # draws who runs next (CHOICE1); None: the first
    cdef unsigned int steps         # entries run since the last poll
    cdef bint only_fired            # this drain leaves the FIFO alone
    cdef public bint closing        # destroyed; nothing may be queued any more
    cdef readonly object thread_ident
    cdef public object native_ident     # the kernel's number of the thread
    cdef bint has_own_clock         # a subclass replaced read_clock()
    cdef readonly unsigned long long n_switches  # progress, for monitors
    # Who wants to know of switches, and who runs as far as they know (HOOK1).
    cdef tuple hooks
    cdef bint has_switch_hooks
    cdef object active
    cdef bint in_hook               # a hook runs, and may not park
    # How long greenlets run and turns take, in ticks (TIMES1). Read by any thread.
    cdef uint64_t ran_from          # when the present run began
    cdef bint is_draining           # there is a run
    cdef uint64_t turn_from         # when the hub polled last, 0: never
    cdef uint64_t run_counts[N_TIMES]
    cdef uint64_t lag_counts[N_TIMES]
    cdef uint64_t long_run          # ticks from which on a run is looked at
    cdef uint64_t tick              # the counter when the last hand-off was tried
    cdef double limit               # seconds that a run or turn may take
    cdef uint64_t born_at           # tick, and
    cdef double born                # second, when the loop was made
    # Who has a say in waits while HAS_CANCELLED is set.
    cdef ParkPolicy policy

    # clock
    cdef double clock(self) except? -1
    # queueing (own thread only)
    cdef int push(self, object item, int kind, uint64_t* slot) except -1
    cdef int push_fired(self, object item, int kind, int level, uint64_t* slot) except -1
    cdef int queue_waiter(self, Waiter waiter) except -1
    cdef int queue_arriving(self, Waiter waiter) except -1
    cdef Waiter new_waiter(self)
    cdef int queue_start(self, NativeGreenlet target) except -1
    cdef int withdraw_start(self, NativeGreenlet target) except -1
    cdef int withdraw(self, object item, int kind, uint64_t serial) except -1
    cdef int queue_end(self, NativeGreenlet ended) except -1
    # parking
    cdef int park(self, Waiter waiter, object subject) except -1
    cdef int resume(self, Waiter waiter, bint handoff) except -1
    cpdef bint throw_parked(self, object target, object error) except -1
    cdef int sleep(self, double seconds, bint ref) except -1
    cdef int yield_once(self) except -1
    # timers
    cdef int arm(self, gevent_timer* timer, double deadline, bint ref) except -1
    cdef int disarm(self, gevent_timer* timer, bint ref) except -1
    cdef double next_deadline(self)
    cdef int requeue(self, callback call) except -1
    cdef int fire_due_timers(self) except -1
    # the drain
    cdef int skip_park(self, Waiter waiter) except -1
    cdef int set_has_cancelled(self, bint value) except -1
    cdef bint ask_policy(self, object current, Waiter waiter) except -1
    cdef int park_handler(self, Waiter waiter, object subject) except -1
    cdef int park_through_python(self, Waiter waiter) except -1
    cdef int forget_delivery(self, Waiter waiter) noexcept
    cdef int link_parked(self, Waiter waiter) noexcept
    cdef int unlink_parked(self, Waiter waiter) noexcept
    cdef void* take_handoff(self, Waiter entering) except? NULL
    cdef bint is_overdue(self) except -1
    cdef bint turn_is_over(self) except -1
    cdef int note_poll(self) except -1
    cdef int note_turn(self) except -1
    cdef double seconds_of(self, uint64_t n_ticks)
    cdef int look_at_run(self, uint64_t n_ticks, object runner) except -1
    cdef int look_at_turn(self, uint64_t n_ticks) except -1
    cdef int tell(self, object target) except -1
    cdef int tell_of_return(self, object target) except -1
    cdef int catch_up(self) except -1
    cdef int begin_turn(self) except -1
    cdef gevent_queue* head_queue(self) noexcept
    cdef void drop_head(self, gevent_queue* queue) noexcept
    cdef void* next_resumption(self, Waiter entering) except? NULL
    cdef int drop_running(self) except -1
    cdef int drain(self, bint only_fired) except -1
    cdef int run_steps(self) except -1
    cdef int step(self) except -1
    cdef int step_chosen(self) except -1
    cdef int run_choice(self, gevent_queue* queue, size_t place) except -1
    cdef int run_without_choice(self, gevent_queue* queue) except -1
    cdef int resume_owned(self, void* item) except -1
    cdef int run_head(self, gevent_queue* queue, gevent_entry* head) except -1
    cdef int start(self, object target) except -1
    cdef bint has_work(self)
    cdef bint handler_goes_on(self) noexcept
    cdef bint polls_next(self)
    cdef Py_ssize_t n_pending(self)
    cdef int clear_queues(self) except -1

    @staticmethod
    cdef Scheduler of_thread()
    @staticmethod
    cdef Scheduler of_thread_or_none()
    @staticmethod
    cdef size_t thread_key() noexcept
    cdef bint is_current(self) noexcept
    @staticmethod
    cdef object call_guarded(object function, tuple arguments, dict keywords)
    @staticmethod
    cdef object greenlet_now()
    @staticmethod
    cdef bint is_ending() noexcept
