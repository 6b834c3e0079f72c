# cython: nonecheck=True
# ruff: noqa: ERA001 - that is a directive, for subclasses that forget to call __init__
"""``Greenlet``: a flow of execution with a result, links, and a way to end it.

States::

    CREATED --start--> SCHEDULED --first switch--> RUNNING --> DONE | FAILED
    CREATED, SCHEDULED --kill/throw--> DONE | FAILED        (the body never runs)

Spawn callbacks run in CREATED, and may take any of these arrows.

Invariants:

* GRN1  A greenlet in SCHEDULED has either a live start entry in the run queue or a
  running start timer; leaving SCHEDULED ends both.
* GRN2  DONE and FAILED are final; function and arguments are gone when a failure has
  been reported, and else at once.
* GRN3  The end is announced by one queued entry; links that come later queue another
  one. Nothing is called from within ``run``.
* GRN4  Before the end at most one of ``joiner``, ``sole_link`` and ``links`` is set:
  the usual single listener costs no list and no node. After it, ``sole_link`` is what
  the queued entry calls, and ``links`` are those that came later.

One file: starting, running, links, waiting and killing are the arrows of that one state
machine; half of it is the documentation of the public methods.
"""

from __future__ import annotations

from types import GenericAlias

from greenlet import GreenletExit, getcurrent
from greenlet import error as greenlet_error
from greenlet import greenlet as raw_greenlet

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.config import config
from gevent._base.emission import emit, follow, listening
from gevent._base.exceptions import HubDestroyed
from gevent._base.light import copy_context
from gevent._base.publish import publish
from gevent._base.signatures import Signed
from gevent._hub.cancellation import (
    Supervisor,
    abandon,
    cancel_greenlet,
    demand_reason,
    post_cancel,
)
from gevent._hub.parked import subject_of
from gevent._hub.spawn_tree import stack_from
from gevent._hub.timeout import Timeout, made_of
from gevent._hub.wait import in_order, iwait, wait
from gevent._hub.waits import name_subject
from gevent._loop.watchers import timer
from gevent._native.scheduling.scheduler import (
    Linkable,
    NativeGreenlet,
    Scheduler,
    Waiter,
    demand_throwable,
    set_plain_greenlet_type,
)
from gevent._native.scheduling.spawn_stack import SpawnStack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from gevent._base.light import ref
    from gevent._hub.cancellation import CancelScope
    from gevent._hub.spawn_tree import SpawningFrame
    from gevent._loop.loop import Loop
    from gevent._native.scheduling.scheduler import HubLike

__all__ = ("Greenlet", "joinall", "killall")

CREATED = 0
SCHEDULED = 1
RUNNING = 2
DONE = 3
FAILED = 4

USUAL_STACK_LIMIT = 10

_NOT_CALLABLE = "The run argument or self._run must be callable"

# A dict for its order: they are called as they came.
_spawn_callbacks: dict[Callable[[Greenlet], object], None] = {}
_tracks_tree = True
_inherits_context = False
_tells_end = False


def _follow_inheritance(value: object) -> None:
    global _inherits_context
    _inherits_context = bool(value)


def read_settings() -> None:
    """Take the settings from the environment; the first hub of a thread does it.

    Not the import: a bad value is an error where it is used.
    """
    _follow_tracking(config.track_greenlet_tree)
    _follow_inheritance(config.inherit_context)


def _follow_tracking(value: object) -> None:
    global _tracks_tree
    _tracks_tree = bool(value)


# In the place of a name that was set to None; None there says that none was given.
_NAMED_NONE = object()


class GreenletLinks(Linkable):
    """Who wants to know that a greenlet has ended."""

    target: Greenlet

    def is_due(self) -> bool:
        """Everybody, also who comes after the end."""
        return self.target.state >= DONE

    def link_argument(self) -> object:
        """Links get the greenlet; the last one ends the circle of the two."""
        target = self.target
        if self.n_links == 0:
            target.links = None
        return target


