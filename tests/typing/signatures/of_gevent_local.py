"""Every signature of ``gevent.local``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import assert_type

from gevent.local import local, stored_by_greenlet


def of_stored_by_greenlet(target: local) -> None:
    assert_type(stored_by_greenlet(target), dict[int, dict[str, object]])
