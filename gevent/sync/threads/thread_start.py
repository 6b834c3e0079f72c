"""Threads for those whose greenlets nobody would run: workers of thread pools.

A worker blocks as a whole between its tasks. So what it starts as a thread is one: a
native thread with a hub of its own, in which the body is a greenlet as elsewhere.
"""

from __future__ import annotations

from greenlet import getcurrent

from gevent._base import originals
from gevent._base.checking import TYPE_CHECKING
from gevent._base.native_threads import make_native_lock, start_new_thread
from gevent._hub.greenlet import Greenlet
from gevent._hub.hub import get_hub
from gevent.sync.threads.workers import staff

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("start_greenlet",)


def start_greenlet(
    announce: Callable[[Greenlet], object],
    body: Callable[..., None],
    args: tuple[object, ...] = (),
    kwargs: dict[str, object] | None = None,
) -> int:
    """Start a greenlet that is a thread; return its ident.

    Args:
        announce: Called with it before it runs.
        body: What it runs.
        args: With what.
        kwargs: And with what by name; None: nothing.

    Raises:
        RuntimeError: The interpreter is ending; or the system does not allow another
            native thread, or a hub in it (in a worker).

    Blocking:
        Never switches.
    """
    try:
        getcurrent()
    except RuntimeError:
        error = "can't create new thread at interpreter shutdown"
        raise RuntimeError(error) from None
    keywords = kwargs or {}
    if not staff or originals.get("_thread", "get_ident")() not in staff:
        greenlet = Greenlet(body, *args, **keywords)
        announce(greenlet)
        greenlet.start()
        return id(greenlet)
    idents: list[int] = []
    failures: list[BaseException] = []
    started = make_native_lock()
    started.acquire()

    def run() -> None:
        # Counted as a worker: what the body starts as threads becomes native threads of
        # their own, for which this one need not stay.
        ident = originals.get("_thread", "get_ident")()
        staff.add(ident)
        try:
            try:
                greenlet = Greenlet(body, *args, **keywords)
                announce(greenlet)
                greenlet.start()
                idents.append(id(greenlet))
            except BaseException as error:  # last resort: it is the caller's to raise
                failures.append(error)
                return
            finally:
                # Whatever has failed, a hub that gets no descriptors for example: the
                # caller waits for this, for ever.
                started.release()
            _run_hub_for(greenlet)
        finally:
            staff.discard(ident)

    start_new_thread(run)
    started.acquire()
    if failures:
        failure = failures.pop()
        if isinstance(failure, OSError | MemoryError):
            raise RuntimeError("can't start new thread") from failure
        raise failure
    return idents[0]


def _run_hub_for(greenlet: Greenlet) -> None:
    """Run the hub of a native thread until a greenlet and what it spawned have ended.

    Blocking:
        Switches to the hub.
    """
    hub = get_hub()
    # Other native threads may wake the greenlet, of which its loop knows nothing.
    alive = hub.loop.async_()
    alive.start(bool)
    greenlet.join()  # switches
    alive.close()
    hub.join()  # switches
    hub.destroy(destroy_loop=True)