class SpawnedLink:
    """A link that runs in a raw greenlet of its own, so that it may block."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[Greenlet], object]):
        if not callable(callback):
            raise TypeError(f"Expected callable: {callback!r}")
        self.callback = callback

    def __call__(self, source: Greenlet) -> None:
        """Start the callback, now: links run in the hub."""
        target = raw_greenlet(self.callback, getcurrent())
        target.switch(source)

    def __hash__(self) -> int:
        return hash(self.callback)

    def __eq__(self, other: object) -> bool:
        return self.callback == getattr(other, "callback", other)

    def __repr__(self) -> str:
        # Reports name what the user linked.
        return repr(self.callback)


class SuccessSpawnedLink(SpawnedLink):
    """The same, only if the greenlet succeeded."""

    __slots__ = ()

    def __call__(self, source: Greenlet) -> None:
        """Start the callback, if it applies."""
        if source.successful():
            SpawnedLink.__call__(self, source)


class FailureSpawnedLink(SpawnedLink):
    """The same, only if the greenlet failed."""

    __slots__ = ()

    def __call__(self, source: Greenlet) -> None:
        """Start the callback, if it applies."""
        if not source.successful():
            SpawnedLink.__call__(self, source)


class Greenlet(NativeGreenlet):
    """A cooperative flow of execution.

    Subclasses may override ``_run`` (the body, when no function is given),
    ``__repr__`` and ``switch_out``.

    Args:
        run: The body; called with the other arguments.
        args: Positional arguments of the body.
        kwargs: Keyword arguments of the body.

    Raises:
        TypeError: Neither *run* nor ``_run`` is callable.
    """

    __signature__ = Signed("run=None, *args, **kwargs")

    loop: Loop
    function: Callable[..., object] | None
    arguments: tuple[object, ...]
    keywords: dict[str, object] | None
    state: int
    result: object
    trace: TracebackType | None
    joiner: Waiter | None
    had_joiner: bool
    sole_link: Callable[[Greenlet], object] | None
    links: GreenletLinks | None
    start_timer: timer | None
    given_name: object
    body_text: str | None
    ident: int | None
    origin: SpawnStack | None
    tree_locals: dict[str, object] | None
    built_stack: SpawningFrame | None
    supervisor: Supervisor | None

    spawning_stack_limit = USUAL_STACK_LIMIT

    def __init__(
        self,
        run: Callable[..., object] | None = None,
        *args: object,
        **kwargs: object,
    ):
        if run is not None:
            if not callable(run):
                raise TypeError(_NOT_CALLABLE)
        elif not callable(self._run):
            raise TypeError(_NOT_CALLABLE)
        self.set_up(run, args, kwargs)

    @classmethod
    def __class_getitem__(cls, item: object) -> GenericAlias:
        # Generic in its stub; a compiled class cannot have such a base.
        return GenericAlias(cls, item)

    def set_up(
        self,
        function: Callable[..., object] | None,
        arguments: tuple[object, ...],
        keywords: dict[str, object],
    ) -> int:
        """The constructor, past its checks."""
        loop = Scheduler.of_thread()
        loop.serials += 1
        self.born = loop.serials
        self.adopt(loop.hub)  # type: ignore[arg-type]  # the thread's loop has one
        self.loop = loop  # type: ignore[assignment]  # which is always a Loop
        self.function = function
        self.arguments = arguments
        self.keywords = keywords
        if _tracks_tree:
            self.track_spawn()
        if _inherits_context:
            self.gr_context = copy_context()
        return 0

    def track_spawn(self) -> int:
        """Record who spawned this greenlet, and where."""
        spawner = Scheduler.greenlet_now()
        self.tree_locals = _tree_locals_for(self.loop, spawner)
        limit = USUAL_STACK_LIMIT
        if type(self) is not Greenlet:
            limit = self.spawning_stack_limit
        self.origin = SpawnStack.record(spawner, limit)
        return 0

    def shared_locals(self) -> dict[str, object] | None:
        """Return the dict of the spawn tree, made when somebody needs it."""
        if self.tree_locals is None and self.origin is not None:
            self.tree_locals = {}
        return self.tree_locals

    # -- spawning -----------------------------------------------------------------

    @classmethod
    def spawn(cls, *args: object, **kwargs: object) -> Self:
        """Make a greenlet with these arguments, start it, and return it.

        The body does not run before the caller switches out.

        Raises:
            TypeError: The function is not callable.
        """
        if cls is Greenlet and args and args[0] is not None:
            # Here `cls` is Greenlet itself; who may be called is checked there.
            return _spawn(args[0], args[1:], kwargs)  # type: ignore[arg-type,return-value]
        greenlet = cls(*args, **kwargs)  # type: ignore[arg-type]  # it checks
        greenlet.start()
        return greenlet

    @classmethod
    def spawn_later(cls, seconds: float, *args: object, **kwargs: object) -> Self:
        """Make a greenlet with these arguments, and start it after *seconds*.

        Raises:
            TypeError: No function is given, or *seconds* is no number.
            ValueError: *seconds* is NaN.
        """
        if cls is Greenlet and not args:
            raise TypeError("spawn_later() needs a function to call")
        greenlet = cls(*args, **kwargs)  # type: ignore[arg-type]  # it checks
        greenlet.start_later(seconds)
        return greenlet

    @staticmethod
    def add_spawn_callback(callback: Callable[[Greenlet], object]) -> None:
        """Call *callback* with each greenlet that is started from now on."""
        _spawn_callbacks[callback] = None

    @staticmethod
    def remove_spawn_callback(callback: Callable[[Greenlet], object]) -> None:
        """Undo :meth:`add_spawn_callback`; unknown callables are ignored."""
        _spawn_callbacks.pop(callback, None)

    def start(self) -> None:
        """Queue the first switch behind what is queued; acts once."""
        self.schedule()

    def schedule(self) -> int:
        """start(), natively."""
        if self.state == CREATED:
            if _spawn_callbacks:
                _call_spawn_callbacks(self)
                # One of them may have killed it, which is final (GRN2), or started it.
                if self.state != CREATED:
                    return 0
            self.state = SCHEDULED
            self.loop.queue_start(self)
        return 0

    def start_later(self, seconds: float) -> None:
        """Start after *seconds*; acts once.

        Raises:
            TypeError: *seconds* is no number.
            ValueError: *seconds* is NaN.
        """
        if self.state == CREATED:
            starter = timer(self.loop, seconds)
            if _spawn_callbacks:
                _call_spawn_callbacks(self)
                if self.state != CREATED:
                    return
            # It may refuse what are no seconds.
            starter.start(self._start_now, update=True)
            self.state = SCHEDULED
            self.start_timer = starter

    def _start_now(self) -> None:
        """The time is over; runs in the hub, in the turn of the timer."""
        self.start_timer = None
        raw_greenlet.switch(self)  # switches

    def cancel_start(self) -> int:
        """Take a pending start back (GRN1)."""
        if self.queued != 0:
            self.loop.withdraw_start(self)
        starter = self.start_timer
        if starter is not None:
            self.start_timer = None
            starter.close()
        return 0

    # -- running ------------------------------------------------------------------

    @property
    def _run(self) -> Callable[..., object]:
        """The body; overridden by subclasses, as a method."""
        function = self.function
        return _do_nothing if function is None else function

    @_run.setter
    def _run(self, function: Callable[..., object]) -> None:
        self.function = function

    def run(self) -> None:
        """Run the body and keep its outcome; called by the first switch only."""
        # Killed before it ran, and somebody switches to it by hand all the same.
        if self.state >= DONE:
            return
        self.cancel_start()
        self.state = RUNNING
        if self.loop.has_switch_hooks:
            self.loop.catch_up()
        function = self.function
        try:
            if function is None:
                function = self._run
            result = Scheduler.call_guarded(function, self.arguments, self.keywords)
        except BaseException as error:  # last resort: the greenlet ends here
            function = None
            self.fail(error)
            # The error's traceback keeps this frame, and the greenlet the error.
            self = None  # type: ignore[assignment]
            return
        self.finish(DONE, result, None)

    def finish(self, state: int, result: object, trace: TracebackType | None) -> int:
        """Keep the outcome, let go of the body, announce the end (GRN2, GRN3)."""
        self.function = None
        self.arguments = ()
        self.keywords = None
        return self.settle(state, result, trace)

    def settle(self, state: int, result: object, trace: TracebackType | None) -> int:
        """Keep the outcome and announce the end (GRN3)."""
        was_started = self.state != CREATED
        self.result = result
        self.trace = trace
        self.state = state
        joiner = self.joiner
        if joiner is not None:
            self.joiner = None
            self.loop.queue_waiter(joiner)
        elif self.sole_link is not None:
            self.loop.queue_end(self)
        elif self.links is not None:
            self.links.notify()
        if _tells_end and was_started and state == DONE and not self.loop.closing:
            self.loop.run_callback(emit, "GreenletFinished", self)
        self.base = None
        if self.standing is not None:
            abandon(self)
        supervisor = self.supervisor
        if supervisor is not None:
            self.supervisor = None
            supervisor.member_ended(self, result)
        return 0

    def fail(self, error: BaseException) -> int:
        """End with an exception: quietly for GreenletExit, else it is reported."""
        if isinstance(error, GreenletExit):
            # The traceback would keep the frames alive for nothing.
            error.__traceback__ = None
            self.finish(DONE, error, None)
            return 0
        # Asked before settle(): it tells the group that this one has ended.
        is_taken = self.supervisor is not None and self.supervisor.take_failure(
            self, error
        )
        # settle() takes the joiner away, and the report asks whether there was one.
        self.had_joiner = self.joiner is not None
        self.settle(FAILED, error, error.__traceback__)
        if listening("GreenletFailed") and not self.loop.closing:
            self.loop.run_callback(emit, "GreenletFailed", self)
        hub = self.loop.hub
        try:
            if hub is not None and not is_taken:
                # The report names the body, which is let go only afterwards.
                hub.handle_error(self, type(error), error, error.__traceback__)
        finally:
            self.had_joiner = False
            self.function = None
            self.arguments = ()
            self.keywords = None
        return 0

    def end_unstarted(self, error: BaseException) -> int:
        """End without ever having run."""
        self.cancel_start()
        self.function = None
        self.arguments = ()
        self.keywords = None
        self.fail(error)
        return 0

    def end_early(self, error: BaseException) -> int:
        """End with *error* if it has not begun. 1 if it did."""
        if self.state >= RUNNING or raw_greenlet.__bool__(self):
            return 0
        self.end_unstarted(error)
        return 1

    def is_fresh(self) -> bool:
        """Whether it was made and not started yet."""
        return self.state == CREATED and not raw_greenlet.__bool__(self)

    def join_group(self, group: Supervisor, scope: CancelScope) -> int:
        """Be a member of a group, before it is started: it stands in *scope* then."""
        self.supervisor = group
        self.base = scope
        return 0

    # -- state --------------------------------------------------------------------

    def __bool__(self) -> bool:
        return self.state == SCHEDULED or self.state == RUNNING

    @property
    def started(self) -> bool:
        """The same as the truth value of the greenlet (deprecated)."""
        return bool(self)

    @property
    def dead(self) -> bool:
        """Whether it will not run any more; not so while its failure is reported."""
        if self.state >= DONE:
            return not raw_greenlet.__bool__(self)
        return raw_greenlet.dead.__get__(self)  # type: ignore[no-any-return]

    def ready(self) -> bool:
        """Return whether it has ended."""
        return self.state >= DONE or raw_greenlet.dead.__get__(self)

    def successful(self) -> bool:
        """Return whether it has ended without failure; GreenletExit is none."""
        return self.state == DONE

    @property
    def value(self) -> object:
        """What the body returned, or the GreenletExit that ended it, or None."""
        return self.result if self.state == DONE else None

    @property
    def exception(self) -> BaseException | None:
        """The exception that ended it, or None."""
        if self.state != FAILED:
            return None
        return self.result  # type: ignore[return-value]  # what a failure left

    @property
    def exc_info(
        self,
    ) -> tuple[type[BaseException], BaseException, TracebackType | None] | None:
        """(type, value, traceback) of a failure, else None."""
        if self.state != FAILED:
            return None
        # The result of a failure is an exception.
        return (type(self.result), self.result, self.trace)  # type: ignore[return-value]

    @property
    def args(self) -> tuple[object, ...]:
        """The positional arguments of the body; empty when it has ended."""
        return self.arguments

    @property
    def kwargs(self) -> dict[str, object]:
        """The keyword arguments of the body; empty when it has ended."""
        if self.keywords is None:
            self.keywords = {}
        return self.keywords

    @property
    def minimal_ident(self) -> int:
        """A small number, of no other greenlet of the hub while this one exists."""
        if self.ident is None:
            # The parent is the hub, unless somebody set another one.
            hub: HubLike = self.parent  # type: ignore[assignment]
            self.ident = hub.ident_registry.get_ident(self)
        return self.ident

    @property
    def name(self) -> object:
        """A text for people; ``Greenlet-N`` unless assigned."""
        if self.given_name is None:
            return f"Greenlet-{self.minimal_ident}"
        return None if self.given_name is _NAMED_NONE else self.given_name

    @name.setter
    def name(self, name: object) -> None:
        self.given_name = _NAMED_NONE if name is None else name

    @property
    def spawning_greenlet(self) -> ref[raw_greenlet] | None:
        """A weak reference to the greenlet that made it; None: not tracked."""
        return None if self.origin is None else self.origin.spawning_greenlet

    @property
    def spawn_tree_locals(self) -> dict[str, object] | None:
        """A dict shared by all that one child of the main greenlet spawned."""
        return self.shared_locals()

    @spawn_tree_locals.setter
    def spawn_tree_locals(self, value: dict[str, object] | None) -> None:
        self.tree_locals = value

    @property
    def spawning_stack(self) -> SpawningFrame | None:
        """Where it was spawned: like a frame, for ``traceback``; or None."""
        if self.built_stack is None and self.origin is not None:
            self.built_stack = stack_from(self.origin.entries())
        return self.built_stack

    def __repr__(self) -> str:
        words = [f"<{type(self).__name__}"]
        if self.given_name is not None or self.ident is not None:
            words.append(f'"{self.name}"')
        words.append(f"at 0x{id(self):x}: {self._describe_body()}")
        subject = subject_of(self)
        if subject is not None:
            words.append(f"waits for {name_subject(subject)}")
        return " ".join(words) + ">"

    def _describe_body(self) -> str:
        # Kept: the text stays the same when it has ended and the body is gone.
        if self.body_text is None or self.function is not None:
            self.body_text = self._describe_function()
        return self.body_text

    def _describe_function(self) -> str:
        function = self.function
        if function is None:
            return "_run" + self._describe_arguments()
        name = getattr(function, "__name__", None)
        if not isinstance(name, str) or not (
            isinstance(function, type)
            or type(function).__name__ in ("function", "cython_function_or_method")
        ):
            name = repr(function)
        return name + self._describe_arguments()

    def _describe_arguments(self) -> str:
        words = [repr(value)[:50] for value in self.arguments or ()]
        if self.keywords:
            words += [f"{key}={value!r:.50}" for key, value in self.keywords.items()]
        return f"({', '.join(words)})" if words else ""

    # -- links --------------------------------------------------------------------

    def own_links(self) -> GreenletLinks:
        """Return the list of listeners, made on first use, with the sole one in it."""
        links = self.links
        if links is not None:
            return links
        made = GreenletLinks()
        # Asked again: making it may run a finalizer that links to this greenlet, too.
        # With the list replaced, its link would never be called.
        links = self.links
        if links is not None:
            return links
        made.target = self
        made.loop = self.loop
        self.links = made
        if self.joiner is not None:
            made.append_node(self.joiner)
            self.joiner = None
        elif self.sole_link is not None and self.state < DONE:
            made.add_link(self.sole_link)
            self.sole_link = None
        return made

    def is_unheard(self) -> bool:
        """Whether nobody listens, and the end is still to come."""
        return (
            self.joiner is None
            and self.sole_link is None
            and self.links is None
            and self.state < DONE
        )

    def take_sole_link(self, callback: Callable[[Greenlet], object]) -> bool:
        """Register what is callable as the only listener; False: there are others."""
        if not self.is_unheard():
            return False
        self.sole_link = callback
        return True

    def announce_end(self) -> int:
        """Call the sole link, in the hub; it may have been taken back."""
        callback = self.sole_link
        if callback is None:
            return 0
        self.sole_link = None
        try:
            callback(self)
        except HubDestroyed:
            raise
        except BaseException as error:  # last resort: control returns to the hub
            self.loop.report((callback, self), error)
        return 0

    def has_links(self) -> bool:
        """Return whether anybody waits for the end."""
        return (
            self.joiner is not None
            or self.had_joiner
            or self.sole_link is not None
            or (self.links is not None and self.links.n_links > 0)
        )

    def rawlink(self, callback: Callable[[Greenlet], object]) -> None:
        """Call ``callback(greenlet)`` in the hub after the end; it must not block.

        Raises:
            TypeError: *callback* is not callable.
        """
        if not callable(callback):
            raise TypeError(f"Expected callable: {callback!r}")
        if self.take_sole_link(callback):
            return
        links = self.own_links()
        links.add_link(callback)
        if self.state >= DONE:
            links.notify()

    def link(
        self,
        callback: Callable[[Greenlet], object],
        SpawnedLink: type[SpawnedLink] = SpawnedLink,
    ) -> None:
        """Call ``callback(greenlet)`` in a raw greenlet of its own after the end.

        Raises:
            TypeError: *callback* is not callable.
        """
        self.rawlink(SpawnedLink(callback))

    def link_value(
        self,
        callback: Callable[[Greenlet], object],
        SpawnedLink: type[SpawnedLink] = SuccessSpawnedLink,
    ) -> None:
        """Like :meth:`link`, only if it succeeded."""
        self.link(callback, SpawnedLink=SpawnedLink)

    def link_exception(
        self,
        callback: Callable[[Greenlet], object],
        SpawnedLink: type[SpawnedLink] = FailureSpawnedLink,
    ) -> None:
        """Like :meth:`link`, only if it failed."""
        self.link(callback, SpawnedLink=SpawnedLink)

    def unlink(self, callback: Callable[[Greenlet], object]) -> None:
        """Take back a link or rawlink; unknown callables are ignored."""
        if self.sole_link is not None and self.sole_link == callback:
            self.sole_link = None
        elif self.links is not None:
            self.links.remove_link(callback)

    def unlink_all(self) -> None:
        """Take back all links."""
        self.sole_link = None
        if self.links is not None:
            self.links.remove_all_links()

    # -- waiting ------------------------------------------------------------------

    def wait_for_end(self, timeout: float | Timeout | None) -> int:
        """Park until the end, or for *timeout* seconds. 1 if the time passed."""
        loop = Scheduler.of_thread()
        if loop is not self.loop:
            raise greenlet_error(
                "Cannot switch to a different thread: this greenlet belongs to "
                f"{self.loop.hub!r}"
            )
        waiter = loop.new_waiter()
        self.add_joiner(waiter)
        # Asked again: making the waiter, or the list for it, may run a finalizer that
        # waits, and the greenlet may have ended before the waiter was linked. Nobody
        # would wake that one.
        if self.state >= DONE:
            self.remove_joiner(waiter)
            return 0
        try:
            return waiter.wait_optional(self, timeout)  # switches
        finally:
            self.remove_joiner(waiter)

    def add_joiner(self, waiter: Waiter) -> int:
        """Let *waiter* be woken by the end."""
        if self.is_unheard():
            self.joiner = waiter
        else:
            self.own_links().append_node(waiter)
        return 0

    def remove_joiner(self, waiter: Waiter) -> int:
        """Undo add_joiner(); a no-op when the end came first."""
        links = self.links
        if self.joiner is waiter:
            self.joiner = None
        elif links is not None:
            links.remove_node(waiter)
            if self.state >= DONE and links.n_links == 0:
                self.links = None
        return 0

    def join(self, timeout: float | Timeout | None = None) -> None:
        """Wait until it has ended, or until *timeout* seconds passed.

        Args:
            timeout: Seconds; None waits for ever.

        Raises:
            LoopExit: Nothing is left that could end it (in the main greenlet).
            BlockingSwitchOutError: Called in the hub.

        Blocking:
            Switches to the hub unless it has ended.
        Cancellation:
            The greenlet is not affected.
        Thread safety:
            Only from the thread of its hub.
        """
        if self.state < DONE:
            self.wait_for_end(timeout)

    def get(self, block: bool = True, timeout: float | Timeout | None = None) -> object:
        """Wait for the outcome: return the value or raise the exception.

        Args:
            block: Whether to wait.
            timeout: Seconds; None waits for ever.

        Raises:
            Timeout: It has not ended in time.
            BaseException: The one that ended it.

        Blocking:
            Switches to the hub unless it has ended or *block* is false.
        Cancellation:
            The greenlet is not affected.
        Thread safety:
            Only from the thread of its hub, unless it has ended.
        """
        if self.state < DONE:
            if not block:
                raise Timeout()
            if self.wait_for_end(timeout) and self.state < DONE:
                raise timeout if isinstance(timeout, Timeout) else Timeout(timeout)
        try:
            return self.outcome()
        finally:
            # As in run(): the traceback keeps this frame.
            self = None  # type: ignore[assignment]

    def outcome(self) -> object:
        """Return the value or raise the exception, with its first traceback."""
        if self.state == FAILED:
            try:
                # What a failure left is an exception.
                raise self.result.with_traceback(self.trace)  # type: ignore[attr-defined]
            finally:
                self = None  # type: ignore[assignment]
        return self.result

    # -- ending -------------------------------------------------------------------

    def kill(
        self,
        exception: object = GreenletExit,
        block: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None:
        """Raise an exception in the greenlet.

        Args:
            exception: A class, an instance, or a (type, value, traceback) tuple.
            block: Whether to wait until the greenlet has ended.
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            TypeError: *exception* is none of these; nothing is killed then.
            BlockingSwitchOutError: Called in the hub with *block*.

        Blocking:
            Switches to the hub if *block* is true and the greenlet was running.
        Cancellation:
            The exception arrives all the same.
        Thread safety:
            Only from the thread of its hub.
        """
        if exception is not GreenletExit:
            demand_throwable(*parts_of(exception))
        if self.state >= DONE:
            return
        if self.state < RUNNING and not raw_greenlet.__bool__(self):
            self.end_unstarted(_as_exception(exception))
            return
        if block and self is Scheduler.greenlet_now():
            raise_in_current(exception)
        self.loop.run_callback(_throw_into, self, exception)
        if not block:
            return
        if type(self) is Greenlet:
            self.wait_for_end(timeout)  # switches
        else:
            self.join(timeout)  # switches; subclasses override it

    def cancel(self, reason: str | None = None) -> None:
        """Let every wait of this greenlet raise ``Cancelled`` until it has ended.

        As a kill that cannot be swallowed: one that has not begun never runs, and one
        that ends by it has not failed. Does nothing after the end.

        Args:
            reason: What ``str()`` of the exceptions says.

        Raises:
            TypeError: *reason* is no text.

        Blocking:
            Never switches.
        Thread safety:
            From any thread, and from the hub.
        """
        demand_reason(reason)
        if not self.loop.is_current():
            post_cancel(self.loop, self.cancel, reason)
        elif self.state < DONE:
            cancel_greenlet(self.loop, self, reason)

    def throw(self, *args: object) -> object:
        """Switch into the greenlet now and raise; for code in the hub.

        A greenlet that never ran ends without running.

        Raises:
            TypeError: The arguments are none that can be raised; nothing happens then.
        """
        demand_throwable(*args)
        if self.state >= DONE:
            return None
        self.cancel_start()  # or it would run after its end (GRN1)
        if self.state >= RUNNING or raw_greenlet.__bool__(self):
            if len(args) == 1 and self.throw_here(args[0]):
                return None
            # Anything: it says what is wrong with the arguments.
            return raw_greenlet.throw(self, *args)  # type: ignore[call-overload]  # switches
        # Not end_unstarted(): what is reported here names the body.
        self.fail(_as_exception(args if args else GreenletExit))
        return None

    def throw_here(self, exception: object) -> bool:
        """Raise in this greenlet if it is parked and the hub asks; else False."""
        if isinstance(exception, type) and issubclass(exception, BaseException):
            return self.loop.throw_parked(self, made_of(exception))  # switches
        if isinstance(exception, BaseException):
            return self.loop.throw_parked(self, exception)  # switches
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        t: type[BaseException] | None,
        v: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Join, and kill if that is interrupted; after an exception, kill with it."""
        if t is not None:
            self.kill((t, v, tb))
            return
        try:
            self.join()
        finally:
            self.kill()


