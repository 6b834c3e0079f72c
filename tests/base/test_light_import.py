"""What importing the leaf modules may not bring along."""

from __future__ import annotations

from collections.abc import Callable

import pytest

HEAVY = [
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
    "typing",
    "re",
    "enum",
    "inspect",
    "textwrap",
    "zope.interface",
]


@pytest.mark.parametrize(
    "module",
    ["exceptions", "config", "publish", "originals", "mirror", "emission", "pure"],
)
def test_import_is_light(check: Callable[..., str], module: str) -> None:
    check(
        "import sys; site = set(sys.modules)\n"
        f"import gevent._base.{module}\n"
        f"new = (set(sys.modules) - site) & set({HEAVY!r})\n"
        "assert not new, new\n"
    )
