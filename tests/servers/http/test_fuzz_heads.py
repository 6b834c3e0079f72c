"""A short run of the fuzzing of heads; ``tools/fuzz_http_head.py`` does long ones."""

from __future__ import annotations

import pytest

from tests.servers.http.head_fuzz import run

N_BLOCKS = 6
N_INPUTS = 1000


@pytest.fixture(autouse=True)
def _nothing_stays_behind() -> None:
    """Nothing here comes near the hub."""


@pytest.mark.slow
@pytest.mark.parametrize("block", range(N_BLOCKS))
def test_both_forms_in_any_pieces_and_h11_agree(block: int) -> None:
    counts = run(range(block * N_INPUTS, (block + 1) * N_INPUTS))
    assert counts.n_run == N_INPUTS
    assert counts.n_compared_with_h11 > N_INPUTS / 50
