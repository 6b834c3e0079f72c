"""Every signature of ``gevent.libuv.loop``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import assert_type

from gevent.libuv.loop import get_header_version, get_version, supported_backends


def of_get_version() -> None:
    assert_type(get_version(), str)


def of_get_header_version() -> None:
    assert_type(get_header_version(), str)


def of_supported_backends() -> None:
    assert_type(supported_backends(), list[str])
