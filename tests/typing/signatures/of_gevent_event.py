"""Every signature of ``gevent.event``: pinned, so that a change is seen."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import assert_type

from typing_extensions import TypeVar

from gevent.event import AsyncResult, Event, _Source
from gevent.timeout import Timeout

_T = TypeVar("_T", default=object)


def event_is_set(it: Event) -> None:
    assert_type(it.is_set(), bool)


def event_isset(it: Event) -> None:
    assert_type(it.isSet(), bool)


def event_ready(it: Event) -> None:
    assert_type(it.ready(), bool)


def event_set(it: Event) -> None:
    assert_type(it.set(), None)


def event_clear(it: Event) -> None:
    assert_type(it.clear(), None)


def event_wait(it: Event, timeout: float | Timeout | None) -> None:
    assert_type(it.wait(timeout), bool)


def event_rawlink(it: Event, callback: Callable[[Event], object]) -> None:
    assert_type(it.rawlink(callback), None)


def event_unlink(it: Event, callback: Callable[[Event], object]) -> None:
    assert_type(it.unlink(callback), None)


def asyncresult_value(it: AsyncResult[_T]) -> None:
    assert_type(it.value, _T | None)


def asyncresult_exception(it: AsyncResult[_T]) -> None:
    assert_type(it.exception, BaseException | None)


def asyncresult_exc_info(it: AsyncResult[_T]) -> None:
    assert_type(
        it.exc_info,
        tuple[type[BaseException], BaseException, TracebackType | None] | tuple[()],
    )


def asyncresult_ready(it: AsyncResult[_T]) -> None:
    assert_type(it.ready(), bool)


def asyncresult_done(it: AsyncResult[_T]) -> None:
    assert_type(it.done(), bool)


def asyncresult_successful(it: AsyncResult[_T]) -> None:
    assert_type(it.successful(), bool)


def asyncresult_cancel(it: AsyncResult[_T]) -> None:
    assert_type(it.cancel(), bool)


def asyncresult_cancelled(it: AsyncResult[_T]) -> None:
    assert_type(it.cancelled(), bool)


def asyncresult_set(it: AsyncResult[None], value: None) -> None:
    assert_type(it.set(value), None)


def asyncresult_set_2(it: AsyncResult[_T], value: _T) -> None:
    assert_type(it.set(value), None)


def asyncresult_set_result(it: AsyncResult[None], value: None) -> None:
    assert_type(it.set_result(value), None)


def asyncresult_set_result_2(it: AsyncResult[_T], value: _T) -> None:
    assert_type(it.set_result(value), None)


def asyncresult_set_exception(
    it: AsyncResult[_T],
    exception: BaseException,
    exc_info: tuple[object, object, TracebackType | None] | None,
) -> None:
    assert_type(it.set_exception(exception, exc_info), None)


def asyncresult_called(it: AsyncResult[_T], source: _Source[_T]) -> None:
    assert_type(it(source), None)


def asyncresult_get(
    it: AsyncResult[_T], block: bool, timeout: float | Timeout | None
) -> None:
    assert_type(it.get(block, timeout), _T)


def asyncresult_get_nowait(it: AsyncResult[_T]) -> None:
    assert_type(it.get_nowait(), _T)


def asyncresult_result(it: AsyncResult[_T], timeout: float | Timeout | None) -> None:
    assert_type(it.result(timeout), _T)


def asyncresult_wait(it: AsyncResult[_T], timeout: float | Timeout | None) -> None:
    assert_type(it.wait(timeout), _T | None)


def asyncresult_rawlink(
    it: AsyncResult[_T], callback: Callable[[AsyncResult[_T]], object]
) -> None:
    assert_type(it.rawlink(callback), None)


def asyncresult_unlink(
    it: AsyncResult[_T], callback: Callable[[AsyncResult[_T]], object]
) -> None:
    assert_type(it.unlink(callback), None)
