from collections.abc import Generator, Iterator

import pytest

from gevent.virtual import VirtualTime

__all__ = (
    "pytest_addoption",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_report_header",
    "pytest_runtest_makereport",
    "seed_of_run",
    "virtual_clock",
)

def pytest_addoption(parser: pytest.Parser) -> None: ...
def pytest_configure(config: pytest.Config) -> None: ...
def pytest_report_header(config: pytest.Config) -> str | None: ...
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None: ...
@pytest.fixture(name="_gevent_seed")
def seed_of_run(request: pytest.FixtureRequest) -> int | None: ...
@pytest.fixture
def virtual_clock(
    request: pytest.FixtureRequest, _gevent_seed: int | None
) -> Iterator[VirtualTime]: ...
@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]: ...
