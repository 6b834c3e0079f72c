"""What is left of ``select`` and ``selectors`` is cooperative."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure


def test_what_is_left_to_poll_with_is_cooperative(program: Program) -> None:
    program(
        """
        import selectors
        from gevent import monkey
        monkey.patch_all()
        import os, select, socket
        import gevent
        for name in ("epoll", "kqueue", "devpoll"):
            assert not hasattr(select, name)
        for kind in (selectors.DefaultSelector, selectors.SelectSelector,
                     selectors.PollSelector):
            left, right = socket.socketpair()
            with left, right, kind() as selector:
                selector.register(left, selectors.EVENT_READ)
                # Only if the selector lets others run.
                gevent.spawn(right.send, b"x")
                ((key, events),) = selector.select()
                assert key.fileobj is left
        """
    )
