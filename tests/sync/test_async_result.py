"""AsyncResult: values, exceptions and who gets them."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

import gevent
from gevent.event import AsyncResult
from gevent.exceptions import BlockingSwitchOutError

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]


def test_a_result_takes_no_arguments() -> None:
    with pytest.raises(TypeError):
        AsyncResult(1)  # type: ignore[call-arg]  # what is refused
    with pytest.raises(TypeError):
        AsyncResult(value=1)  # type: ignore[call-arg]  # what is refused


def test_get_of_a_value_returns_at_once() -> None:
    result = AsyncResult()
    result.set(5)
    assert result.get() == result.value == result.wait() == result.result() == 5
    assert result.ready()
    assert result.done()
    assert result.successful()


def test_get_waits_for_the_value() -> None:
    result = AsyncResult()
    getter = gevent.spawn(result.get)
    gevent.sleep(0)
    result.set_result("v")
    assert getter.get() == "v"


def test_getters_are_woken_in_order_and_a_ready_get_does_not_wait_for_them() -> None:
    result = AsyncResult()
    log: list[object] = []

    def body(number: int) -> None:
        result.get()
        log.append(number)

    getters = [gevent.spawn(body, number) for number in range(3)]
    gevent.sleep(0)
    result.set()
    result.get()
    log.append("main")
    gevent.joinall(getters)
    assert log == ["main", 0, 1, 2]


def test_wait_comes_behind_a_queued_notification() -> None:
    result = AsyncResult()
    log: list[object] = []

    def body() -> None:
        result.wait()
        log.append("first")

    waiter = gevent.spawn(body)
    gevent.sleep(0)
    result.set(1)
    assert result.wait() == 1
    assert log == ["first"]
    waiter.join()


def test_get_without_a_result_raises_timeout() -> None:
    result = AsyncResult()
    with pytest.raises(gevent.Timeout) as caught:
        result.get_nowait()
    assert caught.value.seconds is None
    with pytest.raises(gevent.Timeout) as caught:
        result.get(timeout=0.001)
    assert caught.value.seconds == 0.001
    assert result.wait(timeout=0.001) is None
    assert result.linkcount() == 0


def test_get_raises_the_same_exception_each_time() -> None:
    result = AsyncResult()
    error = ValueError("e")
    result.set_exception(error)
    for _ in range(2):
        with pytest.raises(ValueError, match="e") as caught:
            result.get()
        assert caught.value is error
    assert result.wait() is None
    assert not result.successful()
    assert result.exc_info == (ValueError, error, None)


def test_the_traceback_does_not_grow() -> None:
    result = AsyncResult()
    result.set_exception(ValueError("e"))
    lengths = set()
    for _ in range(100):
        with pytest.raises(ValueError, match="e") as caught:
            result.get()
        lengths.add(len(traceback.extract_tb(caught.value.__traceback__)))
    assert len(lengths) == 1


def test_get_raises_with_the_traceback_that_was_given() -> None:
    result = AsyncResult()

    def origin() -> None:
        raise ValueError("e")

    try:
        origin()
    except ValueError as error:
        result.set_exception(error, (ValueError, error, error.__traceback__))
    with pytest.raises(ValueError, match="e") as caught:
        result.get()
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[-1] == "origin"


@pytest.mark.parametrize("wrong", [ValueError, "text", None])
def test_only_exception_instances_can_be_set(wrong: object) -> None:
    result = AsyncResult()
    with pytest.raises(TypeError, match="exception instance"):
        result.set_exception(wrong)  # type: ignore[arg-type]  # that is the test
    assert not result.ready()


def test_a_later_value_wins_and_the_exception_stays() -> None:
    result = AsyncResult()
    error = ValueError()
    result.set_exception(error)
    result.set(3)
    assert result.get() == 3
    assert result.exception is error


def test_it_takes_over_the_outcome_of_a_greenlet() -> None:
    value, failure = AsyncResult(), AsyncResult()
    gevent.spawn(lambda: 7).rawlink(value)  # type: ignore[arg-type]  # Greenlet has no type arguments here
    failing = gevent.Greenlet(lambda: 1 / 0)
    failing.rawlink(failure)  # type: ignore[arg-type]  # the same
    hub = gevent.get_hub()
    hub.exception_stream = None
    try:
        failing.start()
        assert value.get() == 7
        with pytest.raises(ZeroDivisionError):
            failure.get()
    finally:
        del hub.__dict__["exception_stream"]


def test_a_killed_greenlet_has_a_value() -> None:
    result = AsyncResult()
    greenlet = gevent.spawn(gevent.sleep, 5)
    greenlet.rawlink(result)  # type: ignore[arg-type]  # the same
    greenlet.kill()
    assert isinstance(result.get(), gevent.GreenletExit)


def test_get_in_the_hub_is_refused_unless_ready(in_hub: Callable[..., object]) -> None:
    result = AsyncResult()
    assert isinstance(in_hub(result.get), BlockingSwitchOutError)
    result.set(1)
    assert in_hub(result.get) == 1
    assert in_hub(result.wait) == 1


def test_it_can_be_waited_for_with_others() -> None:
    first, second = AsyncResult(), AsyncResult()
    second.set()
    assert gevent.wait([first, second], count=1) == [second]
    assert first.linkcount() == 0


def test_it_looks_like_a_future() -> None:
    result = AsyncResult()
    assert result.cancel() is False
    assert result.cancelled() is False
    assert result.exc_info == ()


def test_texts() -> None:
    result = AsyncResult()
    assert str(result) == "<AsyncResult unset  _links[0]>"
    result.set(5)
    assert str(result) == "<AsyncResult value=5 unset  _links[0]>"
    result = AsyncResult()
    result.set_exception(ValueError(3))
    assert str(result) == (
        "<AsyncResult value=None exception=ValueError(3)  _links[0]>"
    )
