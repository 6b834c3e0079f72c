"""Every signature of ``gevent.timeout``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import assert_type

from gevent.timeout import Timeout, _Exception


def timeout_exception(it: Timeout) -> None:
    assert_type(it.exception, _Exception)


def timeout_seconds(it: Timeout) -> None:
    assert_type(it.seconds, float | None)


def timeout_made(
    seconds: float | None, exception: _Exception, ref: bool, priority: int
) -> None:
    assert_type(Timeout(seconds, exception, ref, priority), Timeout)


def timeout_start_new(
    it: type[Timeout], timeout: Timeout | float | None, exception: _Exception, ref: bool
) -> None:
    assert_type(it.start_new(timeout, exception, ref), Timeout)


def timeout_start(it: Timeout) -> None:
    assert_type(it.start(), None)


def timeout_pending(it: Timeout) -> None:
    assert_type(it.pending, bool)


def timeout_cancel(it: Timeout) -> None:
    assert_type(it.cancel(), None)


def timeout_close(it: Timeout) -> None:
    assert_type(it.close(), None)


def timeout_entered(it: Timeout) -> None:
    assert_type(it.__enter__(), Timeout)
