"""The pytest plug-in: a fixture whose tests live in virtual time.

pytest loads it wherever gevent is installed, so it imports nothing of gevent but what
the package root does; the rest comes with the first use of the fixture.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from gevent._base.publish import publish

if TYPE_CHECKING:
    from gevent.simulation.block import VirtualTime

__all__ = ("virtual_clock",)

FIXTURE = "virtual_clock"
MARKER = "virtual_time"
# The fixture that gets the seed of each run of a test.
SEED_FIXTURE = "_gevent_seed"
# Random seeds are below this: short enough to be typed.
MOST_SEEDS = 2**32

_seed = pytest.StashKey[int | None]()
_clock = pytest.StashKey["VirtualTime"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("gevent")
    group.addoption(
        "--gevent-seed",
        metavar="N",
        help="run tests in virtual time in an order drawn from this seed, or 'random'",
    )
    group.addoption(
        "--gevent-schedules",
        metavar="N",
        help="run each test in virtual time under N seeds, from --gevent-seed or 0",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker; look at the options."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(**options): options of gevent.virtual.virtual_time for the "
        f"fixture {FIXTURE}",
    )
    given: str | None = config.getoption("gevent_seed", None)
    if given == "random":
        config.stash[_seed] = random.SystemRandom().randrange(MOST_SEEDS)
    else:
        config.stash[_seed] = _as_number("--gevent-seed", given, "random")
    _n_schedules(config)


def _n_schedules(config: pytest.Config) -> int:
    number = _as_number(
        "--gevent-schedules", config.getoption("gevent_schedules", None)
    )
    if number is not None and number < 1:
        raise pytest.UsageError(f"--gevent-schedules must be positive, not {number}")
    return number or 0


def _as_number(option: str, given: str | None, *others: str) -> int | None:
    if given is None:
        return None
    try:
        return int(given)
    except ValueError:
        allowed = " or ".join(("a number", *map(repr, others)))
        raise pytest.UsageError(f"{option} takes {allowed}, not {given!r}") from None


def pytest_report_header(config: pytest.Config) -> str | None:
    """Show the seed."""
    seed = config.stash[_seed]
    return None if seed is None else f"gevent: seed {seed}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with the fixture under each seed, if that is asked for."""
    n_schedules = _n_schedules(metafunc.config)
    if n_schedules and FIXTURE in metafunc.fixturenames:
        first = metafunc.config.stash[_seed] or 0
        seeds = range(first, first + n_schedules)
        metafunc.parametrize(
            SEED_FIXTURE, seeds, ids=[f"seed{seed}" for seed in seeds], indirect=True
        )


@pytest.fixture(name=SEED_FIXTURE)
def seed_of_run(request: pytest.FixtureRequest) -> int | None:
    """The seed that the command line says."""
    seed: int | None = getattr(request, "param", None)
    return request.config.stash[_seed] if seed is None else seed


@pytest.fixture
def virtual_clock(
    request: pytest.FixtureRequest, _gevent_seed: int | None
) -> Iterator[VirtualTime]:
    """Let the test run in virtual time; the value is the clock.

    Options are those of the marker ``virtual_time``.
    """
    # Not at the top: most test runs do without.
    from gevent.simulation.block import VirtualTime

    options: dict[str, object] = {}
    for mark in request.node.iter_markers(MARKER):
        options = {**mark.kwargs, **options}
    if options.get("seed") is None and options.get("schedule") is None:
        options["seed"] = _gevent_seed
    clock = VirtualTime(**options)  # type: ignore[arg-type]  # it looks
    request.node.stash[_clock] = clock
    with clock:
        yield clock


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say in the report of a failure how to replay it."""
    report = yield
    clock = item.stash.get(_clock, None)
    if clock is not None and report.failed:
        clock._has_failed = True
        report.sections.append(("gevent", _describe(clock)))
    return report


def _describe(clock: VirtualTime) -> str:
    lines = [f"virtual time passed: {clock.elapsed:g} s"]
    if clock.seed is not None:
        lines.append(f"replay with --gevent-seed={clock.seed}")
    if clock.schedule:
        lines.append(f"schedule: {clock.schedule}")
    return "\n".join(lines)


publish(__name__, "gevent.pytest_plugin")
