"""Single attributes, and modules of others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure

MODULES = """
import sys, types
from gevent import events, monkey
from gevent.monkey import api
source, target = types.ModuleType("source"), types.ModuleType("target")
sys.modules.update(source=source, target=target)
target.one = 1
source.one, source.two = "one", "two"
source.__implements__ = ["one", "two"]
"""


def test_names_are_those_that_the_source_implements(program: Program) -> None:
    program(
        MODULES
        + """
assert monkey.patch_module(target, source) is True
assert (target.one, target.two) == ("one", "two")
assert monkey.saved == {"target": {"one": 1}}
"""
    )


def test_names_may_be_given(program: Program) -> None:
    program(
        MODULES
        + """
assert monkey.patch_module(target, source, ["two"])
assert (target.one, target.two) == (1, "two")
"""
    )


def test_a_source_must_say_what_it_implements(program: Program) -> None:
    program(
        MODULES
        + """
del source.__implements__
try:
    monkey.patch_module(target, source)
except AttributeError as error:
    assert "__implements__" in str(error)
else:
    raise AssertionError
assert target.one == 1
"""
    )


def test_the_first_original_is_kept(program: Program) -> None:
    program(
        MODULES
        + """
monkey.patch_module(target, source)
monkey.patch_module(target, source)
target.one = 3
monkey.patch_module(target, source)
assert monkey.saved == {"target": {"one": 1}}
assert monkey.get_original("target", "one") == 1
"""
    )


def test_hooks_of_the_source_are_called(program: Program) -> None:
    program(
        MODULES
        + """
import warnings
calls = []
def before(module, items, warn):
    calls.append(("before", module, target.one))
    items.remove("two")
    warn("careful")
def after(module, items, warn):
    calls.append(("after", module, target.one))
source._gevent_will_monkey_patch = before
source._gevent_did_monkey_patch = after
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    monkey.patch_module(target, source)
assert calls == [("before", target, 1), ("after", target, "one")]
assert not hasattr(target, "two")
assert [str(warning.message) for warning in caught] == ["careful"]
"""
    )


def test_subscribers_edit_the_names(program: Program) -> None:
    program(
        MODULES
        + """
def edit(event):
    if isinstance(event, events.GeventWillPatchModuleEvent):
        assert (event.source, event.target) == (source, target)
        event.target_item_names.remove("one")
events.subscribers.append(edit)
monkey.patch_module(target, source)
assert (target.one, target.two) == (1, "two")
"""
    )


def test_subscribers_prevent_it(program: Program) -> None:
    program(
        MODULES
        + """
def refuse(event):
    raise events.DoNotPatch
events.subscribers.append(refuse)
assert monkey.patch_module(target, source) is False
assert target.one == 1
"""
    )


def test_items_are_replaced_and_removed_one_by_one(program: Program) -> None:
    program(
        MODULES
        + """
api.patch_item(target, "one", 5)
assert target.one == 5
api.remove_item(target, "one")
api.remove_item(target, "none")
assert not hasattr(target, "one")
assert api.get_original is monkey.get_original
assert monkey.saved == {"target": {"one": 1}}
"""
    )


def test_originals_are_found_patched_or_not(program: Program) -> None:
    program(
        """
        import os
        fork, getpid = os.fork, os.getpid
        from gevent import monkey
        assert monkey.get_original("os", "fork") is fork
        monkey.patch_os()
        assert os.fork is not fork
        assert monkey.get_original("os", "fork") is fork
        assert monkey.get_original(["no_such", "os"], ["fork", "getpid"]) == [
            fork, getpid]
        for module, error in (("os", AttributeError), ("no_such", ImportError)):
            try:
                monkey.get_original(module, "nothing")
            except error:
                pass
            else:
                raise AssertionError
        """
    )


def test_lower_tiers_keep_the_real_functions(program: Program) -> None:
    program(
        """
        import os, select, time
        real = [os.close, time.sleep, select.epoll]
        from gevent import monkey
        monkey.patch_all()
        from gevent._base import originals
        assert originals.get("os", "close") is real[0]
        assert originals.get("time", "sleep") is real[1]
        assert originals.get("select", "epoll") is real[2]
        """
    )


def test_what_is_said_to_be_patched_is(program: Program) -> None:
    program(
        """
        import os, threading
        from gevent import monkey
        assert not monkey.is_module_patched("os")
        assert not monkey.is_object_patched("os", "fork")
        before = {"fork": os.fork, "Thread": threading.Thread}
        monkey.patch_all(ssl=False)
        assert monkey.is_module_patched("os")
        assert not monkey.is_module_patched("ssl")
        assert not monkey.is_module_patched("no_such")
        assert monkey.is_object_patched("os", "fork")
        assert not monkey.is_object_patched("os", "getpid")
        assert not monkey.is_object_patched("no_such", "name")
        assert monkey.saved["os"]["fork"] is before["fork"]
        assert monkey.saved["threading"]["Thread"] is before["Thread"]
        for module, items in monkey.saved.items():
            if not module.startswith("_gevent"):
                current = vars(__import__(module))
                assert all(current.get(k) is not v for k, v in items.items()), module
        """
    )
