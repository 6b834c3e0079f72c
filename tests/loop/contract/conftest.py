"""Marks and loops for the tests that must not import pytest."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

ORDER = "test_order"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the order as those of both forms."""
    for item in items:
        if getattr(item, "module", None) and item.module.__name__.endswith(ORDER):
            item.add_marker(pytest.mark.pure)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of the order on the configured loop and on a virtual one."""
    if metafunc.module.__name__.endswith(ORDER):
        kinds = ["configured", "virtual"]
        metafunc.parametrize("_loop_of_the_thread", kinds, indirect=True)


@pytest.fixture(autouse=True)
def _loop_of_the_thread(request: pytest.FixtureRequest) -> None:
    kind = getattr(request, "param", None)
    if kind is not None:
        _demand_modules(request.node.originalname)
    if kind == "virtual":
        request.getfixturevalue("virtual_loop")
        if "descriptors" in request.node.name:
            pytest.skip("a virtual loop has no event library")
        if "overdue" in request.node.name or "starve" in request.node.name:
            pytest.skip("is about time that really passes")


def _demand_modules(name: str) -> None:
    """Skip what is about modules of a higher tier that is not there."""
    for prefix, module in (
        ("test_event", "gevent.event"),
        ("test_asyncresult", "gevent.event"),
        ("test_semaphore", "gevent.lock"),
        ("test_queue", "gevent.queue"),
    ):
        if name.startswith(prefix) and find_spec(module) is None:
            pytest.skip(f"{module} is not part of this build")
