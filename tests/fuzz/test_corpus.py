"""A short run of the fuzzing by octets; ``tools/fuzz_octets.py`` does long ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz import targets

CORPUS = {
    name: [
        file.read_bytes()
        for file in sorted(Path(__file__).with_name("corpus").joinpath(name).iterdir())
    ]
    for name in targets.TARGETS
}


@pytest.mark.slow
@pytest.mark.parametrize("name", targets.TARGETS)
def test_all_holds_for_the_corpus(name):
    assert len(CORPUS[name]) > 20
    assert all(targets.TARGETS[name](data, share=1) for data in CORPUS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", targets.TARGETS)
@pytest.mark.parametrize("seed", range(3))
def test_all_holds_for_changes_of_the_corpus(name, seed):
    chance = random.Random(seed)
    run, corpus = targets.TARGETS[name], CORPUS[name]
    inputs = [
        targets.mutated(chance.choice(corpus), corpus, chance) for _ in range(2000)
    ]
    assert 50 < sum(run(data) for data in inputs) < 400


@pytest.mark.parametrize("name", targets.TARGETS)
def test_input_without_octets_is_none(name):
    assert not targets.TARGETS[name](bytes(targets.N_CONTROL))
