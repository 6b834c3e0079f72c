"""The lock and the conditions that programs know from ``queue.Queue``.

Queues need none of them (see ``queue.py``, QUEUE3): they are made when asked for, and
mean what they mean in the standard library to who uses them. Who holds the lock keeps
out others who take it, and greenlets that run while it switches may still put and get.
"""

from __future__ import annotations

import weakref
from time import monotonic

from gevent._base.checking import TYPE_CHECKING, Protocol
from gevent._base.exceptions import BlockingSwitchOutError, LoopExit
from gevent.sync.lock import BoundedSemaphore

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TypeVar

    _T = TypeVar("_T")

    class HasChanged(Protocol):
        """A queue."""

        def _has_changed(self) -> None:
            """Wake who can go on now."""


class QueueMutex:
    """What ``Queue.mutex`` is: who let it go may have changed the storage."""

    __slots__ = ("__weakref__", "_lock", "_queue")

    def __init__(self, queue: HasChanged):
        self._lock = BoundedSemaphore()
        # The queue refers to this.
        self._queue = weakref.ref(queue)

    def locked(self) -> bool:
        """Return whether anybody holds it."""
        return self._lock.locked()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it; see ``threading.Lock.acquire``."""
        return self._lock.acquire(blocking, None if timeout == -1 else timeout)

    def release(self) -> None:
        """Give it back, and wake who can go on with what the queue holds now.

        Raises:
            RuntimeError: Nobody holds it.
        """
        if not self._lock.locked():
            raise RuntimeError("release unlocked lock")
        self._lock.release()
        self.announce()

    def announce(self) -> None:
        """Wake who can go on with what the queue holds now."""
        queue = self._queue()
        if queue is not None:
            queue._has_changed()

    def take_back(self) -> None:
        """Take it whatever arrives meanwhile; that is raised afterwards."""
        interruption: BaseException | None = None
        while True:
            try:
                self._lock.acquire()  # switches
                break
            except (BlockingSwitchOutError, LoopExit):
                raise  # it cannot get it
            except BaseException as error:  # last resort: raised below
                interruption = error
        if interruption is not None:
            raise interruption

    def __enter__(self) -> bool:
        return self.acquire()  # switches

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.release()


class QueueCondition:
    """What ``Queue.not_empty`` is: waits for a state of the queue, not for a call.

    Args:
        mutex: Its lock.
        wait_for_state: ``wait_for_state(timeout)`` waits, and tells whether it came.
    """

    __slots__ = ("_mutex", "_wait_for_state", "acquire", "release")

    def __init__(
        self,
        mutex: QueueMutex,
        wait_for_state: Callable[[float | None], bool],
    ):
        self._mutex = mutex
        self._wait_for_state = wait_for_state
        self.acquire = mutex.acquire
        self.release = mutex.release

    def __enter__(self) -> bool:
        return self._mutex.acquire()  # switches

    def __exit__(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._mutex.release()

    def wait(self, timeout: float | None = None) -> bool:
        """Let the lock go until the queue is in that state; then take it again.

        Raises:
            RuntimeError: Nobody holds the lock.
        """
        if not self._mutex.locked():
            raise RuntimeError("cannot wait on un-acquired lock")
        self._mutex.release()
        try:
            return self._wait_for_state(timeout)  # switches
        finally:
            self._mutex.take_back()  # switches

    def wait_for(self, predicate: Callable[[], _T], timeout: float | None = None) -> _T:
        """Wait until *predicate* returns something true; return what it returned."""
        deadline = None if timeout is None else monotonic() + timeout
        while not (result := predicate()):
            remaining = None if deadline is None else deadline - monotonic()
            if remaining is not None and remaining <= 0:
                break
            self.wait(remaining)  # switches
        return result

    def notify(self, n: int = 1) -> None:
        """Wake who can go on with what the queue holds now.

        Raises:
            RuntimeError: Nobody holds the lock.
        """
        if not self._mutex.locked():
            raise RuntimeError("cannot notify on un-acquired lock")
        self._mutex.announce()

    def notify_all(self) -> None:
        """Wake who can go on with what the queue holds now; as :meth:`notify`."""
        self.notify()
