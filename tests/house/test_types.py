"""The check of the stubs finds what they lack."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parent.parent.parent

pytest.importorskip("mypy", reason="PyPy gets no tools that check sources")

MODULE = """\
class Thing:
    def known(self) -> None: ...
    def forgotten(self) -> None: ...
    def _private(self) -> None: ...
"""
STUB = """\
class Thing:
    def known(self) -> None: ...
"""


def _stubtest(package: str) -> list[str]:
    path = TREE / "tools" / "check_types.py"
    spec = importlib.util.spec_from_file_location("check_types", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    command: list[str] = module._stubtest(package)
    # Its configuration is about the copy of the tree that `make types` makes.
    return command[: command.index("--mypy-config-file")]


@pytest.mark.slow
def test_a_public_method_without_a_line_in_the_stub_is_an_error(tmp_path: Path) -> None:
    package = tmp_path / "tiny"
    package.mkdir()
    (package / "__init__.py").write_text(MODULE)
    (package / "__init__.pyi").write_text(STUB)
    done = subprocess.run(
        [*_stubtest("tiny"), "--ignore-unused-allowlist"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "tiny.Thing.forgotten is not present in stub",
    ]
