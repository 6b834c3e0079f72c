"""Every signature of ``gevent.thread``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import assert_type

from greenlet import greenlet as raw_greenlet

from gevent.thread import (
    LockType,
    RLockType,
    get_ident,
    stack_size,
    start_new_thread,
)


def locktype_made() -> None:
    assert_type(LockType(), LockType)


def locktype_acquire(it: LockType, blocking: bool, timeout: float) -> None:
    assert_type(it.acquire(blocking, timeout), bool)


def locktype_acquire_lock(it: LockType, blocking: bool, timeout: float) -> None:
    assert_type(it.acquire_lock(blocking, timeout), bool)


def locktype_release_lock(it: LockType) -> None:
    assert_type(it.release_lock(), None)


def locktype_locked_lock(it: LockType) -> None:
    assert_type(it.locked_lock(), bool)


def rlocktype_made() -> None:
    assert_type(RLockType(), RLockType)


def rlocktype_acquire(it: RLockType, blocking: bool, timeout: float) -> None:
    assert_type(it.acquire(blocking, timeout), bool)


def of_get_ident(gr: raw_greenlet | None) -> None:
    assert_type(get_ident(gr), int)


def of_start_new_thread(
    function: Callable[..., object],
    args: Iterable[object],
    kwargs: Mapping[str, object] | None,
) -> None:
    assert_type(start_new_thread(function, args, kwargs), int)


def of_stack_size(size: int | None) -> None:
    assert_type(stack_size(size), int)
