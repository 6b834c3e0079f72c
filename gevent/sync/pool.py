"""Groups and pools of greenlets, and what they share with thread pools.

Who is a member, and the invariants of that: ``gevent.sync.group_members``.
"""

from __future__ import annotations

from collections import deque

from greenlet import GreenletExit, getcurrent

from gevent._base.checking import TYPE_CHECKING, cast
from gevent._base.publish import publish
from gevent._hub.greenlet import Greenlet, joinall, parts_of
from gevent._hub.hub import get_hub, kill, sleep
from gevent._hub.timeout import Timeout
from gevent._native.scheduling.scheduler import demand_throwable
from gevent.sync.group_members import GroupMembers, make_greenlet
from gevent.sync.imap import IMap, IMapUnordered
from gevent.sync.lock import DummySemaphore, Semaphore
from gevent.sync.queue import Full

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from greenlet import greenlet as raw_greenlet

    from gevent.sync.imap import Call

__all__ = ("Group", "GroupMappingMixin", "Pool", "PoolFull")


def as_keywords(given: Mapping[str, object]) -> Mapping[str, object]:
    """Return what is given; what is no mapping is the caller's error, not the call's.

    Raises:
        TypeError: It is none.
    """
    if isinstance(given, dict) or hasattr(given, "keys"):
        return given
    kind = type(given).__name__
    raise TypeError(f"argument after ** must be a mapping, not {kind}")


