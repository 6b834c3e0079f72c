"""Programs whose outcome is known: the quick part of the comparison.

Each runs on one of the four forms of this gevent; which one, its name decides. The
whole comparison, with the reference beside it, is ``make differential``.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.differential.comparison import TRIES
from tests.differential.contenders import Contender, Worker, ours
from tests.differential.recorded import RECORDED_FOR, VERSION, Recorded, recorded
from tests.differential.table import read_table
from tests.support.form import IS_PYPY

pytestmark = pytest.mark.skipif(
    IS_PYPY or VERSION != RECORDED_FOR,
    reason=f"outcomes have texts of CPython {RECORDED_FOR}, this is {sys.version}",
)

Workers = dict[tuple[str, bool], Worker]


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """All forms, each with and without modules imported beforehand."""
    with ExitStack() as stack:
        yield {
            (form.name, bare): stack.enter_context(Worker(form, bare=bare))
            for form in ours()
            for bare in (False, True)
        }


def form_of(program: Recorded) -> Contender:
    """Return the form that a program runs on here."""
    forms = ours()
    return forms[zlib.crc32(program.name.encode()) % len(forms)]


@pytest.mark.parametrize("program", list(recorded()), ids=lambda program: program.name)
def test_outcome(program: Recorded, workers: Workers) -> None:
    worker = workers[form_of(program).name, program.is_patched]
    # On a busy machine a short time may be over too early; so the comparison does.
    for _ in range(TRIES):
        outcome, _ = worker.run(program.request)
        if outcome.lines() == program.lines:
            return
    assert outcome.lines() == program.lines


def test_every_row_of_the_table_has_a_reason() -> None:
    assert all(row.reason for row in read_table())
