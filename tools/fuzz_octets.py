#!/usr/bin/env python3
"""Fuzz what reads requests, with octets that are made of others.

    python tools/fuzz_octets.py {head,chunks} [--share M] [-n N]  changes of the corpus
    python tools/fuzz_octets.py {head,chunks} --atheris ...     guided by what runs

What must hold is in tests/fuzz/targets.py, what is begun with in tests/fuzz/corpus/.
The first form runs N inputs (default: 1,000,000), and one of M (16) through all checks.
The second one needs atheris (`pip install atheris`), takes libFuzzer's options, and
looks at the plain twins to see what is new, and at the compiled form, too, if clang has
built that with `-fsanitize=fuzzer-no-link`; new inputs go to the first folder given.

Both stop at the first input for which something does not hold, and print it.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from types import FunctionType

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.fuzz import targets  # found by the line above

CORPUS = Path(targets.__file__).with_name("corpus")
AT_A_TIME = 200_000


def main() -> int:
    """Run a target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=targets.TARGETS)
    parser.add_argument("-n", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=int, default=targets.SHARE)
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--atheris", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    target = partial(targets.TARGETS[arguments.target], share=arguments.share)
    seeds = CORPUS / arguments.target
    if arguments.atheris is not None:
        return guided(target, [*arguments.atheris, str(seeds)])
    corpus = [file.read_bytes() for file in files_in(seeds, *arguments.corpus)]
    return mutating(target, corpus, arguments.n, arguments.seed)


def files_in(*folders: Path) -> Iterator[Path]:
    """Give the files of some folders, always in the same order."""
    for folder in folders:
        yield from sorted(folder.iterdir())


def mutating(
    target: Callable[[bytes], bool], corpus: list[bytes], n: int, seed: int
) -> int:
    """Run inputs that are those of the corpus, changed."""
    chance = random.Random(seed)
    begun = time.monotonic()
    n_whole = 0
    for number in range(1, n + 1):
        data = targets.mutated(chance.choice(corpus), corpus, chance)
        try:
            n_whole += target(data)
        except BaseException as error:
            error.add_note(f"input: {data!r}")
            raise
        if number % AT_A_TIME == 0 or number == n:
            seconds = time.monotonic() - begun
            print(
                f"{number} inputs, {n_whole} with all checks, {seconds:.0f} s,"
                f" {peak_of_memory() >> 10} MiB",
                flush=True,
            )
    return 0


def peak_of_memory() -> int:
    """Return the most that this process has used so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def guided(target: Callable[[bytes], bool], options: list[str]) -> int:
    """Run inputs that atheris makes, which looks at what they reach."""
    import atheris  # type: ignore[import-untyped]

    for function in functions_of_twins():
        atheris.instrument_func(function)
    numbers = count(1)
    n_whole = 0

    def run(data: bytes) -> None:
        nonlocal n_whole
        n_whole += target(data)
        if next(numbers) % AT_A_TIME == 0:
            print(f"{n_whole} with all checks", flush=True)

    atheris.Setup([sys.argv[0], *options], run)
    atheris.Fuzz()
    return 0


def functions_of_twins() -> list[FunctionType]:
    """Return the functions of the plain forms of what is fuzzed."""
    from tests.servers.http.body_fuzz import FORMS as BODY_FORMS
    from tests.servers.http.head_forms import FORMS as HEAD_FORMS

    files = {
        module.__file__
        for forms in (BODY_FORMS, HEAD_FORMS)
        for module in forms["pure"]
    }
    return [
        found
        for found in gc.get_objects()
        if isinstance(found, FunctionType) and found.__code__.co_filename in files
    ]


if __name__ == "__main__":
    sys.exit(main())
