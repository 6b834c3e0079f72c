"""cProfile takes greenlets that run in turns for nothing else."""

from __future__ import annotations

import sys

import pytest

from tests.tracing.conftest import Program

PROGRAM = """
import cProfile
import pstats
import gevent

def inner():
    gevent.sleep(0)

def outer():
    inner()
    inner()

def main():
    gevent.joinall([gevent.spawn(outer) for _ in range(3)])

gevent.sleep(0)
profile = cProfile.Profile(builtins=False)
profile.enable()
main()
profile.disable()
stats = {name: entry for (_, _, name), entry in pstats.Stats(profile).stats.items()}
"""


@pytest.mark.compiled
@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="cProfile is no profile function since 3.12"
)
def test_cprofile_sees_no_recursion_where_greenlets_take_turns(
    program: Program,
) -> None:
    """Each greenlet that began counted as called by the one before."""
    program(
        PROGRAM
        + """
for name in ("main", "outer", "inner"):
    primitive, total, *_ = stats[name]
    assert primitive == total, (name, primitive, total)
assert {name for _, _, name in stats["inner"][4]} == {"outer"}
"""
    )


@pytest.mark.pure
def test_cprofile_knows_every_function_that_ran(program: Program) -> None:
    program(PROGRAM + 'assert {"main", "outer", "inner"} <= stats.keys()\n')
