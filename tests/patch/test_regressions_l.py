"""Rows of class L: how programs end, under patching."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]


@pytest.mark.pure
def test_l8_systemexit_ends_its_raw_thread_only(program: Program) -> None:
    printed = program(
        """
        from gevent import monkey
        monkey.patch_all()
        import _thread, sys
        import gevent
        _thread.start_new_thread(sys.exit, (3,))
        gevent.sleep(0)
        print("goes on")
        """
    )
    assert printed == "goes on\n"
