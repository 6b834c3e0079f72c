"""Runs programs on all contenders and tells where ours differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.differential.contenders import PROGRAMS, Contender, Worker
from tests.differential.outcome import Outcome
from tests.differential.table import STDLIB, Row

# How often a program that differs runs again before that counts.
TRIES = 3
# Not more workers at once: a busy machine makes outcomes of its own.
AT_ONCE = 2

Request = dict[str, object]


@dataclass
class Program:
    """One program and its outcomes, by contender; the first outcome decides."""

    name: str
    source: str
    module: str
    request: Request
    is_patched: bool
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def agrees(self, one: str, other: str) -> bool:
        """Tell whether two contenders have an outcome in common."""
        theirs = self.outcomes.get(other, ())
        return any(outcome in theirs for outcome in self.outcomes[one])

    def is_stable(self) -> bool:
        """Tell whether nobody had two outcomes."""
        return all(len(set(outcomes)) == 1 for outcomes in self.outcomes.values())


@dataclass
class Difference:
    """A program of which ours does something else than the reference."""

    program: Program
    contender: str
    row: Row | None

    @property
    def is_explained(self) -> bool:
        """Whether a row covers it whose claim is true."""
        return self.row is not None

    def text(self) -> str:
        """Return both outcomes, one under the other."""
        lines = [f"--- {self.program.name}: {self.contender}"]
        for name in ("reference", "stdlib", self.contender):
            for outcome in self.program.outcomes.get(name, ())[:1]:
                lines.append(f"    {name}:")
                lines += [f"        {line}" for line in outcome.lines()]
        return "\n".join(lines)


def program_files(patterns: Sequence[str]) -> list[Path]:
    """Return the files of programs whose ``source/module`` matches."""
    found = []
    for path in sorted(PROGRAMS.glob("*/*.py")):
        name = f"{path.parent.name}/{path.stem}"
        if not patterns or any(fnmatchcase(name, f"*{p}*") for p in patterns):
            found.append(path)
    return found


class Comparison:
    """Runs files of programs on the reference, on ours, on the standard library."""

    def __init__(
        self,
        reference: Contender,
        ours: Sequence[Contender],
        stdlib: Contender,
        rows: Sequence[Row],
    ):
        self.reference = reference
        self.ours = ours
        self.stdlib = stdlib
        self.rows = rows

    def run_file(self, path: Path, wanted: str, examples: int) -> list[Program]:
        """Run what a file has whose name matches, on every contender."""
        with Worker(self.reference, bare=False) as worker:
            listing = worker.ask({"list": str(path)})
        programs = []
        for entry in listing["programs"]:  # type: ignore[attr-defined]  # worker.py
            programs += self._programs(path, listing, entry, wanted, examples)
        contenders = [self.reference, *self.ours]
        if listing["twin"] or listing["patched"]:
            contenders.append(self.stdlib)
        is_bare = bool(listing["patched"])
        with ThreadPoolExecutor(AT_ONCE) as pool:
            runs = [
                pool.submit(self._run_all, c, programs, is_bare) for c in contenders
            ]
            for run in runs:
                run.result()
        self._run_again(programs, is_bare)
        return programs

    def differences(self, programs: Sequence[Program]) -> Iterator[Difference]:
        """Yield where ours differ, each with the row that covers it."""
        for program in programs:
            for contender in self.ours:
                name = contender.name
                if name in program.outcomes and not program.agrees(name, "reference"):
                    yield Difference(program, name, self._row(program, name))

    def _row(self, program: Program, contender: str) -> Row | None:
        """Return the first row that covers a difference and is right."""
        for row in self.rows:
            if row.covers(program.name, contender) and (
                row.because != STDLIB or program.agrees(contender, "stdlib")
            ):
                return row
        return None

    def _programs(
        self,
        path: Path,
        listing: Request,
        entry: Request,
        wanted: str,
        examples: int,
    ) -> Iterator[Program]:
        name = f"{path.parent.name}/{path.stem}.{entry['program']}"
        payloads: Sequence[object] = (None,)
        if "operations" in entry:
            payloads = sequences(entry["operations"], examples)  # type: ignore[arg-type]
        for number, payload in enumerate(payloads):
            label = entry.get("label") if payload is None else number
            full = name if label is None else f"{name}[{label}]"
            if wanted not in full:
                continue
            request = {"file": str(path), **entry}
            request.pop("operations", None)
            request.pop("label", None)
            if payload is not None:
                request["payload"] = payload
            patched = bool(listing["patched"])
            yield Program(
                full, path.parent.name, str(listing["module"]), request, patched
            )

    def _run_all(
        self, contender: Contender, programs: Sequence[Program], bare: bool
    ) -> None:
        with Worker(contender, bare=bare) as worker:
            for program in programs:
                outcome, seconds = worker.run(program.request)
                program.outcomes[contender.name] = [outcome]
                program.seconds[contender.name] = seconds

    def _run_again(self, programs: Sequence[Program], bare: bool) -> None:
        """Run again what differs: some outcomes are a matter of luck."""
        names = {d.program.name for d in self.differences(programs)}
        doubtful = [program for program in programs if program.name in names]
        if not doubtful:
            return
        for contender in (self.reference, *self.ours):
            with Worker(contender, bare=bare) as worker:
                for program in doubtful:
                    for _ in range(TRIES - 1):
                        outcome, _ = worker.run(program.request)
                        program.outcomes[contender.name].append(outcome)


def sequences(
    operations: dict[str, list[list[object]]], examples: int
) -> list[list[list[object]]]:
    """Return random sequences of operations; the same ones at each call."""
    steps = st.one_of(
        *(
            st.tuples(st.just(name), *map(st.sampled_from, arguments))
            for name, arguments in operations.items()
        )
    )
    found: list[list[list[object]]] = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(steps, min_size=1, max_size=12))
    def collect(drawn: list[tuple[object, ...]]) -> None:
        found.append([list(step) for step in drawn])

    collect()
    return found
