"""Every signature of ``gevent.threading``: pinned, so that a change is seen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import assert_type

from greenlet import greenlet as raw_greenlet

from gevent.threading import (
    _ThreadHandle,
    main_native_thread,
    make_thread_handle,
    make_wait_for_end,
    on_end,
    start_joinable,
)


def of_start_joinable(
    function: Callable[[], object], handle: _ThreadHandle | None, daemon: bool
) -> None:
    assert_type(start_joinable(function, handle, daemon), _ThreadHandle)


def of_make_thread_handle(ident: int) -> None:
    assert_type(make_thread_handle(ident), _ThreadHandle)


def of_on_end(
    greenlet: raw_greenlet, callback: Callable[[raw_greenlet], object]
) -> None:
    assert_type(on_end(greenlet, callback), None)


def of_make_wait_for_end(original: Callable[..., None]) -> None:
    assert_type(make_wait_for_end(original), Callable[..., None])


def of_main_native_thread() -> None:
    assert_type(main_native_thread(), threading.Thread)
