"""What servers have in common: the home of ``gevent.baseserver``.

States::

    made --start--> started --close, stop, a fatal error--> closed
    closed --start--> started            (only with ``handle`` as a method)

While it is started the listener is watched, unless it pauses after an error (a timer
runs then) or is full (the pool tells when a slot is free).

``stop`` has three steps, of which subclasses may replace the last two: ``close``;
``_drain(deadline)``, which waits until nothing is being handled or the deadline is
reached; ``_end_rest()``, which ends what is left. ``drain`` loses nothing that has
come: see ``gevent.servers.draining``.
"""

from __future__ import annotations

import sys
from errno import EBADF, EINVAL, ENOTSOCK
from typing import TYPE_CHECKING, cast

from gevent._base.emission import emit, listening
from gevent._base.publish import publish
from gevent._hub.greenlet import Greenlet, killall
from gevent._hub.hub import get_hub, getcurrent
from gevent.servers.draining import Draining, handlers_of, is_handler_of
from gevent.servers.ending import Deadline, StopSignals
from gevent.servers.listener import inherited_socket, parse_address
from gevent.sync.event import Event
from gevent.sync.runner import register

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import TracebackType
    from typing import Protocol, Self, TypeAlias

    from gevent._loop.loop import Loop
    from gevent._loop.watchers import io, timer
    from gevent._native.scheduling.scheduler import NativeGreenlet
    from gevent.servers.listener import Place

    class Listener(Protocol):
        """What a server needs of a listening socket, the interpreter's or ours."""

        @property
        def family(self) -> int:
            """The address family."""

        @property
        def type(self) -> int:
            """The socket type."""

        @property
        def proto(self) -> int:
            """The protocol."""

        def fileno(self) -> int:
            """Return the number of the descriptor, -1 when closed."""

        def getsockname(self) -> Place:
            """Return the local address."""

        def setblocking(self, flag: bool, /) -> None:
            """Say whether calls wait."""

        def close(self) -> None:
            """Close it."""

    class HandlerPool(Protocol):
        """What runs the handlers and limits their number."""

        def spawn(self, function: Callable[..., object], *args: object) -> object:
            """Start a handler."""

        def join(self) -> object:
            """Wait for all handlers."""

        def kill(self, *, block: bool = True, timeout: float | None = None) -> object:
            """End all handlers."""

    Handler: TypeAlias = Callable[..., object]

__all__ = ("BaseServer",)

# What starts handlers unless the server is told otherwise; one object, to compare with.
USUAL_SPAWN: Callable[..., object] = Greenlet.spawn
# Seconds until a server that is full by a `full` of its own looks again.
_FULL_DELAY = 0.1
# Seconds that handlers have for their clean-up when they are killed.
_LAST_SECOND = 1
# Of what waits to be accepted, so much is taken at the end: the system's limit, as it
# usually is, and one.
_MOST_WAITING = 4097
#: Attribute of an exception: what to call with it, instead of reporting a traceback.
REPORT = "_gevent_report"


