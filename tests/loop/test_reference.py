"""The order of execution, against the reference: differences are wanted and named.

Runs only when `GEVENT_REFERENCE=1`: then `/tmp/ref/bin/python` must have the reference.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ORDER = Path(__file__).with_name("contract") / "test_order.py"
REFERENCE = "/tmp/ref/bin/python"

# Name of a test that the reference fails -> why ours behaves otherwise.
WANTED = {
    "test_event_notification_survives_the_kill_of_a_waiter": "it loses a wake-up",
}


@pytest.mark.skipif(
    not os.environ.get("GEVENT_REFERENCE"),
    reason="needs the reference: GEVENT_REFERENCE=1",
)
def test_the_reference_has_the_same_order() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [REFERENCE, str(ORDER)],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    failed = {
        line.split(":")[0].removeprefix("FAILED ")
        for line in done.stdout.splitlines()
        if line.startswith("FAILED")
    }
    assert "passed" in done.stdout, done.stderr
    assert failed == WANTED.keys(), done.stdout
