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