class GroupMappingMixin:
    """The mapping methods, on top of ``spawn``.

    Subclasses override ``spawn``, and may override ``full``.
    """

    # Internal, for subclasses here: _applies_directly, _never_submits, _call_back,
    # _has_ended, _of_us.
    __slots__ = ()

    def spawn(
        self, func: Callable[..., object], *args: object, **kwargs: object
    ) -> Call:
        """Submit a call; overridden by subclasses.

        Raises:
            NotImplementedError: It was not overridden.
        """
        raise NotImplementedError

    def full(self) -> bool:
        """Return whether :meth:`spawn` would wait."""
        return False

    def _applies_directly(self) -> bool:
        """Whether the caller would wait for what waits for the caller."""
        return False

    def _never_submits(self) -> bool:
        """Whether ``spawn`` does not return greenlets."""
        return False

    def _call_back(self, callback: Callable[[object], object], value: object) -> None:
        """Call a callback of ``apply_cb``."""
        Greenlet.spawn(callback, value)

    def apply(
        self,
        func: Callable[..., object],
        args: Iterable[object] | None = None,
        kwds: Mapping[str, object] | None = None,
    ) -> object:
        """Run a call in the pool and wait for it.

        Args:
            func: What to call; called directly by members of the pool, which would
                wait for themselves otherwise.
            args: Its arguments.
            kwds: Its keyword arguments.

        Returns:
            What it returned.

        Raises:
            BaseException: What it raised.

        Blocking:
            Switches to the hub.
        Cancellation:
            The call goes on.
        Thread safety:
            Only from the thread of the pool (or of a thread pool).
        """
        positional = () if args is None else tuple(args)
        keywords: Mapping[str, object] = {} if kwds is None else as_keywords(kwds)
        if self._applies_directly():
            return func(*positional, **keywords)
        return self._apply(func, positional, keywords)  # switches

    def _apply(
        self,
        func: Callable[..., object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> object:
        """Submit a call and wait for it."""
        return self.spawn(func, *args, **kwargs).get()  # switches

    def apply_cb(
        self,
        func: Callable[..., object],
        args: Iterable[object] | None = None,
        kwds: Mapping[str, object] | None = None,
        callback: Callable[[object], object] | None = None,
    ) -> object:
        """:meth:`apply`, then call *callback* with the result, unless it failed.

        Blocking:
            Switches to the hub.
        """
        result = self.apply(func, args, kwds)  # switches
        if callback is not None:
            self._call_back(callback, result)
        return result

    def apply_async(
        self,
        func: Callable[..., object],
        args: Iterable[object] | None = None,
        kwds: Mapping[str, object] | None = None,
        callback: Callable[[object], object] | None = None,
    ) -> Greenlet:
        """:meth:`apply_cb` without waiting.

        Returns:
            A greenlet that ends with the call; it is no member while the pool is full.

        Blocking:
            Never switches.
        """
        if self._never_submits() or self.full():
            args = () if args is None else args
            kwds = {} if kwds is None else kwds
            return Greenlet.spawn(self.apply_cb, func, args, kwds, callback)
        positional = () if args is None else tuple(args)
        call = cast("Greenlet", self.spawn(func, *positional, **(kwds or {})))
        if callback is not None:
            call.link(PassValue(callback))
        return call

    def map(
        self, func: Callable[..., object], iterable: Iterable[object]
    ) -> list[object]:
        """Call a function with each item, at the same time.

        Returns:
            The results in the order of the items.

        Raises:
            BaseException: What the first call, in that order, raised that failed.

        Blocking:
            Switches to the hub.
        Cancellation:
            The calls go on.
        Thread safety:
            Only from the thread of the pool.
        """
        results: list[object] = []
        calls: deque[Call] = deque()
        for item in iterable:
            calls.append(self.spawn(func, item))  # switches
            # Finished greenlets are many objects; keep their results instead.
            while calls and calls[0].successful():
                results.append(calls.popleft().get())
        try:
            while calls:
                results.append(calls[0].get())  # switches
                self._has_ended(calls.popleft())
        except BaseException:
            # No name for a call: what is raised keeps this frame, and they keep that.
            while calls:
                if calls[0].ready():
                    self._has_ended(calls[0])
                calls.popleft()
            raise
        return results

    def _has_ended(self, call: Call) -> None:
        """A call of :meth:`map` has ended; its links may not have been called yet."""

    def _of_us(self, results: IMap) -> IMap:
        """What :meth:`imap` returns; links of its calls may be called later."""
        return results

    def map_cb(
        self,
        func: Callable[..., object],
        iterable: Iterable[object],
        callback: Callable[[list[object]], object] | None = None,
    ) -> list[object]:
        """:meth:`map`, then call *callback* with the list, unless a call failed.

        Blocking:
            Switches to the hub.
        """
        result = self.map(func, iterable)  # switches
        if callback is not None:
            callback(result)
        return result

    def map_async(
        self,
        func: Callable[..., object],
        iterable: Iterable[object],
        callback: Callable[[list[object]], object] | None = None,
    ) -> Greenlet:
        """:meth:`map_cb` without waiting: in a new greenlet, which is returned.

        Blocking:
            Never switches.
        """
        return Greenlet.spawn(self.map_cb, func, iterable, callback)

    def imap(
        self,
        func: Callable[..., object],
        *iterables: Iterable[object],
        maxsize: int | None = None,
    ) -> IMap:
        """Call a function with each item; the results come in the items' order.

        The calls start at once. What a call raises, ``next`` raises in its turn, and
        what the iterable raises after everything else; iteration may go on.

        Args:
            func: What to call.
            iterables: Its arguments; several are taken in parallel, as ``zip`` does.
            maxsize: How many results may wait to be taken; None: any number.

        Returns:
            An iterator, which is a greenlet, too.

        Blocking:
            Never switches; the iterator does.
        """
        if len(iterables) == 1:
            made = IMap.spawn(func, iter(iterables[0]), self.spawn, maxsize)
        else:
            made = IMap.spawn(func, zip(*iterables), self.spawn, maxsize, True)  # noqa: B905 - as map()
        return self._of_us(made)

    def imap_unordered(
        self,
        func: Callable[..., object],
        *iterables: Iterable[object],
        maxsize: int | None = None,
    ) -> IMapUnordered:
        """:meth:`imap`, with the results in the order in which the calls end."""
        if len(iterables) == 1:
            return IMapUnordered.spawn(func, iter(iterables[0]), self.spawn, maxsize)
        return IMapUnordered.spawn(
            func,
            zip(*iterables),  # noqa: B905 - as map()
            self.spawn,
            maxsize,
            True,
        )


class PassValue:
    """A link that calls a function with the value, if there is one."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[object], object]):
        self.callback = callback

    def __call__(self, source: Greenlet) -> None:
        """The greenlet has ended."""
        if source.successful():
            self.callback(source.value)

    def __repr__(self) -> str:
        # Reports name what the user gave.
        return repr(self.callback)


class Group(GroupMappingMixin):
    """A set of running greenlets.

    Subclasses may override every method, and ``greenlet_class``.

    Args:
        args: Nothing, or an iterable of greenlets to begin with.
    """

    greenlet_class: type[Greenlet] = Greenlet

    _members: GroupMembers

    def __init__(self, *args: Iterable[raw_greenlet]):
        if len(args) > 1:
            raise TypeError(f"expected at most one iterable, got {len(args)} arguments")
        self._members = GroupMembers(None)
        if args:
            for greenlet in args[0]:
                self.add(greenlet)

    @property
    def greenlets(self) -> set[raw_greenlet]:
        """The members, as a new set; iterating over the group keeps their order."""
        return set(self._members.greenlets)

    @greenlets.setter
    def greenlets(self, greenlets: Iterable[raw_greenlet]) -> None:
        """Let go of all members but these, and take in those that are new.

        They need no slot of a pool: it may have more members than its size for a time.
        """
        members = self._members
        wanted = dict.fromkeys(greenlets)
        for greenlet in list(members.greenlets):
            if greenlet not in wanted:
                self.discard(greenlet)
        for greenlet in wanted:
            if greenlet not in members.greenlets:
                if members.slots is not None:
                    members.slots.counter -= 1
                members.take_in(greenlet)

    @property
    def dying(self) -> set[raw_greenlet]:
        """Those members that an exception was sent to, as a new set."""
        return set(self._members.dying)

    def __repr__(self) -> str:
        members = ", ".join(map(repr, self._members.greenlets))
        text = f"{{{members}}}" if members else "set()"
        return f"<{type(self).__name__} at 0x{id(self):x} {text}>"

    def __len__(self) -> int:
        return len(self._members.greenlets)

    def __contains__(self, item: object) -> bool:
        return item in self._members.greenlets

    def __iter__(self) -> Iterator[raw_greenlet]:
        """Iterate over the members, in the order in which they joined."""
        return iter(self._members.greenlets)

    def _applies_directly(self) -> bool:
        return getcurrent() in self

    def _has_ended(self, call: Call) -> None:
        self._members(call)  # type: ignore[arg-type]  # one of its greenlets

    def _of_us(self, results: IMap) -> IMap:
        return results._of_group(self._members)

    # -- members ----------------------------------------------------------------------

    def add(self, greenlet: raw_greenlet) -> None:
        """Take in a greenlet, until it ends; a raw one until it is discarded.

        Blocking:
            Never switches.
        """
        if greenlet not in self._members.greenlets:
            self._members.take_in(greenlet)

    def discard(self, greenlet: raw_greenlet) -> None:
        """Let go of a greenlet; others are ignored."""
        unlink = getattr(greenlet, "unlink", None)
        if unlink is not None:
            unlink(self._members)
        self._members(greenlet)

    def start(self, greenlet: Greenlet) -> None:
        """Take in a greenlet and start it; one that cannot be started is let go."""
        self.add(greenlet)
        self._start_member(greenlet)

    def _start_member(self, greenlet: Greenlet) -> None:
        try:
            greenlet.start()
        except BaseException:
            self.discard(greenlet)
            raise

    def spawn(self, *args: object, **kwargs: object) -> Greenlet:
        """Make a greenlet of ``greenlet_class``, take it in and start it.

        Raises:
            TypeError: As the class.
        """
        greenlet = make_greenlet(self.greenlet_class, args, kwargs)
        self.start(greenlet)
        return greenlet

    def wait_available(self, timeout: float | Timeout | None = None) -> int | None:
        """Return None at once: a group always has room."""
        return None

    # -- waiting and ending -----------------------------------------------------------

    def join(
        self, timeout: float | Timeout | None = None, raise_error: bool = False
    ) -> bool:
        """Wait until there are no members.

        Args:
            timeout: Seconds to wait at most; None: for ever.
            raise_error: Whether to raise the failure of one of those who are members
                now, when all have ended.

        Returns:
            Whether it has been empty; False if the time passed.

        Blocking:
            Switches to the hub unless it is empty.
        Cancellation:
            The members are not affected.
        Thread safety:
            Only from the thread of the group.
        """
        members = list(self._members.greenlets) if raise_error else []
        result = self._members.empty.wait(timeout)  # switches
        failed = [
            each for each in members if getattr(each, "exception", None) is not None
        ][:1]
        members.clear()
        if failed:
            # The exception keeps this frame, which must not keep the greenlet.
            cast("Greenlet", failed.pop()).get(block=False)
        return result

    def kill(
        self,
        exception: object = GreenletExit,
        block: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None:
        """Raise an exception in every member, once, until there are none.

        They are visited in the order in which they joined.

        Args:
            exception: A class or an instance.
            block: Whether to wait until all have ended, also those who join
                meanwhile.
            timeout: Seconds to wait at most; None: for ever.

        Blocking:
            Switches to the hub if *block* is true and there are members.
        Cancellation:
            The exceptions arrive all the same.
        Thread safety:
            Only from the thread of the group.
        """
        demand_throwable(*parts_of(exception))
        deadline = Timeout.start_new(timeout)
        try:
            while self._members.greenlets:
                for greenlet in list(self._members.greenlets):
                    self._kill_once(greenlet, exception)
                if not block:
                    return
                self._wait_for_dying()  # switches
        except Timeout as error:
            if error is not deadline:
                raise
        finally:
            deadline.cancel()

    def _kill_once(self, greenlet: raw_greenlet, exception: object) -> None:
        """Send the exception, unless one was sent before."""
        members = self._members
        if greenlet not in members.dying and greenlet in members.greenlets:
            members.dying[greenlet] = None
            kill(greenlet, exception)
            if not hasattr(greenlet, "rawlink"):
                # Nobody tells when it has ended: that is when it was thrown into.
                get_hub().loop.run_callback(self.discard, greenlet)

    def _wait_for_dying(self) -> None:
        """Wait until those who are dying now have gone."""
        linked = [each for each in self._members.dying if hasattr(each, "rawlink")]
        if all(each.dead for each in linked) and linked:
            sleep(0)  # switches: the links run that take them out,
            sleep(0)  # switches: and then those who waited for their places
        elif linked:
            joinall(cast("list[Greenlet]", linked))  # switches
        else:
            self._members.empty.wait()  # switches

    def killone(
        self,
        greenlet: raw_greenlet,
        exception: object = GreenletExit,
        block: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None:
        """Raise an exception in a member, once; others are ignored.

        Returns at once if one was sent before, even if the member refuses to end.

        Args:
            greenlet: Whom to kill.
            exception: A class or an instance.
            block: Whether to wait until it has ended; not if an exception was sent to
                it before: it may refuse to die.
            timeout: Seconds to wait at most; None: for ever.

        Blocking:
            Switches to the hub if *block* is true.
        """
        demand_throwable(*parts_of(exception))
        members = self._members
        if greenlet in members.greenlets and greenlet not in members.dying:
            self._kill_once(greenlet, exception)
            if block and hasattr(greenlet, "rawlink"):
                cast("Greenlet", greenlet).join(timeout)  # switches

    def full(self) -> bool:
        """Return False: a group has no limit."""
        return False


class PoolFull(Full):
    """A pool has no room for a greenlet (in time)."""


class Pool(Group):
    """A group with a limit.

    Args:
        size: How many members it may have; 0: none, ever; None: any number.
        greenlet_class: What :meth:`~Group.spawn` makes; None: as the class says.

    Raises:
        ValueError: *size* is negative.
    """

    size: int | None

    def __init__(
        self,
        size: int | None = None,
        greenlet_class: type[Greenlet] | None = None,
    ):
        if size is not None and size < 0:
            raise ValueError(f"size must not be negative: {size!r}")
        slots = None if size is None else Semaphore(size)
        self._members = GroupMembers(slots)
        self.size = size
        if greenlet_class is not None:
            self.greenlet_class = greenlet_class
        # Programs resize a pool by assigning to its `counter` and to `size`.
        self._semaphore: Semaphore | DummySemaphore = (
            DummySemaphore() if slots is None else slots
        )

    def wait_available(self, timeout: float | Timeout | None = None) -> int:
        """Wait until there is room.

        Args:
            timeout: Seconds to wait at most; None: for ever.

        Returns:
            For how many; 0 if the time passed, 1 if there is no limit.

        Blocking:
            Switches to the hub while it is full.
        Cancellation:
            The pool is unchanged.
        Thread safety:
            Only from the thread of the pool.
        """
        return self._semaphore.wait(timeout)  # switches

    def full(self) -> bool:
        """Return whether there is no room."""
        return self.free_count() <= 0

    def free_count(self) -> int:
        """Return for how many greenlets there is room; 1 if there is no limit."""
        if self.size is None:
            return 1
        return max(0, self.size - len(self))

    def start(
        self,
        greenlet: Greenlet,
        blocking: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None:
        """Take in a greenlet, as :meth:`add`, and start it."""
        self.add(greenlet, blocking, timeout)  # switches
        self._start_member(greenlet)

    def add(
        self,
        greenlet: raw_greenlet,
        blocking: bool = True,
        timeout: float | Timeout | None = None,
    ) -> None:
        """Take in a greenlet when there is room.

        Args:
            greenlet: One that has not been started yet.
            blocking: Whether to wait for room.
            timeout: Seconds to wait at most; None: for ever.

        Raises:
            PoolFull: There is no room (in time).

        Blocking:
            Switches to the hub while it is full and *blocking* is true.
        Cancellation:
            The greenlet is not taken in.
        Thread safety:
            Only from the thread of the pool.
        """
        members = self._members
        if greenlet in members.greenlets:
            return
        if blocking and self._semaphore.locked():
            get_hub().tell("PoolExhausted", self)
        if not self._semaphore.acquire(blocking, timeout):  # switches
            raise PoolFull
        if greenlet in members.greenlets:
            # Somebody else has added it while we waited: one unit is enough.
            self._semaphore.release()
        else:
            members.take_in(greenlet)


publish(__name__, "gevent.pool")