def _do_nothing(*args: object, **kwargs: object) -> None:
    """The body of a greenlet that has none."""


def _spawn(
    function: Callable[..., object],
    arguments: tuple[object, ...],
    keywords: dict[str, object],
) -> Greenlet:
    """Greenlet.spawn() without a second packing of the arguments."""
    if not callable(function):
        raise TypeError(_NOT_CALLABLE)
    made = Greenlet.__new__(Greenlet)
    made.set_up(function, arguments, keywords)
    made.schedule()
    return made


class RawGreenlet(NativeGreenlet):
    """What ``spawn_raw`` makes: a body, a loop, an origin; no result, no links."""

    loop: Loop
    function: Callable[..., object] | None
    arguments: tuple[object, ...] | None
    keywords: dict[str, object] | None
    origin: SpawnStack | None
    tree_locals: dict[str, object] | None

    def run(self) -> object:
        """Run the body; errors go to the hub."""
        function = self.function
        arguments = self.arguments
        keywords = self.keywords
        self.function = None
        self.arguments = None
        self.keywords = None
        # The first and only switch into it finds all three.
        return Scheduler.call_guarded(function, arguments, keywords)  # type: ignore[arg-type]

    def end_early(self, error: BaseException) -> int:
        """End if it has not begun. 1 if it did."""
        if self.dead or raw_greenlet.__bool__(self):
            return 0
        self.loop.withdraw_start(self)
        self.function = None
        self.arguments = None
        self.keywords = None
        raw_greenlet.throw(self, error)  # it returns at once: it never began
        return 1

    def shared_locals(self) -> dict[str, object] | None:
        """Return the dict of the spawn tree, made when somebody needs it."""
        if self.tree_locals is None and self.origin is not None:
            self.tree_locals = {}
        return self.tree_locals

    @property
    def spawning_greenlet(self) -> ref[raw_greenlet] | None:
        """A weak reference to the greenlet that made it; None: not tracked."""
        return None if self.origin is None else self.origin.spawning_greenlet

    @property
    def spawn_tree_locals(self) -> dict[str, object] | None:
        """A dict shared by all that one child of the main greenlet spawned."""
        return self.shared_locals()

    @spawn_tree_locals.setter
    def spawn_tree_locals(self, value: dict[str, object] | None) -> None:
        self.tree_locals = value