class BaseServer:
    """A server that accepts something and handles it, each in a greenlet.

    Subclasses provide ``init_socket`` (make ``socket`` if there is none), ``do_read``
    (accept once; the handler's arguments, or None) and ``do_close``; they may have a
    method ``handle``.

    Args:
        listener: A listening socket, or an address: (host, port), ``"host:port"``,
            ``":port"``, ``"[v6]:port"``, ``"*:port"``, a port, ``"fd:3"`` for a
            descriptor that the process was started with.
        handle: Called with what ``do_read`` returned.
        spawn: ``"default"``: each handler in a greenlet; an object with ``spawn`` and
            ``full``, like a pool; a number: in a pool of that size; None: in the hub,
            where it must not block; any other callable.

    Raises:
        TypeError: *listener* or *handle* is of the wrong kind.
        ValueError: *listener* is a text that is no address.
    """

    #: Seconds to pause after an error of accepting; doubled by each that follows.
    min_delay: float = 0.01
    max_delay: float = 1
    #: How many are accepted for one wake-up.
    max_accept: int = 100
    #: Seconds that ``stop`` waits for the greenlets of a pool.
    stop_timeout: float = 1
    #: Errors after which the server closes itself.
    fatal_errors: tuple[int, ...] = (EBADF, EINVAL, ENOTSOCK)

    pool: HandlerPool | None = None
    socket: Listener | None = None
    _spawn: Callable[..., object] | None = USUAL_SPAWN
    _handle: Handler | None = None
    _watcher: io | None = None
    _timer: timer | None = None
    #: What ``stop`` is given after a signal, unless ``serve_forever`` was told; None:
    #: ``stop_timeout``.
    _signalled_timeout: float | None = None
    # Whether what it accepts are connections, about which there are events.
    _has_connections = False
    # Until when the last `stop` that runs waits, and whether later ones do not.
    _deadline: Deadline | None = None
    _is_hurried = False
    # The last drain, which may be over.
    _draining: Draining | None = None
    # Whether handlers need the listener, so that it is closed behind them.
    _answers_by_listener = False

    def __init__(
        self, listener: object, handle: Handler | None = None, spawn: object = "default"
    ):
        self._stop_event = Event()
        self._stop_event.set()
        self.family: int
        self.address: Place
        try:
            self.set_listener(listener)
            self.set_spawn(spawn)
            self.set_handle(handle)
            self.delay: float = self.min_delay
            self.loop: Loop = get_hub().loop
            if self.max_accept < 1:
                raise ValueError(f"max_accept must be >= 1, not {self.max_accept!r}")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.stop()

    # -- settings -----------------------------------------------------------------

    def set_listener(self, listener: object) -> None:
        """Take a listening socket, or an address to listen on.

        Raises:
            TypeError: It is neither, or a TLS socket.
            ValueError: It is a text that is no address.
        """
        inherited = inherited_socket(listener)
        if inherited is not None:
            listener = inherited
        if hasattr(listener, "accept"):
            if hasattr(listener, "do_handshake"):
                raise TypeError(
                    f"Expected a regular socket, not SSLSocket: {listener!r}"
                )
            given = cast("Listener", listener)
            self.family = given.family
            self.address = given.getsockname()
            self.socket = given
        else:
            self.family, self.address = parse_address(listener)

    def set_spawn(self, spawn: object) -> None:
        """Say what runs the handlers; see the class.

        Raises:
            ValueError: It is a negative number.
        """
        if spawn == "default":
            self.pool = None
            self._spawn = USUAL_SPAWN
        elif hasattr(spawn, "spawn"):
            self.pool = cast("HandlerPool", spawn)
            self._spawn = self.pool.spawn
        elif isinstance(spawn, int):
            # Not at the top: most servers need no pool.
            from gevent.sync.pool import Pool as SizedPool

            self.pool = cast("HandlerPool", SizedPool(spawn))
            self._spawn = self.pool.spawn
        else:
            self.pool = None
            self._spawn = cast("Callable[..., object] | None", spawn)
        full = getattr(self.pool, "full", None)
        if full is not None:
            self.full = full  # type: ignore[method-assign]  # API

    def set_handle(self, handle: Handler | None) -> None:
        """Say what handles, from the next on; None: what ``handle`` is now.

        Raises:
            TypeError: There is none.
        """
        if handle is not None:
            self.handle = handle
        if getattr(self, "handle", None) is None:
            raise TypeError("'handle' must be provided")
        self._handle = self._find_handle()

    @property
    def server_host(self) -> str | None:
        """The host part of a tuple address, else None."""
        return self.address[0] if isinstance(self.address, tuple) else None

    @property
    def server_port(self) -> int | None:
        """The port of a tuple address, else None."""
        return self.address[1] if isinstance(self.address, tuple) else None

    @property
    def started(self) -> bool:
        """Whether it is between ``start`` and ``stop`` or ``close``."""
        return not self._stop_event.is_set()

    @property
    def closed(self) -> bool:
        """Whether it has no listening socket."""
        return self.socket is None

    # -- hooks --------------------------------------------------------------------

    def init_socket(self) -> None:
        """Make ``socket``, unless there is one; called by ``start``."""

    def do_read(self) -> tuple[object, ...] | None:
        """Accept once, without waiting.

        Returns:
            The arguments of the handler, or None if there was nothing.
        """
        raise NotImplementedError

    def do_close(self, *args: object) -> None:
        """Release what ``do_read`` returned; called when the handler has ended."""

    def do_handle(self, *args: object) -> None:
        """Start the handler, and see that ``do_close`` follows it."""
        if self._has_connections and listening("ConnectionAccepted"):
            self._tell("ConnectionAccepted", args)
        self._start_handler(args)

    def _start_handler(self, args: tuple[object, ...]) -> None:
        # Set since start(); a cast would be a call for each.
        handle: Handler = self._handle  # type: ignore[assignment]
        spawn = self._spawn
        if spawn is None:
            _handle_and_close_when_done(handle, self.do_close, args)
            return
        try:
            spawn(_handle_and_close_when_done, handle, self.do_close, args)
        except BaseException as error:
            self.do_close(*args)
            if self._has_connections and listening("ConnectionClosed"):
                self._tell("ConnectionClosed", args, error)
            raise

    def _tell(
        self, event: str, args: tuple[object, ...], *more: BaseException | None
    ) -> None:
        """Send an event about a connection; who fails to take it is reported."""
        sock, address = (*args, None, None)[:2]
        try:
            emit(event, self, sock, address, *more)
        except Exception as error:
            self.loop.handle_error(self, type(error), error, error.__traceback__)

    def full(self) -> bool:
        """Return whether nothing may be accepted now; a pool brings its own."""
        return False

    def is_fatal_error(self, ex: object) -> bool:
        """Return whether an error of accepting ends the server."""
        return isinstance(ex, OSError) and ex.errno in self.fatal_errors

    # -- accepting ----------------------------------------------------------------

    def start_accepting(self) -> None:
        """Watch the listener."""
        if self._watcher is None:
            fileno = -1 if self.socket is None else self.socket.fileno()
            self._watcher = self.loop.io(fileno, 1)
            self._watcher.start(self._do_read)

    def stop_accepting(self) -> None:
        """Do not watch the listener any more, nor start again after a pause."""
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _start_accepting_if_started(self, _event: object = None) -> None:
        if self.started and self._draining is None:
            if self._timer is not None:
                self._timer.close()
                self._timer = None
            self.start_accepting()

    def _do_read(self) -> None:
        """The listener is readable: accept and start handlers; runs in the hub."""
        for _ in range(self.max_accept):
            if not self._accept():
                return

    def _accept(self) -> bool:
        """Accept once and start a handler; return whether to go on."""
        if self.full():
            self._wait_for_slot()
            return False
        try:
            args = self.do_read()
            if args is None:
                return False
            self.do_handle(*args)
        except BaseException as error:  # last resort: control returns to the hub
            self._handle_accept_error(error)
            return False
        self.delay = self.min_delay
        # A handler in the hub may have stopped or closed the server.
        return self._watcher is not None

    def _wait_for_slot(self) -> None:
        self.stop_accepting()
        slots = getattr(self.pool, "_semaphore", None)
        if slots is not None:
            slots.rawlink(self._start_accepting_if_started)
        else:
            # Nothing tells when there is room: ask again.
            self._pause(_FULL_DELAY)

    def _handle_accept_error(self, error: BaseException) -> None:
        """Report it, and close the server or pause, whatever the report does."""
        try:
            self.loop.handle_error(self, type(error), error, error.__traceback__)
        finally:
            self._close_or_pause(error)

    def _close_or_pause(self, error: BaseException) -> None:
        if self.is_fatal_error(error):
            self.close()
            sys.stderr.write(f"ERROR: {self} failed with {error}\n")
        elif self.started:
            self._pause(self.delay)
            self.delay = min(self.max_delay, self.delay * 2)

    def _pause(self, seconds: float) -> None:
        """Accept nothing for so long."""
        self.stop_accepting()
        self._timer = self.loop.timer(seconds)
        self._timer.start(self._start_accepting_if_started)

    # -- life ---------------------------------------------------------------------

    def start(self) -> None:
        """Begin to accept; a no-op when started.

        Raises:
            OSError: The address cannot be bound.
            AttributeError: It was closed, and the handler with it.
        """
        if self.started:
            return
        self._handle = self._find_handle()
        self.init_socket()
        self._stop_event.clear()
        self._is_hurried = False
        self._draining = None
        try:
            self.start_accepting()
        except BaseException:
            self.close()
            raise
        register(self)

    def _find_handle(self) -> Handler:
        return self.handle

    def close(self) -> None:
        """Stop accepting and close the listener; repeatable.

        Handlers that run go on.
        """
        self._stop_event.set()
        try:
            self.stop_accepting()
        finally:
            self._close_socket()
            if self._draining is None or not self._draining.is_handing_over:
                # They may refer to this server; else there are some to be started.
                for name in ("handle", "_handle", "_spawn", "full"):
                    self.__dict__.pop(name, None)

    def _close_socket(self) -> None:
        listener = self.__dict__.pop("socket", None)
        if listener is not None:
            listener.close()

    def stop(self, timeout: float | None = None) -> None:
        """Close, wait for the handlers of the pool, end those that still run.

        Without a pool handlers go on. Called by a handler, it leaves that one alone.
        Repeatable. If the server is being drained, it waits for that, and for all
        handlers.

        Args:
            timeout: Seconds until those that still run are killed; ``stop_timeout``
                by default, or what is left to drain it.

        Blocking:
            Switches to the hub if there is a pool with greenlets.
        Cancellation:
            The server is closed; handlers go on.
        """
        if self._draining is not None:
            timeout = self._join_draining(self._draining, timeout)  # switches
        self.close()
        seconds = self.stop_timeout if timeout is None else timeout
        deadline = Deadline(self.loop, 0 if self._is_hurried else seconds)
        earlier, self._deadline = self._deadline, deadline
        try:
            self._drain(deadline)  # switches
            self._end_rest()  # switches
        finally:
            self._deadline = earlier
            deadline.close()

    def _join_draining(self, draining: Draining, timeout: float | None) -> float | None:
        """Wait for the drain; return how many seconds there are then."""
        if not draining.is_over:
            if self._is_handling(getcurrent()):
                return draining.left() if timeout is None else timeout
            draining.join(timeout)  # switches
            return 0
        return 0 if timeout is None else timeout

    def drain(self, timeout: float | None = None) -> bool:
        """Stop accepting, and answer all that has come.

        What waits in the listener's queue is accepted before that is closed, and gets
        a handler as soon as there is a slot. All handlers are waited for, those outside
        of a pool, too, and none is killed. ``serve_forever`` returns when it is done.
        ``gevent.run`` drains every server that was started in it. Repeatable; of two
        calls at a time the second waits for the first.

        Args:
            timeout: Seconds; None: for ever.

        Returns:
            Whether nothing is left.

        Blocking:
            Switches to the hub.
        Cancellation:
            The server is closed. What has no handler yet is closed; handlers go on.
        """
        draining = self._draining
        if draining is not None and not draining.is_over:
            return draining.join(timeout)  # switches
        self._draining = draining = Draining(self, timeout)
        return draining.run()  # switches

    def _take_rest(self, taken: list[tuple[object, ...]]) -> None:
        """Append what waits to be accepted, as arguments of handlers; a hook."""
        self.stop_accepting()
        for _ in range(_MOST_WAITING):
            try:
                args = self.do_read()
            except OSError as error:
                if not self.is_fatal_error(error):
                    self.loop.handle_error(
                        self, type(error), error, error.__traceback__
                    )
                return
            if args is None:
                return
            taken.append(args)

    def _shut(self) -> None:
        """Listen no more; handlers may still be started, unlike after ``close``."""
        self._stop_event.set()
        self.stop_accepting()
        if not self._answers_by_listener:
            self._close_socket()

    def _starts_at_once(self) -> bool:
        """Return whether ``do_handle`` never waits for a slot; a hook."""
        return False

    def _loose_handlers(self) -> list[NativeGreenlet]:
        """Return the greenlets of handlers that are in no pool; a hook."""
        if self.pool is not None or self._spawn is None:
            return []
        return handlers_of(_handle_and_close_when_done, self)

    def _is_handling(self, greenlet: object) -> bool:
        """Return whether a greenlet is a handler's, for which a drain waits; a hook."""
        pool = self.pool
        if pool and _is_in(pool):
            return True
        return is_handler_of(greenlet, _handle_and_close_when_done, self)

    def _is_busy(self) -> bool:
        """Return whether something is still being handled; a hook."""
        try:
            n_members = len(cast("Collection[object]", self.pool))
        except TypeError:
            n_members = 0  # there is none, or it does not know
        return n_members > 0 or bool(self._loose_handlers())

    def _give_up(self) -> None:
        """Start no handler any more: there is no time; a hook."""

    def _drain(self, deadline: Deadline) -> None:
        """Wait until nothing is being handled, or *deadline* is reached; a hook.

        The server accepts nothing more.
        """
        pool = self.pool
        if not pool:
            return
        if _is_in(pool):
            deadline.wait(_others_in(pool))  # switches
        else:
            deadline.wait_for_call(pool.join)  # switches

    def _end_rest(self) -> None:
        """End what is still being handled, and wait a second for that; a hook."""
        pool = self.pool
        if not pool:
            return
        if not _is_in(pool):
            pool.kill(block=True, timeout=_LAST_SECOND)  # switches
            return
        others = _others_in(pool)
        killall(others, block=False)
        end = Deadline(self.loop, _LAST_SECOND)
        try:
            end.wait(others)  # switches
        finally:
            end.close()

    def serve_forever(
        self, stop_timeout: float | None = None, *, handle_signals: bool = False
    ) -> None:
        """Start if need be, and wait until it is stopped.

        Args:
            stop_timeout: For ``stop``, which runs in any case at the end.
            handle_signals: Whether SIGTERM and SIGINT stop it, too: then this returns
                when all is done, and a second signal is the end of *stop_timeout*.
                Handlers that were set before are restored at the end.

        Raises:
            ValueError: *handle_signals* outside of the main thread.

        Blocking:
            Switches to the hub.
        Cancellation:
            The server is stopped.
        """
        if not handle_signals:
            self._serve(stop_timeout, None)  # switches
            return
        with StopSignals(self.loop, self._stop_event.set, self._hurry) as signals:
            self._serve(stop_timeout, signals)  # switches

    def _serve(self, stop_timeout: float | None, signals: StopSignals | None) -> None:
        if not self.started:
            self.start()
        try:
            if signals is None or not signals.received:
                self._stop_event.wait()  # switches
        finally:
            if stop_timeout is None and signals is not None and signals.received:
                stop_timeout = self._signalled_timeout
            Greenlet.spawn(self.stop, timeout=stop_timeout).join()  # switches

    def _hurry(self) -> None:
        """A second signal: whoever waits in ``stop``, or will, has no time left."""
        self._is_hurried = True
        if self._deadline is not None:
            self._deadline.expire()
        if self._draining is not None:
            self._draining.deadline.expire()

    # -- looking ------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at 0x{id(self):x} {self._formatinfo()}>"

    def __str__(self) -> str:
        return f"<{type(self).__name__} {self._formatinfo()}>"

    def _formatinfo(self) -> str:
        parts: list[str] = []
        if self.socket is not None:
            parts.append(f"fileno={self.socket.fileno()}")
        if isinstance(self.address, tuple) and len(self.address) == 2:
            parts.append(f"address={self.address[0]}:{self.address[1]}")
        else:
            parts.append(f"address={self.address!s}")
        handle = self.__dict__.get("handle")
        if handle is not None:
            parts.append(f"handle={self._format_handle(handle)}")
        return " ".join(parts)

    def _format_handle(self, handle: Handler) -> str:
        if getattr(handle, "__self__", None) is self:
            # Its repr would show this one again.
            name = getattr(handle, "__name__", handle)
            return f"<bound method {type(self).__name__}.{name} of self>"
        return repr(handle)


