"""local: attributes that each greenlet has for itself."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import greenlet
import pytest

import gevent
from gevent.event import Event
from gevent.local import local
from tests.support.memory import collect, let_go

pytestmark = [pytest.mark.pure, pytest.mark.usefixtures("virtual_loop")]


class Value:
    """Something that can be weakly referenced."""


class Initialised(local):
    """Sets an attribute in each greenlet."""

    __slots__ = ("shared",)
    shared: object
    kind = "class attribute"

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.args = args
        self.kwargs = kwargs

    @property
    def n_args(self) -> int:
        """A descriptor that looks at greenlet-local data."""
        return len(self.args)


def in_greenlet(function: Callable[[], object]) -> object:
    """Run *function* in a greenlet of its own."""
    return gevent.spawn(function).get()


def test_each_greenlet_has_its_own_attributes() -> None:
    data = local()
    data.x = 1

    def other() -> object:
        assert not hasattr(data, "x")
        data.x = 2
        gevent.sleep(0)
        return data.x

    greenlets = [gevent.spawn(other) for _ in range(2)]
    gevent.joinall(greenlets)
    assert [each.value for each in greenlets] == [2, 2]
    assert data.x == 1


def test_raw_greenlets_have_their_own_attributes_too() -> None:
    data = local()
    data.x = 1
    raw = greenlet.greenlet(lambda: hasattr(data, "x"))
    assert raw.switch() is False
    assert data.__dict__ == {"x": 1}


def test_init_runs_again_for_each_greenlet() -> None:
    data = Initialised(1, 2, key=3)
    data.args = ()

    def other() -> object:
        return data.args, data.kwargs, data.n_args, data.kind

    assert in_greenlet(other) == ((1, 2), {"key": 3}, 2, "class attribute")
    assert data.n_args == 0


def test_slots_are_shared() -> None:
    data = Initialised()
    data.shared = 1
    assert in_greenlet(lambda: data.shared) == 1


def test_an_init_that_fails_is_tried_again() -> None:
    attempts: list[int] = []

    class Failing(local):
        def __init__(self) -> None:
            attempts.append(1)
            if len(attempts) == 2:
                raise ValueError("first")
            self.ready = True

    data = Failing()

    def other() -> object:
        with pytest.raises(ValueError, match="first"):
            data.ready  # noqa: B018 - the touch is the test
        return data.ready

    assert in_greenlet(other) is True
    assert len(attempts) == 3


def test_an_init_may_switch() -> None:
    class Slow(local):
        def __init__(self) -> None:
            gevent.sleep(0)
            self.me = gevent.getcurrent()

    data = Slow()

    def other() -> object:
        return data.me is gevent.getcurrent()

    greenlets = [gevent.spawn(other) for _ in range(3)]
    gevent.joinall(greenlets)
    assert all(each.value for each in greenlets)


def test_arguments_need_an_init() -> None:
    with pytest.raises(TypeError, match="Initialization arguments are not supported"):
        local(1)
    with pytest.raises(TypeError) as caught:
        local(a=1)
    assert caught.value.args[1:] == ((), {"a": 1})


def test_unknown_attributes() -> None:
    data = local()
    with pytest.raises(AttributeError, match="has no attribute 'x'"):
        data.x  # noqa: B018 - the read is the test
    with pytest.raises(AttributeError, match="x"):
        del data.x


def test_the_dict_is_read_only_but_not_its_items() -> None:
    data = local()
    with pytest.raises(AttributeError, match="'__dict__' is read-only"):
        data.__dict__ = {}
    with pytest.raises(AttributeError, match="'__dict__' is read-only"):
        del data.__dict__
    data.__dict__["x"] = 1
    assert data.x == 1
    assert vars(data) == {"x": 1}
    assert "x" in dir(data)


def test_properties_and_overridden_access_work() -> None:
    class Logged(local):
        default: object = 5

        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, [value])

        def __getattr__(self, name: str) -> object:
            return f"no {name}"

    data = Logged()
    data.x = 1
    assert vars(data) == {"x": [1]}
    assert data.y == "no y"
    assert data.default == 5
    data.default = 6
    assert vars(data)["default"] == [6]
    del data.default
    assert data.default == 5
    with pytest.raises(AttributeError):
        Initialised().n_args = 1  # type: ignore[misc]  # that is the test


def test_a_copy_has_the_attributes_of_the_current_greenlet() -> None:
    data = Initialised(1)
    data.x = 1
    copied = copy.copy(data)
    assert copied.__dict__ == data.__dict__
    copied.x = 2
    assert data.x == 1


def test_no_pickles() -> None:
    with pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(local())


@pytest.mark.cpython("every object of PyPy takes weak references")
def test_it_can_be_referred_to_weakly() -> None:
    """As the standard library's, which patching replaces."""
    data = local()
    reference = weakref.ref(data)
    assert reference() is data
    del data
    gc.collect()
    assert reference() is None