def _spawn_raw(
    function: Callable[..., object],
    arguments: tuple[object, ...],
    keywords: dict[str, object],
) -> RawGreenlet:
    loop = Scheduler.of_thread()
    made = RawGreenlet.__new__(RawGreenlet)
    loop.serials += 1
    made.born = loop.serials
    made.adopt(loop.hub)  # type: ignore[arg-type]  # the thread's loop has one
    made.loop = loop  # type: ignore[assignment]  # which is always a Loop
    made.function = function
    made.arguments = arguments
    made.keywords = keywords
    if _tracks_tree:
        spawner = Scheduler.greenlet_now()
        made.tree_locals = _tree_locals_for(loop, spawner)
        made.origin = SpawnStack.record(spawner, 0)
    if _inherits_context:
        made.gr_context = copy_context()
    loop.queue_start(made)
    return made


def spawn_raw(
    function: Callable[..., object], *args: object, **kwargs: object
) -> raw_greenlet:
    """Schedule ``function(*args, **kwargs)`` in a raw greenlet.

    Cheaper than :func:`gevent.spawn`; no join, get or kill. Errors are reported by
    the hub.

    Raises:
        TypeError: *function* is not callable.
    """
    if not callable(function):
        raise TypeError("function must be callable")
    return _spawn_raw(function, args, kwargs)


