"""Monkey patching."""

from __future__ import annotations

import os
import time
from typing import assert_type

from gevent import monkey
from gevent.monkey import api


def everything() -> None:
    """All modules, or one."""
    assert_type(monkey.patch_all(ssl=False, mine=1), bool | None)
    assert_type(monkey.patch_module(os, time, ["sleep"]), bool)
    monkey.patch_thread(Event=False)
    monkey.patch_all(sll=False, ssl="x")  # type: ignore[arg-type]  # no flag


def questions() -> None:
    """What is patched."""
    assert_type(monkey.is_module_patched("os"), bool)
    assert_type(monkey.is_object_patched("os", "fork"), bool)
    assert_type(len(monkey.get_original("os", ["fork", "close"])), int)
    assert_type(monkey.saved, dict[str, dict[str, object]])
    api.patch_item(os, "fork", monkey.get_original("os", "fork"))
    api.remove_item(os, "forkpty")
    monkey.is_module_patched(os)  # type: ignore[arg-type]  # no name
