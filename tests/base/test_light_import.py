"""What importing the leaf modules may not bring along."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.form import IS_PYPY

HEAVY = {
    "threading",
    "socket",
    "ssl",
    "logging",
    "select",
    "selectors",
    "queue",
    "subprocess",
    "asyncio",
    "concurrent.futures",
    "importlib.metadata",
}


# PyPy's own greenlet module imports this one.
ALLOWED = {"threading"} if IS_PYPY else set()


@pytest.mark.parametrize(
    "module",
    [
        "exceptions",
        "config",
        "publish",
        "originals",
        "mirror",
        "emission",
        "pure",
        "gil",
    ],
)
def test_leaf_module_is_light(check: Callable[..., str], module: str) -> None:
    check(
        "import sys; site = set(sys.modules)\n"
        f"import gevent._base.{module}\n"
        f"new = (set(sys.modules) - site) & {HEAVY - ALLOWED!r}\n"
        "assert not new, new\n"
    )


@pytest.mark.parametrize(
    "module", ["gevent", "gevent.hub", "gevent.event", "gevent.monkey"]
)
def test_package_is_light(check: Callable[..., str], module: str) -> None:
    check(
        "import sys; site = set(sys.modules)\n"
        f"import {module}\n"
        f"new = (set(sys.modules) - site) & {HEAVY - ALLOWED!r}\n"
        "assert not new, new\n"
    )


def test_package_opens_nothing(check: Callable[..., str]) -> None:
    check(
        "import os, sys\n"
        "before = len(os.listdir('/proc/self/fd'))\n"
        "import gevent\n"
        "from gevent._hub.hub import get_hub_if_exists\n"
        "assert get_hub_if_exists() is None\n"
        "assert len(os.listdir('/proc/self/fd')) == before\n"
        "assert len(os.listdir('/proc/self/task')) == 1\n"
    )


@pytest.mark.cpython("PyPy's own greenlet module imports some")
def test_what_costs_more_than_all_of_gevent_is_not_imported_with_it(
    check: Callable[..., str],
) -> None:
    costly = {"typing", "re", "enum", "signal", "dataclasses", "inspect", "pprint"}
    costly |= {"collections", "contextvars", "fcntl", "heapq", "weakref"}
    costly |= {f"gevent.net.{part}" for part in ("in_pool", "process", "socket")}
    check(
        "import sys; site = set(sys.modules)\n"
        "import gevent\n"
        f"new = (set(sys.modules) - site) & {costly!r}\n"
        "assert not new, new\n"
    )


@pytest.mark.parametrize(
    "module", ["event", "exceptions", "greenlet", "hub", "os", "timeout"]
)
def test_modules_that_programs_expect_come_with_the_package(
    check: Callable[..., str], module: str
) -> None:
    check(
        f"import gevent, sys; assert gevent.{module} is sys.modules['gevent.{module}']"
    )


@pytest.mark.cpython("PyPy's own modules import some")
def test_patching_everything_does_not_import_what_only_errors_need(
    check: Callable[..., str],
) -> None:
    rarely_needed = {"typing", "dataclasses", "inspect", "pprint", "pickle"}
    check(
        "import sys; site = set(sys.modules)\n"
        "import gevent.monkey\n"
        "gevent.monkey.patch_all()\n"
        f"new = (set(sys.modules) - site) & {rarely_needed!r}\n"
        "assert not new, new\n"
    )


def test_types_can_be_asked_by_who_imports_typing_later(
    check: Callable[..., str],
) -> None:
    check(
        "import gevent, typing\n"
        "for each in vars(gevent).values():\n"
        "    if callable(each) and getattr(each, '__module__', '') == 'gevent':\n"
        "        typing.get_type_hints(each)\n"
        "for each in (gevent.spawn, gevent.joinall, gevent.Timeout.__enter__):\n"
        "    typing.get_type_hints(each)\n"
    )


def test_a_hub_imports_its_formatter_when_it_formats(check: Callable[..., str]) -> None:
    check(
        "import gevent, sys\n"
        "hub = gevent.get_hub()\n"
        "assert 'pprint' not in sys.modules\n"
        "assert hub.format_context({1: 2}) == '{1: 2}'\n"
        "import pprint\n"
        "assert hub.format_context is pprint.saferepr\n"
    )


def test_a_hub_has_the_formatter_that_the_setting_names(
    check: Callable[..., str],
) -> None:
    check(
        "import gevent\n"
        "gevent.config.format_context = ascii\n"
        "assert gevent.get_hub().format_context is ascii\n"
    )
