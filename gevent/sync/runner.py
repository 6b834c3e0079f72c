"""The entry of a program that ends whole: the home of ``gevent.runner``.

What a run does, and how it ends, is in :mod:`gevent.sync.program`. Here is who runs
where, and what has to be drained when a run ends.

Threads: ``_programs`` is changed by any thread, whole operations of the list only, and
copied to be looked at.
"""

from __future__ import annotations

from gevent._base.checking import TYPE_CHECKING
from gevent._base.publish import publish
from gevent._hub.hub import get_hub, get_hub_if_exists, getcurrent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar, TypeVarTuple

    from gevent.sync.program import Drainable, Program

    _R = TypeVar("_R")
    _Ts = TypeVarTuple("_Ts")

__all__ = ("request_stop", "run", "stopping")


_programs: list[Program] = []


def run(
    main: Callable[[*_Ts], _R],
    /,
    *args: *_Ts,
    drain_timeout: float = 10.0,
    cleanup_timeout: float | None = None,
    signals: Iterable[int] | None = None,
) -> _R | None:
    """Call *main*, and end whatever it has started, so that every ``finally`` runs.

    The end begins when *main* has ended, at a signal, or by :func:`request_stop`:
    servers that were started meanwhile take what has come, listen no more, and answer.
    Then *main* is cancelled, and when it has ended every greenlet that was spawned
    meanwhile and still lives, in the order in which they were spawned; calls in the
    thread pool are waited for. Who has not ended in time is named where errors are
    printed. A second signal means: no more answers, cancel now. A third one does what
    it did before.

    Args:
        main: The program.
        args: Its arguments.
        drain_timeout: Seconds for the answers, at most; 0: none.
        cleanup_timeout: Seconds for what is cancelled, at most. None:
            ``config.cleanup_timeout``.
        signals: Which signals begin the end. None: those of SIGINT and SIGTERM whose
            handler is the usual one; none outside of the main thread.

    Returns:
        What *main* returned; None if it was cut short.

    Raises:
        RuntimeError: Not called in the main greenlet of a thread, or in a run.
        TypeError: *main* is not callable, or a time no number.
        ValueError: A time is NaN; *signals* are given and this is not the main thread.
        KeyboardInterrupt: SIGINT began the end; after all of it.
        BaseException: What *main* raised.

    Blocking:
        Switches to the hub.
    Cancellation:
        What is thrown into *main* ends it. Thrown later, it ends the answers; thrown
        once more, it ends the waiting, too. It is raised at the end.
    Thread safety:
        From any thread; each has its own.
    """
    if not callable(main):
        raise TypeError(f"expected a callable, not {main!r}")
    hub = get_hub()
    _demand_free(hub.loop)
    # Not at the top: most programs that import gevent have another entry.
    from gevent.sync.program import Program

    program = Program(hub, drain_timeout, cleanup_timeout)
    _watch_forks()
    with program.signals(signals):
        _programs.append(program)
        try:
            return program.run(main, args)  # switches
        finally:
            # A forked child has forgotten it.
            if program in _programs:
                _programs.remove(program)


def _demand_free(loop: object) -> None:
    """Raise RuntimeError where no program can be run."""
    if any(program.loop is loop for program in list(_programs)):
        raise RuntimeError(
            "gevent.run() runs in this thread already; for a part of the program take"
            " a TaskGroup"
        )
    if getcurrent() is not get_hub().loop.root:
        raise RuntimeError(
            "gevent.run() is for the main greenlet of a thread, not for"
            f" {getcurrent()!r}; for a part of the program take a TaskGroup"
        )


def request_stop(reason: str | None = None) -> None:
    """Begin the end of :func:`run`, as a first signal does; of all threads.

    Does nothing where no run is, or one that ends already.

    Args:
        reason: What the event ``ProgramStopping`` and the ``Cancelled`` of *main* say.

    Raises:
        TypeError: *reason* is no text.

    Blocking:
        Never switches.
    Thread safety:
        From any thread, from signal handlers, and from the hub.
    """
    if reason is not None and not isinstance(reason, str):
        raise TypeError(f"a reason is a str or None, not {type(reason).__name__}")
    for program in list(_programs):
        program.ask(reason)


def stopping() -> bool:
    """Return whether the end of a run has begun.

    It is true from the signal on: a loop that computes and never waits should ask.

    Thread safety:
        From any thread.
    """
    return any(program.asked is not None for program in list(_programs))


def register(work: Drainable) -> None:
    """Drain *work* when the run of this thread ends; without a run, do nothing.

    It is not kept alive.
    """
    if not _programs:
        return
    hub = get_hub_if_exists()
    for program in list(_programs):
        if hub is program.hub:
            program.add(work)


_is_watching_forks: list[bool] = []


def _watch_forks() -> None:
    """Have children forget the runs of their parents; once."""
    if not _is_watching_forks:
        # Not at the top: processes that run no program have nothing to forget.
        from os import register_at_fork

        _is_watching_forks.append(True)
        register_at_fork(after_in_child=_disown_all)


def _disown_all() -> None:
    """In a forked child: the program is the parent's, and so is its end."""
    while _programs:
        _programs.pop().disown()


publish(__name__, "gevent.runner")