def _shared_locals_of(spawner: Greenlet) -> dict[str, object] | None:
    return spawner.shared_locals()


def _shared_locals_of_raw(spawner: RawGreenlet) -> dict[str, object] | None:
    return spawner.shared_locals()


def _tree_locals_for(
    loop: Scheduler, spawner: raw_greenlet
) -> dict[str, object] | None:
    """Return the tree locals that a child of *spawner* shares; None: its own."""
    if spawner is loop.root or spawner is loop.hub:
        return None
    if isinstance(spawner, Greenlet):
        return _shared_locals_of(spawner)
    if isinstance(spawner, RawGreenlet):
        return _shared_locals_of_raw(spawner)
    inherited: dict[str, object] | None = getattr(spawner, "spawn_tree_locals", None)
    return inherited


def parts_known_of(
    target: object,
) -> tuple[object, object, bool, SpawnStack | None]:
    """Return a greenlet's given name, its body, whether it is to start, its origin.

    For who looks from outside: nothing of the program's runs.
    """
    if isinstance(target, RawGreenlet):
        raw: RawGreenlet = target
        return None, raw.function, raw.function is not None, raw.origin
    if not isinstance(target, Greenlet):
        return None, None, False, None
    each: Greenlet = target
    name = None if each.given_name is _NAMED_NONE else each.given_name
    return name, each.function, each.state == SCHEDULED, each.origin


