"""What is kept by number of threads, processes or files tells of forks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "gevent"

# Of a whole module, by number; the lines of comment right above belong to it.
TABLE = re.compile(
    r"^(?P<comment>(?:#.*\n)*)(?P<name>[a-z_]+): (?:set|list|deque|dict)\[int\b",
    re.MULTILINE,
)


def tables_without_a_word(source: str) -> list[str]:
    """Return the tables whose comment does not speak of forks."""
    found = TABLE.finditer(source)
    return [each["name"] for each in found if "fork" not in each["comment"]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("idents: set[int] = set()\n", ["idents"]),
        ("# Empty in a forked child.\nidents: set[int] = set()\n", []),
        ("# By name.\nhosts: dict[str, int] = {}\n", []),
        ("# Processes.\npids: dict[int, str] = {}\n", ["pids"]),
    ],
)
def test_a_table_without_a_word_about_forks_is_found(
    source: str, expected: list[str]
) -> None:
    assert tables_without_a_word(source) == expected


def test_each_table_by_number_says_what_a_forked_child_makes_of_it() -> None:
    """A stale ident or process id means another thread or process in the child."""
    missing = {
        str(path.relative_to(PACKAGE)): names
        for path in sorted(PACKAGE.rglob("*.py"))
        if (names := tables_without_a_word(path.read_text(encoding="utf-8")))
    }
    assert missing == {}
