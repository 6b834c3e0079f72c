"""``gevent.core`` is whatever defines the configured loop."""

from __future__ import annotations

import importlib
import sys

import pytest

from gevent._base.pure import requested as is_pure

if is_pure():
    pytest.skip("the pure form has no configured loop", allow_module_level=True)

from gevent._loop import chosen


def test_the_home_has_the_public_name() -> None:
    assert importlib.import_module("gevent.core") is chosen
    assert sys.modules["gevent.core"] is chosen


def test_it_has_what_the_module_of_the_loop_has() -> None:
    corecext = importlib.import_module("gevent.libev.corecext")
    assert chosen.loop is corecext.loop
    assert chosen.READ == 1
    assert chosen.__all__ == corecext.__all__
    assert set(corecext.__all__) <= set(dir(chosen))


def test_a_star_import_takes_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from gevent.core import *", names)
    assert {"loop", "get_version", "supported_backends"} <= names.keys()


def test_unknown_names_are_missing() -> None:
    with pytest.raises(AttributeError):
        _ = chosen.no_such_name
    assert not hasattr(chosen, "__path__")