def call_known_of(target: object) -> tuple[object, object]:
    """Return what a greenlet that is to start will call, and the arguments, or Nones.

    For who looks from outside: nothing of the program's runs.
    """
    if isinstance(target, RawGreenlet):
        raw: RawGreenlet = target
        return raw.function, raw.arguments
    if isinstance(target, Greenlet):
        each: Greenlet = target
        if each.state == SCHEDULED:
            return each.function, each.arguments
    return None, None


def _call_spawn_callbacks(greenlet: Greenlet) -> None:
    for callback in tuple(_spawn_callbacks):
        callback(greenlet)


def _tell_spawned(greenlet: Greenlet) -> None:
    emit("GreenletSpawned", greenlet)


def _follow_spawned(is_wanted: bool) -> None:
    # As for every other spawn callback, nothing is looked at when there is none.
    if is_wanted:
        Greenlet.add_spawn_callback(_tell_spawned)
    else:
        Greenlet.remove_spawn_callback(_tell_spawned)


def _follow_end(is_wanted: bool) -> None:
    global _tells_end
    _tells_end = is_wanted


def _as_exception(what: object) -> BaseException:
    """Return the exception instance that a kill of an unstarted greenlet means."""
    if not isinstance(what, tuple):
        return _from_parts(what, None)
    parts = cast("tuple[object, ...]", what)
    error = _from_parts(parts[0], parts[1] if len(parts) > 1 else None)
    trace = cast("TracebackType | None", parts[2] if len(parts) > 2 else None)
    return error if trace is None else error.with_traceback(trace)


