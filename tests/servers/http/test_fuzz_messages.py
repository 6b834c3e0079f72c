"""A short run of the fuzzing of bodies and replies; ``tools/fuzz_http.py`` goes on."""

from __future__ import annotations

import pytest

from tests.servers.http import body_fuzz, reply_fuzz


@pytest.mark.slow
@pytest.mark.parametrize("block", range(3))
def test_bodies_are_the_same_in_any_form_and_pieces_and_for_h11(block):
    counts = body_fuzz.run(range(block * 100, (block + 1) * 100))
    assert counts.n_run == 100
    assert counts.n_accepted > 10


@pytest.mark.slow
@pytest.mark.parametrize("block", range(3))
def test_replies_are_the_same_on_both_paths_and_readable_for_h11(block):
    counts = reply_fuzz.run(range(block * 200, (block + 1) * 200))
    assert counts.n_run == 200
    assert counts.n_accepted > 100
