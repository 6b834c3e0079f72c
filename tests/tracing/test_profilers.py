"""cProfile counts the calls of greenlets, and of nobody else."""

from __future__ import annotations

import pytest

from tests.tracing.conftest import Program

pytestmark = pytest.mark.pure


@pytest.mark.xfail(reason="waits for events at switches", strict=False)
def test_cprofile_counts_each_call_once(program: Program) -> None:
    printed = program(
        """
        import cProfile
        import pstats
        import gevent

        def inner():
            gevent.sleep(0)

        def outer():
            inner()
            inner()

        profile = cProfile.Profile()
        profile.enable()
        gevent.joinall([gevent.spawn(outer) for _ in range(3)])
        profile.disable()
        stats = pstats.Stats(profile).stats
        counts = {name: entry[:2] for (_, _, name), entry in stats.items()}
        print(counts["outer"], counts["inner"])
        """
    )
    assert printed == "(3, 3) (6, 6)\n"