def _from_parts(kind: object, value: object) -> BaseException:
    """Make an instance of what demand_throwable() has let pass."""
    if isinstance(kind, BaseException):
        return kind
    if isinstance(value, BaseException):
        return value
    each = cast("type[BaseException]", kind)
    if value is None:
        return made_of(each)
    if isinstance(value, tuple):
        return each(*cast("tuple[object, ...]", value))
    return each(value)


def parts_of(exception: object) -> tuple[object, ...]:
    """Return the arguments for ``greenlet.throw``.

    Raises:
        TypeError: It is a tuple of another length than three.
    """
    if not isinstance(exception, tuple):
        return (exception,)
    parts = cast("tuple[object, ...]", exception)
    if len(parts) != 3:
        # The tuple itself is what cannot be raised.
        demand_throwable(parts)
    return parts


def raise_in_current(exception: object) -> None:
    """Raise what a kill of the current greenlet means."""
    raise _as_exception(exception)


def _throw_into(target: Greenlet, exception: object) -> None:
    """In the hub: raise in a greenlet, unless it has ended meanwhile."""
    if type(target) is Greenlet:
        each = target
        if each.state == RUNNING and each.throw_here(exception):  # switches
            return
    if not target.ready():
        target.throw(*parts_of(exception))  # switches


