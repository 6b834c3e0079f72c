"""``gevent.core`` is whatever defines the configured loop."""

from __future__ import annotations

import importlib
import sys

import pytest

from gevent._base.config import config
from gevent._loop import chosen
from tests.loop.conftest import COMPILED, LIBRARIES, run_on
from tests.support.form import is_pure


def test_the_home_has_the_public_name() -> None:
    assert importlib.import_module("gevent.core") is chosen
    assert sys.modules["gevent.core"] is chosen


def test_it_has_what_the_module_of_the_loop_has() -> None:
    module = sys.modules[config.loop.__module__]
    assert chosen.loop is config.loop
    assert chosen.READ == 1
    assert chosen.__all__ == module.__all__
    assert set(module.__all__) <= set(dir(chosen))


@pytest.mark.parametrize("name", ["libev-cext", "libev-cffi"])
def test_libev_has_the_numbers_of_its_events_flags_and_backends(name: str) -> None:
    if name == COMPILED and is_pure():
        pytest.skip("the pure form has no compiled loop")
    module = sys.modules[config.settings["loop"].validate(name).__module__]  # type: ignore[attr-defined]  # a class
    wanted = {"READWRITE": 3, "CHILD": 2048, "FORKCHECK": 0x2000000, "MAXPRI": 2}
    wanted |= {"BACKEND_EPOLL": 4, "BACKEND_KQUEUE": 8, "ERROR": -(2**31)}
    assert {name: getattr(module, name) for name in wanted} == wanted


def test_a_star_import_takes_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from gevent.core import *", names)
    assert {"loop", "get_version", "supported_backends"} <= names.keys()


@pytest.mark.parametrize("name", LIBRARIES)
def test_each_library_says_its_versions(name: str) -> None:
    if name == COMPILED and is_pure():
        pytest.skip("the pure form has no compiled loop")
    kind = config.settings["loop"].validate(name)
    module = sys.modules[kind.__module__]  # type: ignore[attr-defined]  # a class
    library = name.partition("-")[0]
    assert module.get_version().startswith(f"{library}-")
    assert module.get_header_version().startswith(f"{library}-")
    with kind(default=False).io(0, 1) as watcher:  # type: ignore[operator]  # a class
        assert watcher.loop.backend in module.supported_backends()
        watcher.loop.destroy()


def test_unknown_names_are_missing() -> None:
    with pytest.raises(AttributeError):
        _ = chosen.no_such_name
    assert not hasattr(chosen, "__path__")


@pytest.mark.slow
@pytest.mark.parametrize("kind", LIBRARIES)
def test_a_list_of_loops_takes_the_first_that_can_be_imported(kind: str) -> None:
    if kind == COMPILED and is_pure():
        pytest.skip("the pure form has no compiled loop")
    printed = run_on(
        f"no.such.loop,{kind},libuv",
        "import gevent; print(type(gevent.get_hub().loop).__module__)",
    )
    modules = {
        "libev-cext": "gevent.libev.corecext",
        "libev-cffi": "gevent.libev.corecffi",
        "libuv-cffi": "gevent.libuv.loop",
    }
    assert printed == f"{modules[kind]}\n"


def test_a_list_without_any_says_why_for_each() -> None:
    printed = run_on("no.such.loop,nope", "import gevent; gevent.get_hub()")
    last = printed.splitlines()[-1]
    assert "'no.such.loop': No module named 'no'" in last
    assert "'nope': Cannot import 'nope'" in last
