"""The class of hubs.

One hub per thread, made on first use, freed when the thread ends. Blocking calls
park the current greenlet; the scheduler (``gevent._native.scheduling``) hands control
to the next runnable greenlet or to the hub.

Who owns what: the thread's slot owns the hub, the hub its loop; the loop refers to
the hub while that is alive, and ``destroy`` breaks the circle.

One class, one file: running, joining, handling errors and being destroyed are the life
of that one object, and each has to know how far the others have come.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from itertools import count
from math import inf

from greenlet import GreenletExit, getcurrent
from greenlet import greenlet as raw_greenlet

from gevent._base.checking import TYPE_CHECKING
from gevent._base.config import config
from gevent._base.emission import emit, follow, listening
from gevent._base.exceptions import (
    BlockingSwitchOutError,
    HubDestroyed,
    InvalidSwitchError,
    LoopExit,
)
from gevent._hub import hub_frame, other_threads
from gevent._hub.error_reports import report
from gevent._hub.greenlet import read_settings
from gevent._hub.helpers import Helper, end_helpers, make_threadpool, start_monitor
from gevent._hub.identity import IdentRegistry
from gevent._hub.ownership import (
    hubs,
    own,
    owned_hub,
    replace_hub,
    slot,
    take_spare_loop,
)
from gevent._hub.waits import describe_subject, describe_waiter
from gevent._loop.watchers import Armable
from gevent._native.library.backend import is_main_thread
from gevent._native.memory import chunks
from gevent._native.scheduling.scheduler import (
    Scheduler,
    Waiter,
    as_seconds,
    demand_throwable,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from gevent._hub.monitor import PeriodicMonitoringThread
    from gevent._loop.loop import Loop
    from gevent._native.scheduling.scheduler import HubLike, SwitchHook
else:
    HubLike = raw_greenlet

__all__ = ("Hub",)

_hub_numbers = count(1)


class HubType(type):
    """Notices when ``switch`` of a hub class is replaced: it is a hook then."""

    def __setattr__(cls, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "switch":
            for hub in hubs:
                hub._look_for_hook()


class Hub(HubLike, metaclass=HubType):
    """The greenlet that runs an event loop; users do not make one.

    Args:
        loop: A loop object, or flags for a new one.
        default: Whether a new loop is the default one; None: in the main thread.
    """

    SYSTEM_ERROR: tuple[type[BaseException], ...] = (
        KeyboardInterrupt,
        SystemExit,
        SystemError,
    )
    NOT_ERROR: tuple[type[BaseException], ...] = (GreenletExit, SystemExit)

    parent: raw_greenlet
    loop: Loop
    # Both are set by the constructor.
    main_hub = False
    ident_registry: IdentRegistry = None  # type: ignore[assignment]
    _resolver: Helper | None
    _threadpool: Helper | None

    threadpool_size = 10
    # Whoever looks after this hub from a native thread of its own.
    periodic_monitoring_thread: PeriodicMonitoringThread | None = None
    spawning_greenlet = None

    def __init__(self, loop: object = None, default: bool | None = None):
        raw_greenlet.__init__(self, None, _root_greenlet())
        if hasattr(loop, "run"):
            if default is not None:
                raise TypeError("Unexpected argument: default, beside a loop object")
            self.loop = loop  # type: ignore[assignment]  # it acts as one
        else:
            self.loop = self._make_loop(loop, default)
        self.thread_ident = get_ident()
        self.main_hub = is_main_thread()
        self.minimal_ident = next(_hub_numbers)
        self.name = ""
        if not config.settings["format_context"].is_default():
            self._read_format_context()
        self.spawn_tree_locals: dict[str, object] = {}
        self.ident_registry = IdentRegistry()
        self._resolver = None
        self._threadpool = None
        read_settings()
        if config.chunk_cache:
            chunks.install()
        self.loop.hub = self
        self.loop.root = self.parent
        self.loop.error_handler = self
        self.loop.attach_to_thread()
        self.loop.max_run = config.max_blocking_time or inf
        own(self)
        hubs.add(self)
        self._look_for_hook()
        self._renew_watch()
        self.tell("HubCreated", self)

    def tell(self, event: str, *args: object) -> None:
        """Send an event from code that others call; who fails to take it is reported.

        Args:
            event: Name of a class in ``gevent.events``.
            args: Its arguments; nothing is made of them when nobody listens.
        """
        try:
            emit(event, *args)
        except Exception as error:
            self.handle_error(event, type(error), error, error.__traceback__)

    def _make_loop(self, flags: object, default: bool | None) -> Loop:
        if flags is None and not default:
            spare = take_spare_loop()
            if spare is not None:
                return spare
        if default is None:
            default = is_main_thread()
        if flags is None:
            flags = self.backend
        return self.loop_class(flags=flags, default=default)

    # -- settings -----------------------------------------------------------------

    @property
    def loop_class(self) -> Callable[..., Loop]:
        """``config.loop``."""
        return config.loop  # type: ignore[return-value]  # classes of loops

    @property
    def backend(self) -> object:
        """``config.libev_backend``, the flags for a new loop."""
        return config.libev_backend

    @property
    def resolver_class(self) -> Callable[..., Helper]:
        """``config.resolver``."""
        return config.resolver  # type: ignore[return-value]  # classes of resolvers

    @property
    def threadpool_class(self) -> Callable[..., Helper]:
        """``config.threadpool``."""
        return config.threadpool  # type: ignore[return-value]  # classes of pools

    @property
    def resolver(self) -> Helper:
        """The DNS resolver; made on first use."""
        if self._resolver is None:
            self._resolver = self.resolver_class(hub=self)
        return self._resolver

    @resolver.setter
    def resolver(self, value: Helper) -> None:
        self._resolver = value

    @resolver.deleter
    def resolver(self) -> None:
        self._resolver = None

    @property
    def threadpool(self) -> Helper:
        """The pool of native threads; made on first use."""
        if self._threadpool is None:
            self._threadpool = make_threadpool(self)
        return self._threadpool

    @threadpool.setter
    def threadpool(self, value: Helper) -> None:
        self._threadpool = value

    @threadpool.deleter
    def threadpool(self) -> None:
        self._threadpool = None

    # -- running ------------------------------------------------------------------

    # What the first switch calls; it calls _run_loops.
    run = hub_frame.run  # pyright: ignore[reportAssignmentType]  # a property there

    def _run_loops(self) -> None:
        """Run the loop for ever, in the greenlet of the hub only."""
        if self is not getcurrent():
            raise AssertionError("a hub is run by switching to it, not by calling it")
        if config.monitor_thread:
            self._start_monitor()
        while True:
            loop = self.loop
            loop.error_handler = self
            try:
                Scheduler.call_guarded(loop.run, (), None)  # switches
                has_hope = not self._is_joined and Scheduler.call_guarded(
                    other_threads.wait_for_message, (loop,), None
                )  # switches
            except HubDestroyed as end:
                if end is self._end:
                    return
                raise
            if self._end is not None or loop.closing:
                # Destroyed by another greenlet, while the main one waited.
                raise LoopExit("This operation lost its hub, which was destroyed", self)
            if has_hope:
                continue
            exit_ = self._make_loop_exit(
                "This operation would block forever", self, self.describe_parked()
            )
            loop.begin_run(self.parent)
            try:
                self.parent.throw(exit_)  # switches
            finally:
                loop.end_run_of(self.parent)

    def run_handler_loop(self, subject: object) -> None:
        """Run one iteration for a signal handler that waits in the hub for *subject*.

        Raises:
            LoopExit: Nothing is left that could wake it.
        """
        if self._end is not None:
            raise self._end
        loop = self.loop
        if loop.is_alive() or other_threads.wait_for_message(loop):
            loop.run(once=True)  # switches
            return
        raise LoopExit(
            "This operation would block forever",
            self,
            [f"a signal handler waits for {describe_subject(subject)}"],
        )

    # Makes the exception for a main greenlet that nothing can wake any more.
    _make_loop_exit: Callable[..., LoopExit] = LoopExit
    _end: HubDestroyed | None = None
    # Whether the end of its thread has destroyed it, and nobody else tried.
    _ended_with_thread = False
    # Whether join() waits: until the loop has nothing left, whatever threads live.
    _is_joined = False

    def describe_parked(self) -> list[str]:
        """Say of every parked greenlet what it waits for."""
        return [
            f"{describe_waiter(greenlet)} waits for {describe_subject(subject)}"
            for greenlet, subject in self.loop.parked_greenlets()
        ]

    def switch(self) -> object:
        """Switch to the hub, after the current greenlet's ``switch_out``.

        Its ``switch_in``, if it has both, follows when it is switched back.

        Raises:
            BlockingSwitchOutError: Called in the hub.

        Blocking:
            Switches; whoever calls it has seen to it that it is switched back.
        """
        current = getcurrent()
        switch_out = getattr(current, "switch_out", None)
        if switch_out is None:
            return raw_greenlet.switch(self)  # switches
        switch_out()
        try:
            return raw_greenlet.switch(self)  # switches
        finally:
            switch_in = getattr(current, "switch_in", None)
            if switch_in is not None:
                switch_in()

    def switch_out(self) -> None:
        """Refuse: the hub may not block.

        Raises:
            BlockingSwitchOutError: Always.
        """
        raise BlockingSwitchOutError(
            "Impossible to call blocking function in the event loop callback"
        )

    def add_switch_hook(
        self, hook: Callable[[raw_greenlet, raw_greenlet], object] | object
    ) -> SwitchHook:
        """Call ``hook(origin, target)`` at each switch of this thread's greenlets.

        There may be many; each is called in the order in which they came, beside what
        ``greenlet.settrace`` has. It is called right before control goes from *origin*
        to *target*, mostly still in *origin*; where the program itself switched, by
        ``greenlet.switch`` or ``throw``, when one of those greenlets next meets gevent.
        So each *origin* is the *target* of the call before. A hand-off without the hub
        is one switch; who goes on without any is not told.

        Args:
            hook: A function, which must not wait; one that fails is removed, and its
                error reported by ``handle_error``. Or a capsule with the name
                ``gevent_switch_hook``, which holds a C function ``void (*)(void
                *context, PyObject *origin, PyObject *target)`` and its context: that
                is called with the interpreter's lock held, must not raise and must not
                run Python code.

        Returns:
            A handle that undoes it, by ``remove()`` or at the end of a ``with`` block.

        Raises:
            TypeError: *hook* is neither.
            RuntimeError: This is not the thread of the hub.
            ValueError: The hub is destroyed.
        """
        if self.loop is None:
            raise ValueError("operation on destroyed hub")
        return self.loop.add_switch_hook(hook)

    def note_long_run(self, runner: raw_greenlet, seconds: float) -> None:
        """Something ran for longer than it may (the loop calls this)."""
        if listening("LoopStalled"):
            self.loop.run_callback(emit, "LoopStalled", self, runner, seconds)

    def note_long_turn(self, seconds: float) -> None:
        """The loop did not poll for longer than it may (it calls this)."""
        if listening("LoopLagged"):
            self.loop.run_callback(emit, "LoopLagged", self, seconds)

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "switch":
            self._look_for_hook()

    def _look_for_hook(self) -> None:
        """Tell the scheduler whether ``switch`` is still ours."""
        loop = self.loop
        if loop is not None:
            loop.custom_switch = (
                type(self).switch is not _our_switch or "switch" in self.__dict__
            )

    def wait(self, watcher: Armable) -> None:
        """Wait until *watcher* (not started) fires; it is stopped afterwards.

        Raises:
            ConcurrentObjectUseError: Somebody waits for it already.

        Blocking:
            Switches to the hub.
        Cancellation:
            The watcher is stopped.
        Thread safety:
            Only from the hub's thread.
        """
        waiter = Waiter(self)
        if isinstance(watcher, Armable):
            watcher.wait_for(waiter, watcher)  # switches
            return
        # Anything else that acts like a watcher.
        watcher.start(waiter.switch, waiter)  # type: ignore[unreachable]
        try:
            result = waiter.get()  # switches
            if result is not waiter:
                raise InvalidSwitchError(
                    f"Invalid switch into {getcurrent()!r}: got {result!r}, "
                    f"expected {waiter!r}"
                )
        finally:
            watcher.stop()

    def cancel_wait(
        self,
        watcher: Armable | None,
        error: BaseException | type[BaseException],
        close_watcher: bool = False,
    ) -> None:
        """Raise *error* in the greenlet that is in ``wait(watcher)``, in its turn.

        Args:
            watcher: What is waited for; None or an idle one: nothing happens.
            error: What to raise.
            close_watcher: Whether to close the watcher afterwards.

        Raises:
            TypeError: *error* is nothing that can be raised.
        """
        demand_throwable(error)
        if watcher is None:
            return
        if watcher.active:
            self.loop.run_callback(self._cancel_wait, watcher, error, close_watcher)
        elif close_watcher:
            watcher.close()

    def _cancel_wait(
        self,
        watcher: Armable,
        error: BaseException | type[BaseException],
        close_watcher: bool,
    ) -> None:
        watcher.cancel_wait(error)
        if close_watcher:
            watcher.close()

    def cancel_waits_close_and_then(
        self,
        watchers: list[Armable],
        exc_kind: BaseException | type[BaseException],
        then: Callable[..., object],
        *then_args: object,
    ) -> None:
        """Raise in whoever waits for *watchers*, close them, then call *then*.

        Raises:
            TypeError: *exc_kind* is nothing that can be raised.
        """
        demand_throwable(exc_kind)
        for watcher in watchers:
            if watcher is not None:
                watcher.cancel_wait(exc_kind)
                watcher.close()
        then(*then_args)

    def join(self, timeout: float | None = None) -> bool:
        """Run the loop until nothing is left to do; from the main greenlet only.

        Args:
            timeout: Seconds; None: for ever.

        Returns:
            Whether it finished in time.

        Raises:
            AssertionError: Called from another greenlet.

        Blocking:
            Switches to the hub.
        """
        if getcurrent() is not self.parent:
            raise AssertionError("only possible from the MAIN greenlet")
        if self.dead:
            return True
        waiter = Waiter(self)
        timer = None
        if timeout is not None:
            timer = self.loop.timer(as_seconds(timeout), ref=False)
            timer.start(waiter.switch, None)
        self._is_joined = True
        try:
            waiter.get()  # switches
        except LoopExit:
            return True
        finally:
            self._is_joined = False
            if timer is not None:
                timer.close()
        return False

    # -- errors -------------------------------------------------------------------

    def handle_error(
        self,
        context: object,
        type: type[BaseException],
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Decide what to do about an error that nobody catches.

        Args:
            context: In which context: a greenlet, a watcher, a text, or None for
                none, and then it is raised in the main greenlet.
            type: Its class.
            value: The exception.
            tb: Where it was raised.
        """
        if type is HubDestroyed:
            return
        is_system = context is None or issubclass(type, self.SYSTEM_ERROR)
        # What is raised in the main greenlet is shown there, unless it is caught.
        if not issubclass(type, self.NOT_ERROR) and not issubclass(
            type, KeyboardInterrupt
        ):
            self.print_exception(context, type, value, tb)
        if is_system:
            self.handle_system_error(type, value, tb)

    def handle_system_error(
        self,
        type: type[BaseException],
        value: BaseException | None,
        tb: TracebackType | None = None,
    ) -> None:
        """Raise an error in the main greenlet.

        Blocking:
            Switches to the main greenlet; a greenlet that calls this goes on later.
        """
        current = getcurrent()
        if current is self or current is self.parent or self.loop is None:
            self.parent.throw(type, value, tb)  # switches
            return
        resume = self.loop.run_callback(_switch_back, current)
        try:
            self.parent.throw(type, value, tb)  # switches
        finally:
            # It may have been somebody else who switched back to us. The queued call
            # would do so a second time, into whatever we wait for by then.
            resume.stop()

    @property
    def exception_stream(self) -> object:
        """Where errors are printed: ``sys.stderr`` unless assigned; None: nowhere."""
        if "exception_stream" in self.__dict__:
            return self.__dict__["exception_stream"]
        return sys.stderr

    @exception_stream.setter
    def exception_stream(self, stream: object) -> None:
        # pyright takes it for the proxy that classes have.
        self.__dict__["exception_stream"] = stream  # pyright: ignore[reportIndexIssue]

    def print_exception(
        self,
        context: object,
        t: type[BaseException],
        v: BaseException | str | None,
        tb: TracebackType | None,
    ) -> None:
        """Write the traceback and a line with time, context and class name."""
        stream = self.exception_stream
        if not stream:
            return
        text = report(context, self.format_context, t, v, tb)
        stream.write(text)  # type: ignore[attr-defined]  # a user's stream

    def format_context(self, context: object) -> str:
        """Make text of the object in whose context an error happened.

        Each hub may be given another one, and gets the setting's if that is not the
        default: ``pprint``'s, which imports more than a hub does, and so comes late.
        """
        return self._read_format_context()(context)

    def _read_format_context(self) -> Callable[[object], str]:
        found = config.format_context
        self.format_context = found  # type: ignore[method-assign, assignment]  # users do so, too
        return found

    # -- life ---------------------------------------------------------------------

    def start_periodic_monitoring_thread(self) -> PeriodicMonitoringThread | None:
        """Start the monitor thread, if ``config.monitor_thread`` says so.

        Subscribers get a ``PeriodicMonitorThreadStartedEvent`` when it was started now.
        A hub that runs has called this itself.

        Returns:
            The monitor of this hub, or None.

        Raises:
            RuntimeError: It has to be started, and this is another hub's thread.
            BaseException: What a subscriber raises.
        """
        return start_monitor(self)

    def _start_monitor(self) -> None:
        """Start the monitor; a hub that can not have one runs all the same."""
        try:
            self.start_periodic_monitoring_thread()
        except BaseException as error:  # last resort: control is in the hub
            self.handle_error(self, type(error), error, error.__traceback__)

    def loop_was_renewed(self) -> None:
        """The loop has become that of a forked child (it calls this)."""
        monitor = self.periodic_monitoring_thread
        if monitor is not None:
            monitor._on_fork()
        self._renew_watch()

    def _renew_watch(self) -> None:
        """Let a watch for stalls go on in a forked child, where its thread is not."""
        try:
            watch_stalls(listening("LoopStalling"))
        except RuntimeError as error:  # no thread to be had: a hub runs all the same
            self.handle_error(self, type(error), error, error.__traceback__)

    def destroy(self, destroy_loop: bool | None = None) -> None:
        """Release everything the hub has; the thread gets a new one when needed.

        Args:
            destroy_loop: Whether to destroy the loop; None: unless it is the
                default one.

        Raises:
            AttributeError: It was destroyed before.

        Thread safety:
            From the hub's thread, or from any when that one has ended: that has
            destroyed it already, and the call does nothing.
        """
        if self._ended_with_thread:
            self._ended_with_thread = False
            return
        if owned_hub() is self:
            own(None)
        kept = self.loop
        if destroy_loop is None:
            destroy_loop = not kept.default
        self._destroy(destroy_loop)
        if not destroy_loop:
            slot.loop = kept

    def _destroy(self, destroy_loop: bool) -> None:
        """destroy(), without the thread's slot: that would come to life again."""
        loop = self.loop
        end_helpers(self)
        self._end = HubDestroyed(destroy_loop)
        # A hub that ends passes control to its parent, the main greenlet. So only that
        # one may end it here; for all others it ends when control comes to it.
        if getcurrent() is self.parent:
            self._throw_end()
        elif not loop.closing:
            loop.break_()
        loop.detach_from_thread()
        if destroy_loop:
            loop.destroy()
        else:
            loop.hub = None
            loop.error_handler = None
        self.loop = None  # type: ignore[assignment]  # that is what "destroyed" means
        self.tell("HubEnded", self)

    def end_with_thread(self) -> None:
        """Free the hub of a thread that ends, and the greenlets parked there.

        Nobody can switch to them afterwards, so that they would stay for ever; they
        get a GreenletExit, like every greenlet that is dropped. A collector that
        notices the end later (PyPy's) frees all of them without.
        """
        loop = self.loop
        # Not the number of the thread: by then that may be a new one's.
        if self.parent is not _root_greenlet() or loop is None:
            return
        self._destroy(True)
        self._ended_with_thread = True
        # Their finally clauses may ask for the thread's hub: without this they would
        # make a new one.
        loop.attach_to_thread()
        for greenlet, _ in loop.parked_greenlets():
            if greenlet is not self.parent:
                self._drop(greenlet)  # type: ignore[arg-type]  # parked: there is one
        loop.detach_from_thread()
        loop.destroy()  # the ends that they have queued

    def _drop(self, greenlet: raw_greenlet) -> None:
        """End a greenlet that nobody will switch to again."""
        try:
            greenlet.throw(GreenletExit)
        except BaseException as error:  # last resort: the others must end, too
            self.handle_error(greenlet, type(error), error, error.__traceback__)

    def _throw_end(self) -> None:
        """Make the hub's greenlet end, wherever it stands."""
        try:
            raw_greenlet.throw(self, self._end)  # type: ignore[arg-type]  # set by now
        except HubDestroyed as end:
            if end is not self._end:
                raise

    def set_hub(self, hub: Hub | None) -> None:
        """Make *hub* the hub of this thread; None: it has none."""
        replace_hub(hub)

    def __repr__(self) -> str:
        loop = self.loop
        text = f"<{type(self).__name__} {self.name!r} at 0x{id(self):x}"
        text += f" {loop._describe()}" if loop is not None else " destroyed"  # type: ignore[redundant-expr]
        if self._resolver is not None:
            text += f" resolver={self._resolver!r}"
        if self._threadpool is not None:
            text += f" threadpool={self._threadpool!r}"
        return f"{text} thread_ident=0x{self.thread_ident:x}>"


_our_switch = Hub.switch


def watch_stalls(is_wanted: bool) -> None:
    """Somebody subscribes to LoopStalling, or nobody does any more."""
    if is_wanted or "gevent._hub.stall_watch" in sys.modules:
        # Programs without a subscriber do not need it.
        from gevent._hub import stall_watch

        stall_watch.set_watched(is_wanted)


follow("LoopStalling", watch_stalls)


def _switch_back(greenlet: raw_greenlet) -> None:
    greenlet.switch()  # switches


def _root_greenlet() -> raw_greenlet:
    """Return the greenlet that the current thread began with."""
    greenlet = getcurrent()
    while greenlet.parent is not None:
        greenlet = greenlet.parent
    return greenlet