def joinall(
    greenlets: Sequence[Greenlet],
    timeout: float | Timeout | None = None,
    raise_error: bool = False,
    count: int | None = None,
) -> list[Greenlet]:
    """Wait until greenlets have ended.

    Args:
        greenlets: What to wait for.
        timeout: Seconds; None waits for ever.
        raise_error: Raise the first failure seen; the others go on.
        count: Wait for this many only; None: for all.

    Returns:
        Those that have ended, in that order.

    Blocking:
        Switches to the hub unless all have ended.
    Cancellation:
        The greenlets are not affected.
    Thread safety:
        Only from the thread of their hub.
    """
    if not raise_error:
        # It returns what was waited for.
        return wait(greenlets, timeout=timeout, count=count)  # type: ignore[return-value]
    done: list[Greenlet] = []
    greenlet: Greenlet
    for greenlet in iwait(greenlets, timeout=timeout, count=count):  # type: ignore[assignment]
        if getattr(greenlet, "exception", None) is not None:
            try:
                greenlet.get(block=False)
            except BaseException:
                # The traceback keeps this frame, and the greenlet the traceback.
                del greenlet, greenlets
                done.clear()
                raise
        done.append(greenlet)
    return done


def killall(
    greenlets: Iterable[Greenlet],
    exception: object = GreenletExit,
    block: bool = True,
    timeout: float | Timeout | None = None,
) -> None:
    """Raise an exception in all *greenlets*.

    Args:
        greenlets: Whom to kill, in their order, those of a set in the order in which
            they were made; raw greenlets of ``spawn_raw`` are accepted, but one that
            catches the exception and goes on is not waited for.
        exception: What to raise, as for :meth:`Greenlet.kill`.
        block: Whether to wait until all have ended.
        timeout: Seconds to wait at most; None: for ever.

    Raises:
        TypeError: *exception* is nothing that can be raised; nobody is killed then.
        Timeout: The time passed.

    Blocking:
        Switches to the hub if *block* is true and any was running.
    Cancellation:
        The exceptions arrive all the same.
    Thread safety:
        Only from the thread of their hub.
    """
    if exception is not GreenletExit:
        demand_throwable(*parts_of(exception))
    running = [
        greenlet for greenlet in in_order(greenlets) if not _ended(greenlet, exception)
    ]
    if not running:
        return
    loop = running[0].loop
    if not block:
        loop.run_callback(_throw_into_all, running, exception)
        return
    waiter = Waiter()
    loop.run_callback(_throw_into_all_and_tell, running, exception, waiter)
    deadline = Timeout.start_new(timeout)
    try:
        joinall(waiter.get())  # type: ignore[arg-type]  # from the callback; switches
    finally:
        deadline.cancel()


def _ended(greenlet: raw_greenlet, exception: object) -> bool:
    """Whether a greenlet has ended; one that never ran ends here."""
    if not isinstance(greenlet, Greenlet):
        return greenlet.dead
    each = greenlet
    if each.state >= DONE:
        return True
    if each.state < RUNNING and not raw_greenlet.__bool__(each):
        each.end_unstarted(_as_exception(exception))
        return True
    return False


def _has_ended(greenlet: raw_greenlet) -> bool:
    """Whether there is nothing left to throw into, whatever it still reports."""
    return greenlet.ready() if isinstance(greenlet, Greenlet) else greenlet.dead


def _throw_into_all(greenlets: list[Greenlet], exception: object) -> None:
    for greenlet in greenlets:
        if not _has_ended(greenlet):
            try:
                greenlet.throw(*parts_of(exception))
            except BaseException as error:  # last resort: control is in the hub
                greenlet.loop.report(greenlet, error)


def _throw_into_all_and_tell(
    greenlets: list[Greenlet], exception: object, waiter: Waiter
) -> None:
    _throw_into_all(greenlets, exception)
    waiter.switch(
        [
            each
            for each in greenlets
            if not _has_ended(each) and hasattr(each, "rawlink")
        ]
    )


set_plain_greenlet_type(Greenlet)
follow("GreenletSpawned", _follow_spawned)
follow("GreenletFinished", _follow_end)
config.watch("track_greenlet_tree", _follow_tracking)
config.watch("inherit_context", _follow_inheritance)

publish(__name__, "gevent.greenlet")
