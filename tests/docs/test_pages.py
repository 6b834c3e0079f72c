"""No page has code that nobody runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
DOCS = TREE / "docs"
# The reference has examples of its own kind, and a test of its own.
PAGES = [
    path
    for path in sorted(DOCS.rglob("*.md"))
    if "reference" not in path.relative_to(DOCS).parts
]
NAMES = [str(path.relative_to(DOCS)) for path in PAGES]
WITH_SESSIONS = [path for path in PAGES if "```pycon" in path.read_text()]

SESSIONS = """
import doctest, re, sys
blocks = re.findall(r"^```pycon\\n(.*?)^```$", open(sys.argv[1]).read(), re.M | re.S)
test = doctest.DocTestParser().get_doctest("\\n".join(blocks), {}, sys.argv[1], None, 0)
print(doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed, "failed")
"""


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_python_on_a_page_is_a_file_or_a_session(page: Path) -> None:
    assert "```python" not in page.read_text(), "make it a file in docs/snippets"


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_programs_are_included_from_where_a_test_runs_them(page: Path) -> None:
    for name in re.findall(r"\{literalinclude\} (\S+\.py)$", page.read_text(), re.M):
        path = (page.parent / name).resolve()
        folder = path.relative_to(TREE).parts[:2]
        assert folder[0] == "examples" or folder == ("docs", "snippets"), name
        assert path.exists()


@pytest.mark.parametrize(
    "page", WITH_SESSIONS, ids=[str(path.relative_to(DOCS)) for path in WITH_SESSIONS]
)
def test_sessions_on_a_page_go_as_they_are_written(page: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", SESSIONS, str(page)],
        env=dict(os.environ, PYTHONPATH=str(TREE)),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert finished.stdout.endswith("0 failed\n"), finished.stdout


def test_every_snippet_is_on_a_page() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    programs = (DOCS / "snippets").rglob("*.py")
    lost = [path.name for path in programs if f"/{path.name}" not in text]
    assert not lost
