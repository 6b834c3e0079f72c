"""What every test run says about itself, and what every test may use or must not do.

Fixtures for one kind of test live beside the tests they serve.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.form import IS_PYPY, is_pure

if TYPE_CHECKING:
    from tests.support.virtual import VirtualLoop


def pytest_report_header(config: pytest.Config) -> str:
    """Say which loop and which build form the run is about."""
    return f"gevent: loop {_loop_name()}, {_build_form()}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what makes no sense on PyPy, or in the pure form."""
    for item in items:
        marker = item.get_closest_marker("cpython")
        if IS_PYPY and marker is not None:
            item.add_marker(pytest.mark.skip(reason=marker.args[0]))
    if not is_pure():
        return
    for item in items:
        if item.get_closest_marker("compiled"):
            item.add_marker(pytest.mark.skip(reason="is about compiled modules"))
        if item.get_closest_marker("steps"):
            item.add_marker(pytest.mark.skip(reason="needs the steps of compiled code"))


def pytest_collection_finish() -> None:
    """Let the collector skip what is there by now: it stays until the end."""
    gc.collect()
    if not IS_PYPY:
        gc.freeze()


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves parked greenlets, active watchers or descriptors."""
    # Tests of the house and of fresh processes do without gevent; do not load it.
    if "gevent._hub.hub" not in sys.modules:
        yield
        return
    from tests.support.leaks import nothing_left

    with nothing_left():
        yield


@pytest.fixture
def virtual_loop() -> Iterator[VirtualLoop]:
    """The loop of this thread, with a clock that jumps; its hub is new, too."""
    from gevent._hub.hub import Hub
    from tests.support.leaks import destroy_hub
    from tests.support.virtual import VirtualLoop

    destroy_hub()
    loop = VirtualLoop()
    hub = Hub(loop=loop)
    yield loop
    assert hub.loop is loop or hub.dead, "the test replaced the loop"


def _loop_name() -> str:
    try:
        loop: object = importlib.import_module("gevent._base.config").config.loop
    except ImportError as error:
        return f"unknown ({error})"
    return f"{getattr(loop, '__module__', '')}.{getattr(loop, '__qualname__', loop)}"


def _build_form() -> str:
    name = "gevent._native.scheduling.scheduler"
    try:
        path = importlib.import_module(name).__file__ or ""
    except ImportError as error:
        return f"build form unknown ({error})"
    form = "pure" if path.endswith(".py") else "compiled"
    if (form == "pure") != is_pure():
        raise pytest.UsageError(
            f"{name} is {path}, which is not the form asked for; run `make build`"
        )
    return f"{form} ({os.path.relpath(path)}), Python {sys.version.split()[0]}"
