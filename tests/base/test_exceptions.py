"""Classes, texts and pickles of the exceptions."""

from __future__ import annotations

import pickle

import pytest
from greenlet import GreenletExit

from gevent._base import exceptions
from gevent._base.exceptions import HubDestroyed, LoopExit


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("BlockingSwitchOutError", (AssertionError,)),
        ("ConcurrentObjectUseError", (AssertionError,)),
        ("InvalidSwitchError", (AssertionError,)),
        ("InvalidThreadUseError", (RuntimeError,)),
        ("LoopExit", (Exception,)),
        ("HubDestroyed", (GreenletExit,)),
    ],
)
def test_bases(name: str, bases: tuple[type, ...]) -> None:
    assert getattr(exceptions, name).__bases__ == bases


@pytest.mark.parametrize("name", exceptions.__all__)
def test_public_module(name: str) -> None:
    assert getattr(exceptions, name).__module__ == "gevent.exceptions"


def test_loop_exit_of_a_hub_says_who_waits() -> None:
    error = LoopExit("would block", "HUB", ["x"])
    assert error.hub == "HUB"
    assert str(error) == "would block\n\tHub: 'HUB'\n\tHandles:\n['x']"
    assert repr(error) == str(error)


@pytest.mark.parametrize("args", [(), ("text",), ("text", "hub")])
def test_loop_exit_of_others_shows_its_arguments(args: tuple[str, ...]) -> None:
    error = LoopExit(*args)
    assert error.hub is None
    assert str(error) == repr(error)  # as the reference
    assert repr(error) == repr(Exception(*args)).replace("Exception", "LoopExit")


def test_hub_destroyed_keeps_its_flag() -> None:
    error = HubDestroyed(True)
    assert error.destroy_loop is True
    assert error.args == (True,)
    assert not isinstance(error, Exception)


def test_exceptions_survive_pickling() -> None:
    for error in (LoopExit("a", "b", [1]), HubDestroyed(False)):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert copy.args == error.args
        assert vars(copy) == vars(error)
