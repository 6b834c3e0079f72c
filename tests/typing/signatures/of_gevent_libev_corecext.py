"""Every signature of ``gevent.libev.corecext``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import assert_type

from gevent.libev.corecext import (
    embeddable_backends,
    get_header_version,
    get_version,
    recommended_backends,
    supported_backends,
)


def of_get_version() -> None:
    assert_type(get_version(), str)


def of_get_header_version() -> None:
    assert_type(get_header_version(), str)


def of_supported_backends() -> None:
    assert_type(supported_backends(), list[str])


def of_recommended_backends() -> None:
    assert_type(recommended_backends(), list[str])


def of_embeddable_backends() -> None:
    assert_type(embeddable_backends(), list[str])
