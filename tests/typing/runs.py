"""The entry of a program."""

from __future__ import annotations

from typing import assert_type

import gevent
from gevent import runner
from gevent.events import ProgramStopping, subscribe
from gevent.server import StreamServer


def main(name: str, number: int) -> float:
    """Do something."""
    return number / len(name)


def use() -> None:
    """Run, stop and look."""
    assert_type(gevent.run(main, "a", 1), float | None)
    assert_type(runner.run(main, "a", 1, drain_timeout=5), float | None)
    gevent.run(StreamServer(":0", print).serve_forever, signals=[15])
    runner.request_stop("reason")
    assert_type(runner.stopping(), bool)
    subscribe(ProgramStopping, lambda event: assert_type(event.reason, str | None))
    assert_type(StreamServer(":0", print).drain(5), bool)
