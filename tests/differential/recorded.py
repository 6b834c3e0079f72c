"""Outcomes kept in the tree, so that `make test` needs no reference.

``outcomes/<source>/<module>.json``: by program, its request without the file, and the
lines of the outcome that all forms of this gevent must have: the reference's, or ours
where a row of differences/*.toml wants another.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.differential.comparison import Comparison, Program
from tests.differential.contenders import HERE, PROGRAMS

OUTCOMES = HERE / "outcomes"
# Texts of the interpreter and of the standard library are part of many outcomes.
VERSION = sys.version_info[:2]
RECORDED_FOR = (3, 11)
# What is slower is left to the whole comparison,
QUICK = 0.15  # seconds
# and so is all but one in so many of the programs of these sources: all of the quick
# ones take a minute then.
ONE_IN = {"generated": 5, "sequences": 3}


@dataclass(frozen=True)
class Recorded:
    """A program and the outcome it must have."""

    name: str
    path: Path
    request: dict[str, object]
    is_patched: bool
    lines: list[str]


def record(programs: Sequence[Program], comparison: Comparison) -> None:
    """Write the outcomes of what is quick and the same on every form."""
    open_names = {
        d.program.name for d in comparison.differences(programs) if not d.is_explained
    }
    files: dict[str, dict[str, object]] = defaultdict(dict)
    for program in programs:
        outcomes = {program.outcomes[c.name][0] for c in comparison.ours}
        is_quick = max(program.seconds.values()) < QUICK
        number = zlib.crc32(program.name.encode())
        if (
            program.name in open_names
            or len(outcomes) > 1
            or not (is_quick and program.is_stable())
            or number % ONE_IN.get(program.source, 1)
        ):
            continue
        request = dict(program.request)
        file = Path(str(request.pop("file"))).relative_to(PROGRAMS)
        request["patched"] = program.is_patched
        (outcome,) = outcomes
        files[str(file)][program.name] = {"request": request, "lines": outcome.lines()}
    for name, entries in files.items():
        path = (OUTCOMES / name).with_suffix(".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(entries, indent=0, ensure_ascii=False) + "\n")


def recorded() -> Iterator[Recorded]:
    """Yield what is recorded, in the order of the files."""
    for path in sorted(OUTCOMES.glob("*/*.json")):
        file = PROGRAMS / path.parent.name / f"{path.stem}.py"
        for name, entry in json.loads(path.read_text()).items():
            request = {"file": str(file), **entry["request"]}
            is_patched = bool(request.pop("patched"))
            yield Recorded(name, file, request, is_patched, entry["lines"])
