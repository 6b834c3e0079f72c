"""The reviewed table of differences that are wanted: ``differences/*.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

TABLE = Path(__file__).resolve().parent / "differences"

# Why a difference may be.
STDLIB = "stdlib"  # ours is what the standard library does; verified at each run
BETTER = "better"  # the reference hangs, crashes, leaks, or contradicts API.md
PRIVATE = "private"  # a text or number that is nobody's contract; the reason says whose
KINDS = (STDLIB, BETTER, PRIVATE)


@dataclass(frozen=True)
class Row:
    """A wanted difference."""

    programs: tuple[str, ...]
    contenders: tuple[str, ...]
    because: str
    reason: str

    def covers(self, program: str, contender: str) -> bool:
        """Tell whether it is about a program, ``module.name[argument]``."""
        return (not self.contenders or contender in self.contenders) and any(
            fnmatchcase(program, pattern) for pattern in self.programs
        )


def read_table(folder: Path = TABLE) -> list[Row]:
    """Return the rows of all files.

    Raises:
        ValueError: A row has no reason, or one of an unknown kind.
    """
    return [row for path in sorted(folder.glob("*.toml")) for row in rows_of(path)]


def rows_of(path: Path) -> list[Row]:
    """Return the rows of one file."""
    rows = []
    for entry in tomllib.loads(path.read_text()).get("difference", ()):
        # In a pattern, brackets stand for themselves.
        patterns = (name.replace("[", "[[]") for name in entry["programs"])
        row = Row(
            tuple(patterns),
            tuple(entry.get("contenders", ())),
            entry["because"],
            entry["reason"],
        )
        if row.because not in KINDS or not row.reason.strip():
            raise ValueError(f"{path}: {entry!r} has no reason of a known kind")
        rows.append(row)
    return rows
