"""Objects are found without disturbing those who make some."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from gevent._native.interpreter.live_objects import find_live


class Wanted:
    """A class whose objects are looked for."""


class Special(Wanted):
    """Another one of them."""


class Proxy:
    """Says that it is something else, and fails if it is asked for more."""

    @property
    def __class__(self) -> type:  # type: ignore[override]
        raise AssertionError("it was asked")


@pytest.fixture
def _short_turns() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.pure
def test_objects_of_a_class_and_of_its_subclasses_are_found() -> None:
    kept = [Wanted(), Special(), [], Proxy()]
    assert {id(each) for each in find_live((Wanted,))} == set(map(id, kept[:2]))
    assert find_live((Special,)) == [kept[1]]
    assert find_live(()) == []


@pytest.mark.compiled
@pytest.mark.usefixtures("_short_turns")
def test_a_tuple_that_another_thread_makes_is_not_disturbed() -> None:
    """It failed with a SystemError: somebody else held it when it was done."""
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            find_live((Wanted,))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(3000):
            assert len(tuple(each for each in range(100))) == 100
    finally:
        is_over.set()
        thread.join()
