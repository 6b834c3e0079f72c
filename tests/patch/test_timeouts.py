"""Time-outs in patched programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("seconds", ["0", "1e-9", "0.001"])
def test_a_timeout_is_raised_inside_its_block_only(
    program: Program, seconds: str
) -> None:
    """One of 0.0 seconds came out of a later call (#2006)."""
    program(
        f"""
        from gevent import monkey
        monkey.patch_all()
        import socket
        import gevent
        a, b = socket.socketpair()
        for _ in range(50):
            try:
                with gevent.Timeout({seconds}):
                    b.send(b"x")
                    a.recv(1)
                    a.recv(1)
            except gevent.Timeout:
                pass
            gevent.sleep(0)
            a.setblocking(False)
            try:
                a.recv(10)
            except BlockingIOError:
                pass
            a.setblocking(True)
            gevent.sleep(0)
        a.close()
        b.close()
        """
    )
