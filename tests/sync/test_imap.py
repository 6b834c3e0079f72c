"""``imap`` and ``imap_unordered`` of pools, and their iterators."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import gevent
from gevent._imap import IMap, IMapUnordered
from gevent.event import Event
from gevent.pool import Group, Pool
from tests.support.schedule import no_switches

pytestmark = pytest.mark.pure

METHODS = ["imap", "imap_unordered"]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Failing greenlets are part of these tests: print nothing about them."""
    gevent.get_hub().exception_stream = None


def identity(value: object) -> object:
    """Return the argument."""
    return value


def after_turns(turns: int) -> int:
    """Return the argument after as many turns of the loop."""
    for _ in range(turns):
        gevent.sleep(0)
    return turns


def one_fails(number: int) -> int:
    """Return the argument unless it is 1."""
    if number == 1:
        raise KeyError(number)
    return number


def broken() -> Iterator[int]:
    """Two items, and an error."""
    yield 0
    yield 2
    raise ValueError("no more")


def collect(iterator: Iterator[object]) -> list[object]:
    """What an iterator returns and raises until it ends."""
    found: list[object] = []
    while True:
        try:
            found.append(next(iterator))
        except StopIteration:
            return found
        except Exception as error:  # part of what it gives
            found.append(type(error))


def test_imap_returns_results_in_the_order_of_the_items() -> None:
    assert list(Pool(5).imap(after_turns, [4, 2, 3, 0])) == [4, 2, 3, 0]


def test_imap_unordered_returns_results_as_they_come() -> None:
    assert list(Pool(5).imap_unordered(after_turns, [4, 2, 3, 0])) == [0, 2, 3, 4]


@pytest.mark.parametrize("method", METHODS)
def test_several_iterables_are_zipped(method: str) -> None:
    found = getattr(Group(), method)(pow, [2, 3, 4], [3, 2])
    assert sorted(found) == [8, 9]


@pytest.mark.parametrize("method", METHODS)
def test_the_iterator_is_a_running_greenlet(method: str) -> None:
    with no_switches():
        iterator = getattr(Pool(1), method)(identity, [1])
    assert isinstance(iterator, gevent.Greenlet)
    assert iter(iterator) is iterator
    assert repr(iterator).endswith(": _run>")
    assert repr(iterator).startswith("<IMap")
    assert list(iterator) == [1]


@pytest.mark.parametrize("method", METHODS)
def test_a_slow_consumer_and_a_small_pool_do_not_hang(method: str) -> None:
    found: list[object] = []
    for value in getattr(Pool(2), method)(identity, range(20), maxsize=1):
        gevent.sleep(0)
        found.append(value)
    assert sorted(found) == list(range(20))  # type: ignore[type-var]


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_iterable_ends_at_once(method: str) -> None:
    assert list(getattr(Pool(2), method)(identity, iter(()))) == []
    assert list(getattr(Pool(2), method)(identity, (), ())) == []


@pytest.mark.parametrize("method", METHODS)
def test_a_call_that_fails_raises_in_its_turn_and_the_rest_follows(method: str) -> None:
    assert collect(getattr(Pool(2), method)(one_fails, range(4))) == [0, KeyError, 2, 3]


def test_an_error_of_the_iterable_comes_after_the_results_of_imap() -> None:
    assert collect(Pool(2).imap(after_turns, broken())) == [0, 2, ValueError]


def test_an_error_of_the_iterable_comes_at_once_from_imap_unordered() -> None:
    found = collect(Group().imap_unordered(after_turns, broken()))
    assert found == [ValueError, 0, 2]


@pytest.mark.parametrize("method", METHODS)
def test_an_iterator_that_ended_stays_at_its_end(method: str) -> None:
    iterator = getattr(Pool(2), method)(identity, [1])
    assert list(iterator) == [1]
    assert list(iterator) == []


@pytest.mark.parametrize("method", METHODS)
def test_maxsize_bounds_the_results_nobody_has_taken(method: str) -> None:
    started: list[object] = []
    iterator = getattr(Group(), method)(started.append, range(10), maxsize=3)
    for taken in range(3):
        gevent.idle(-2)
        assert len(started) == 3 + taken
        next(iterator)
    assert len(list(iterator)) == 7


@pytest.mark.parametrize("method", METHODS)
def test_other_keywords_are_refused(method: str) -> None:
    with pytest.raises(TypeError):
        getattr(Pool(1), method)(identity, [1], chunksize=3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("has_started", [True, False])
def test_a_killed_iterator_ends_after_what_it_has_started(
    method: str, has_started: bool
) -> None:
    gate = Event()
    iterator = getattr(Pool(1), method)(lambda _: gate.wait(), range(5))
    if has_started:
        gevent.sleep(0)
    iterator.kill()
    gate.set()
    assert list(iterator) == [True] * has_started


def test_the_consumer_may_be_killed_and_another_go_on() -> None:
    gate = Event()
    iterator = Pool(2).imap_unordered(lambda number: gate.wait() and number, [1, 2])
    consumer = gevent.spawn(next, iterator)
    gevent.sleep(0)
    gevent.sleep(0)
    consumer.kill()
    gate.set()
    assert sorted(iterator) == [1, 2]


def test_the_iterators_can_be_subclassed_together() -> None:
    """ddtrace does it that way, and replaces the names in ``gevent.pool``."""

    class Mixin:
        n_made = 0

        def __init__(self, *args: object, **kwargs: object) -> None:
            Mixin.n_made += 1
            super().__init__(*args, **kwargs)

    class TracedUnordered(Mixin, IMapUnordered):
        pass

    class Traced(TracedUnordered, IMap):
        pass

    import gevent.pool

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gevent.pool, "IMap", Traced)
        patch.setattr(gevent.pool, "IMapUnordered", TracedUnordered)
        assert list(Pool(2).imap(identity, [1, 2])) == [1, 2]
        assert sorted(Pool(2).imap_unordered(int, "12")) == [1, 2]
    assert Mixin.n_made == 2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("function", [identity, after_turns, one_fails])
@pytest.mark.parametrize("n", [1, 3])
def test_a_group_whose_results_are_taken_is_empty(
    method: str, function: object, n: int
) -> None:
    """Members stayed whose links had not been called yet; the reference: none."""
    for group in (Group(), Pool(2), Pool(10)):
        collect(getattr(group, method)(function, range(n)))
        assert len(group) == 0


def test_a_call_whose_result_is_there_is_no_member() -> None:
    group = Group()
    for n_taken, _ in enumerate(group.imap(identity, range(3)), 1):
        assert len(group) <= 3 - n_taken


@pytest.mark.usefixtures("virtual_loop")
def test_a_call_that_still_runs_stays_a_member() -> None:
    group = Group()
    gate = Event()
    iterator = group.imap(lambda _: gate.wait(), [1])
    with gevent.Timeout(0.001, False):
        next(iterator)
    assert len(group) == 1
    gate.set()
    group.join()
