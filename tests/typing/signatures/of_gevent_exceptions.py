"""Every signature of ``gevent.exceptions``: pinned, so that a change is seen."""

from __future__ import annotations

from typing import assert_type

from gevent.exceptions import HubDestroyed, LoopExit
from gevent.hub import Hub


def loopexit_hub(it: LoopExit) -> None:
    assert_type(it.hub, Hub | None)


def hubdestroyed_destroy_loop(it: HubDestroyed) -> None:
    assert_type(it.destroy_loop, bool)


def hubdestroyed_made(destroy_loop: bool) -> None:
    assert_type(HubDestroyed(destroy_loop), HubDestroyed)
