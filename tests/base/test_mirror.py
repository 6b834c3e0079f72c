"""Names that a home passes through from the standard library."""

from __future__ import annotations

import select
import sys
import time
import types

import pytest

from gevent._base.mirror import mirror, public_names


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """An importable stand-in for a standard-library module."""
    module = types.ModuleType("library")
    vars(module).update(wait=1, send=2, LIMIT=3, _inner=4, sys=sys, __version__="1")
    monkeypatch.setitem(sys.modules, "library", module)
    return module


def _own(**names: object) -> dict[str, object]:
    return {"__name__": "home", **names}


def test_everything_else_is_the_librarys_own(library: types.ModuleType) -> None:
    own = _own(wait="mine")
    mirror("library", own, implements=["wait"])
    assert own["wait"] == "mine"
    assert own["__implements__"] == ["wait"]
    assert own["__extensions__"] == []
    assert own["__imports__"] == ["LIMIT", "_inner", "send", "sys"]
    assert own["__all__"] == ["wait"]
    assert all(own[name] is getattr(library, name) for name in ("send", "LIMIT", "sys"))
    assert "__version__" not in own


def test_imports_can_be_exported_without_private_names(
    library: types.ModuleType,
) -> None:
    own = _own(wait="mine", more="too")
    mirror(
        "library", own, implements=["wait"], extensions=["more"], export_imports=True
    )
    assert own["__all__"] == ["LIMIT", "more", "send", "sys", "wait"]
    assert own["__extensions__"] == ["more"]


def test_private_name_is_exported_on_demand(library: types.ModuleType) -> None:
    own = _own(_inner="mine")
    mirror("library", own, implements=["_inner"], also_export=["_inner"])
    assert own["__implements__"] == own["__all__"] == ["_inner"]


def test_chosen_imports_follow_the_running_library(library: types.ModuleType) -> None:
    own = _own(wait="mine")
    mirror("library", own, implements=["wait"], imports=["LIMIT", "wait", "newer"])
    assert own["__imports__"] == ["LIMIT"]
    assert "send" not in own
    assert "newer" not in own


def test_name_that_the_library_lost_becomes_an_extension(
    library: types.ModuleType,
) -> None:
    own = _own(wait="mine", wrap="old")
    mirror("library", own, implements=iter(["wait", "wrap"]))
    assert own["__implements__"] == ["wait"]
    assert own["__extensions__"] == ["wrap"]
    assert own["__all__"] == ["wait", "wrap"]


@pytest.mark.parametrize("argument", ["implements", "extensions", "also_export"])
def test_declared_but_undefined_name_is_an_error(
    library: types.ModuleType, argument: str
) -> None:
    names: dict[str, list[str]] = {"implements": [], argument: ["absent"]}
    with pytest.raises(ImportError, match=r"home declares \['absent'\]"):
        mirror("library", _own(), **names)  # type: ignore[arg-type]  # only names


def test_undeclared_public_name_is_an_error(library: types.ModuleType) -> None:
    with pytest.raises(ImportError, match="uses the name 'send' of 'library'"):
        mirror("library", _own(send="mine"), implements=[])


def test_private_names_and_modules_of_the_home_stay(library: types.ModuleType) -> None:
    own = _own(_inner="mine", sys="another")
    mirror("library", own, implements=[])
    assert (own["_inner"], own["sys"]) == ("mine", "another")
    assert own["__imports__"] == ["LIMIT", "send", "wait"]


def test_real_modules() -> None:
    own = _own(sleep=print)
    mirror("time", own, implements=["sleep"])
    assert own["monotonic"] is time.monotonic
    assert {name for name in vars(time) if name[:2] != "__"} <= own.keys()
    own = _own(select=print, poll=print)
    mirror("select", own, implements=["select", "poll"], imports=public_names("select"))
    assert own["error"] is select.error


def test_public_names_prefer_the_modules_list(
    library: types.ModuleType,
) -> None:
    assert public_names("library") == {"wait", "send", "LIMIT", "sys"}
    vars(library)["__all__"] = ["wait"]
    assert public_names("library") == {"wait"}
