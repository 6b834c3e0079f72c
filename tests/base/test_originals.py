"""Binding of unpatched standard-library functions."""

from __future__ import annotations

import time
import types
from collections.abc import Callable

import pytest

from gevent._base import originals


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(originals, "_originals", {})


def test_first_get_binds(monkeypatch: pytest.MonkeyPatch) -> None:
    original = time.sleep
    assert originals.get("time", "sleep") is original
    monkeypatch.setattr(time, "sleep", print)
    assert originals.get("time", "sleep") is original


def test_fill_beats_what_the_module_has_now(monkeypatch: pytest.MonkeyPatch) -> None:
    original = time.sleep
    assert originals.fill("time", "sleep", original) is original
    monkeypatch.setattr(time, "sleep", print)
    assert originals.get("time", "sleep") is original


def test_second_fill_changes_nothing() -> None:
    originals.fill("time", "sleep", len)
    assert originals.fill("time", "sleep", print) is len
    found: object = originals.get("time", "sleep")
    assert found is len


def test_filled_and_snapshot_tell_what_is_bound() -> None:
    assert not originals.filled("time", "sleep")
    originals.get("time", "sleep")
    originals.get("os", "getpid")
    assert originals.filled("time", "sleep")
    assert originals.snapshot("time") == {"sleep": time.sleep}
    assert originals.snapshot("socket") == {}


def test_falsy_original_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    originals.fill("time", "daylight", None)
    assert originals.get("time", "daylight") is None


def test_unknown_module_and_item_raise_what_python_raises() -> None:
    with pytest.raises(ModuleNotFoundError):
        originals.get("no_such_module", "x")
    with pytest.raises(AttributeError):
        originals.get("time", "no_such_item")
    assert not originals.filled("time", "no_such_item")


def test_submodule_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    found = originals.get("concurrent.futures", "Future")
    assert found.__module__.startswith("concurrent.futures")


def test_importing_binds_and_imports_nothing(check: Callable[..., str]) -> None:
    check(
        "import sys; before = set(sys.modules)\n"
        "from gevent._base import originals\n"
        "assert originals.snapshot('time') == {}\n"
        "assert 'socket' not in sys.modules\n"
        "originals.get('socket', 'getaddrinfo')\n"
        "assert 'socket' in sys.modules\n"
    )


def test_module_replaced_in_sys_modules_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = types.ModuleType("fake_time")
    vars(module)["sleep"] = len
    monkeypatch.setitem(__import__("sys").modules, "fake_time", module)
    assert originals.get("fake_time", "sleep") is len
