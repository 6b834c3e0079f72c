"""Modules that patch, or wait, while they are imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure


def test_a_module_that_patches_at_its_top_is_waited_for_by_who_imports_it_too(
    program: Program, tmp_path: Path
) -> None:
    (tmp_path / "patches.py").write_text(
        "from gevent import monkey\n"
        "monkey.patch_all()\n"
        "import gevent\n"
        "def again():\n"
        "    import patches\n"
        "    return patches.done\n"
        "importing = gevent.spawn(again)\n"
        "gevent.sleep(0)\n"
        "assert not importing.ready()\n"
        "done = True\n"
    )
    program(
        """
        import sys
        sys.path.insert(0, "")
        import patches
        assert patches.importing.get() is True
        """
    )


def test_several_greenlets_may_import_a_module_that_waits(
    program: Program, tmp_path: Path
) -> None:
    """LoopExit, or a deadlock in the locks of the importer (#108, #728, #651)."""
    (tmp_path / "waits.py").write_text(
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "time.sleep(0.001)\n"
        "with ThreadPoolExecutor(1) as pool:\n"
        "    answer = pool.submit(int, '42').result()\n"
    )
    program(
        """
        import sys
        sys.path.insert(0, "")
        from gevent import monkey
        monkey.patch_all()
        import gevent
        def answer():
            import waits
            return waits.answer
        with gevent.Timeout(30):
            assert [each.get() for each in [gevent.spawn(answer) for _ in "abc"]] == [
                42, 42, 42
            ]
        """
    )
