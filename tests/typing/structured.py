"""Task groups and cancel scopes: children keep the types of their functions."""

from __future__ import annotations

from typing import assert_type

import gevent
from gevent import Cancelled, CancelScope, Greenlet, TaskGroup, Timeout
from gevent.cancellation import current_deadline
from gevent.events import CancelSwallowed, ScopeCancelled, TaskGroupFailed


def area(width: int, height: int = 1) -> float:
    """Return a float."""
    return float(width * height)


def nothing() -> None:
    """Return nothing."""


class Worker(Greenlet[[], str]):
    """A greenlet with a body of its own."""

    def _run(self) -> str:
        return "done"


def members() -> None:
    """What a group starts."""
    with TaskGroup(3, on_failure="collect", cleanup_timeout=None, name="n") as group:
        assert_type(group, TaskGroup)
        assert_type(group.spawn(area, 1).get(), float)
        assert_type(group.spawn(area, 1, height=2).value, float | None)
        assert_type(group.spawn(area, width=1).get(), float)
        assert_type(group.spawn(nothing), Greenlet[[], None])
        assert_type(group.spawn_service(area, 1).get(), float)
        assert_type(group.start(Worker()), None)
        assert_type(group.start(Greenlet(area, 1)), None)
        group.spawn(nothing).cancel()
        group.spawn(nothing).cancel("not needed any more")
    assert_type(group.size, int | None)
    assert_type(group.name, str | None)
    assert_type(group.scope, CancelScope)


def a_group(group: TaskGroup) -> None:
    """What a group is asked."""
    assert_type(group.cancel("enough"), None)
    assert_type(group.scope.cancel(), None)
    assert_type(group.kill(block=False), None)
    assert_type(group.kill(ValueError("x"), timeout=1), None)
    assert_type(group.join(timeout=1.5), bool)
    assert_type(group.full(), bool)
    assert_type(group.free_count(), int)
    assert_type(group.wait_available(1), int)
    assert_type(len(group), int)
    gevent.joinall(list(group))
    gevent.killall(group.greenlets)
    for greenlet in group:
        print(greenlet.name, greenlet in group)
    group.greenlet_class = Worker


def scopes(timeout: float | None) -> float:
    """The block may be cut short: what comes after it is reached."""
    with gevent.move_on_after(timeout) as scope:
        return area(1)
    assert_type(scope, CancelScope)
    assert_type(scope.cancelled_caught, bool)
    with gevent.fail_after(1, shield=True, cleanup_timeout=0, name="n") as failing:
        assert_type(failing, CancelScope)
    with CancelScope(deadline=current_deadline(), shield=True) as plain:
        assert_type(plain, CancelScope)
        plain.deadline += 1
        plain.shield = False
        plain.cleanup_timeout = None
        plain.cancel()
        plain.cancel("why")
    assert_type(plain.reason, str | None)
    assert_type(plain.name, str | None)
    assert_type(plain.cancel_called, bool)
    assert_type(plain.expired, bool)
    assert_type(gevent.check_cancelled(), None)
    assert_type(Timeout(1).expired, bool)
    return 0.0


def handled() -> None:
    """What is caught."""
    try:
        gevent.sleep(1)
    except Cancelled as error:
        assert_type(error.scope, CancelScope)
        assert_type(error.reason, str | None)
        raise
    try:
        members()
    except* ValueError as group:
        assert_type(group, ExceptionGroup[ValueError])


def events(
    cancelled: ScopeCancelled, swallowed: CancelSwallowed, failed: TaskGroupFailed
) -> None:
    """What subscribers get."""
    assert_type(cancelled.scope, CancelScope)
    assert_type(cancelled.reason, str | None)
    assert_type(swallowed.count, int)
    assert_type(failed.group, TaskGroup)
    assert_type(failed.exception, BaseException)


def wrong(group: TaskGroup, scope: CancelScope) -> None:
    """What is no use of them."""
    group.spawn(area)  # type: ignore[call-arg]  # no width
    group.spawn(area, "1")  # type: ignore[arg-type]  # no number
    group.spawn(area, 1, depth=2)  # type: ignore[call-arg]  # no such argument
    group.spawn(3)  # type: ignore[arg-type]  # not to be called
    group.spawn_service(area, None)  # type: ignore[arg-type]  # no number
    group.start(area)  # type: ignore[arg-type]  # no greenlet
    group.cancel(3)  # type: ignore[arg-type]  # no text
    group.size = 3  # type: ignore[misc]  # read only
    group.greenlet_class = int  # type: ignore[assignment]  # no greenlets
    TaskGroup("3")  # type: ignore[arg-type]  # no number
    TaskGroup(on_failure="ignore")  # type: ignore[arg-type]  # none of the three
    TaskGroup(1, "cancel")  # type: ignore[call-arg]  # by name only
    scope.cancel(ValueError())  # type: ignore[arg-type]  # no text
    scope.expired = True  # type: ignore[misc]  # read only
    scope.deadline = None  # type: ignore[assignment]  # infinite, rather
    CancelScope("1")  # type: ignore[arg-type]  # no number
    CancelScope(1, 2)  # type: ignore[call-arg]  # by name only
    gevent.move_on_after()  # type: ignore[call-arg]  # no time
    gevent.fail_after(1, deadline=2)  # type: ignore[call-arg]  # of CancelScope
    gevent.spawn(nothing).cancel(1)  # type: ignore[arg-type]  # no text