def keep(data: local) -> weakref.ref[Value]:
    """Store something in the current greenlet's part; a weak reference to it."""
    data.value = Value()
    return weakref.ref(data.value)


def test_the_data_of_a_greenlet_goes_when_it_ends() -> None:
    data = local()
    ended = gevent.spawn(keep, data)
    ended.join()
    reference = ended.value
    assert isinstance(reference, weakref.ref)
    gevent.sleep(0)
    let_go()
    assert reference() is None
    assert ended.ready()


def test_the_data_of_a_raw_greenlet_goes_with_it() -> None:
    data = local()
    references: list[weakref.ref[Value]] = []
    raw = greenlet.greenlet(lambda: references.append(keep(data)))
    raw.switch()
    assert references[0]() is not None
    del raw
    data.touched = True
    let_go()
    assert references[0]() is None


def test_a_raw_greenlet_never_sees_the_data_of_one_that_is_gone() -> None:
    """They may have the same address, on PyPy before anybody knows."""
    data = local()
    seen: list[bool] = []

    def touch() -> None:
        seen.append(hasattr(data, "value"))
        data.value = bytes(1000)

    for _ in range(3000):
        greenlet.greenlet(touch).switch()
    assert not any(seen)


def test_the_data_of_a_live_greenlet_goes_with_the_object() -> None:
    references: list[weakref.ref[Value]] = []

    def body() -> None:
        data = local()
        references.append(keep(data))
        del data
        let_go()
        assert references[0]() is None

    gevent.spawn(body).get()
    body()


def test_an_object_in_its_own_data_can_be_collected() -> None:
    def touch_and_live_on(box: list[local]) -> None:
        keep(box.pop())
        gevent.sleep(5)

    data = local()
    data.me = data
    reference = keep(data)
    other = gevent.spawn(touch_and_live_on, [data])
    del data
    gevent.sleep(0)
    gc.collect()
    assert reference() is None
    assert not other.ready()
    other.kill()


def test_dropped_objects_leave_nothing_in_the_greenlet() -> None:
    def body() -> bool:
        for _ in range(1000):
            local().x = 1
        let_go()
        current = gevent.getcurrent()
        assert isinstance(current, gevent.Greenlet)
        return current.has_links()

    greenlet = gevent.spawn(body)
    gevent.sleep(0)
    assert greenlet.value is False


def test_the_data_goes_with_a_greenlet_whose_thread_has_ended() -> None:
    """It stayed, and the next greenlet at that address saw it."""
    shared = local()
    stored: list[weakref.ref[Value]] = []

    def store() -> None:
        shared.value = Value()
        stored.append(weakref.ref(shared.value))
        Event().wait()

    def body() -> None:
        gevent.spawn(store)
        gevent.sleep(0)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    collect()
    assert stored[0]() is None


class Touching:
    """Sets an attribute of *target* when the collector finds it."""

    def __init__(self, target: Any, over: list[object]) -> None:
        self.itself = self
        self.target = target
        self.over = over

    def __del__(self) -> None:
        self.target.early = 1
        self.over.append(None)


@pytest.fixture
def usual_collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.enable()


@pytest.mark.cpython("PyPy's collector has no thresholds")
@pytest.mark.usefixtures("usual_collector")
@pytest.mark.parametrize("kind", [local, Initialised])
def test_a_finalizer_may_touch_it_in_the_first_touch_of_its_greenlet(
    kind: type[local],
) -> None:
    """It got a share of its own, and what it had set was lost."""
    lost: list[int] = []
    touched: list[object] = []

    def touch(data: Any, n_allocations: int) -> None:
        over: list[object] = []
        gc.collect()
        gc.disable()
        Touching(data, over)
        gc.set_threshold(n_allocations)
        gc.enable()
        data.late = 2
        gc.disable()
        touched.extend(over)
        if data.late != 2 or (over and not hasattr(data, "early")):
            lost.append(n_allocations)

    for n_allocations in range(1, 30):
        in_greenlet(partial(touch, kind(), n_allocations))
    assert touched
    assert lost == []