def _handle_and_close_when_done(
    handle: Handler, close: Callable[..., object], args: tuple[object, ...]
) -> object:
    """The body of a handler's greenlet."""
    failure: BaseException | None = None
    try:
        return handle(*args)
    except BaseException as error:
        failure = error
        report: Callable[[object], object] | None = getattr(error, REPORT, None)
        if report is None:
            raise
        report(error)
        return None
    finally:
        close(*args)
        if listening():
            _tell_of_end(close, args, failure)
        # The traceback keeps this frame.
        del failure


def _tell_of_end(
    close: Callable[..., object],
    args: tuple[object, ...],
    failure: BaseException | None,
) -> None:
    server = getattr(close, "__self__", None)
    if isinstance(server, BaseServer) and server._has_connections:
        server._tell("ConnectionClosed", args, failure)


def _is_in(pool: HandlerPool) -> bool:
    """Whether the current greenlet is a member: it cannot wait for itself."""
    try:
        return getcurrent() in cast("Collection[object]", pool)
    except TypeError:
        # A pool that does not know its members.
        return False


def _others_in(pool: HandlerPool) -> list[Greenlet]:
    """Return the members but the current one, as far as they tell of their end."""
    me = getcurrent()
    return [
        each
        for each in cast("Iterator[Greenlet]", pool)
        if each is not me and hasattr(each, "rawlink")
    ]


publish(__name__, "gevent.baseserver")
