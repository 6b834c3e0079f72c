"""A short run of the fuzzing of heads; ``tools/fuzz_http_head.py`` does long ones."""

from __future__ import annotations

import pytest

from tests.servers.http.head_forms import ALL
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


class Searched(bytearray):
    """Counts the octets that are looked at for the end of a line."""

    n_searched = 0

    def find(self, what: bytes, start: int, end: int) -> int:
        found = super().find(what, start, end)
        self.n_searched += (min(end, len(self)) if found < 0 else found + 1) - start
        return found


def test_a_head_that_drips_in_is_searched_once() -> None:
    raw = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 5000 + b"\r\n\r\n"
    pure = next(form for form in ALL if form.name == "pure")
    parser = pure.heads.HeadParser()
    buffer = Searched()
    for octet in raw[:-1]:
        buffer.append(octet)
        assert parser.feed(buffer) is None
    buffer += raw[-1:]
    assert parser.feed(buffer).size == len(raw)
    assert buffer.n_searched == len(raw)
