"""The stress of ``benchmarks/hand_over.py``, in small."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.steps

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "hand_over.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("hand_over", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "case",
    [
        "queue",
        "simple",
        "lifo",
        "priority",
        "channel",
        "semaphore",
        "bounded",
        "rlock",
        "result",
        "event",
    ],
)
def test_nothing_is_lost_or_doubled_between_four_threads(
    script: ModuleType, case: str
) -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        script.run_case(case, 1000, limit=20)
    finally:
        sys.setswitchinterval(before)


def test_the_script_has_no_other_cases(script: ModuleType) -> None:
    assert len(script.CASES) == len(script.SHARES) == 10
