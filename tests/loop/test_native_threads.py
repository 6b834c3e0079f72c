"""Locks that native threads share, on every loop."""

from __future__ import annotations

import pytest

from tests.loop.conftest import LIBRARIES, run_on


@pytest.mark.slow
@pytest.mark.parametrize("kind", LIBRARIES)
def test_a_lock_whose_owners_hub_is_gone_can_be_used(kind: str) -> None:
    """An AttributeError of the hub that was None, on libuv."""
    printed = run_on(
        kind,
        """
        import threading
        import gevent
        from gevent.lock import RLock, Semaphore

        lock, units = RLock(), Semaphore()

        def work():
            with lock, units:
                gevent.sleep(0.001)
            gevent.get_hub().destroy(destroy_loop=True)

        for _ in range(5):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            with lock, units:
                gevent.sleep(0)
        print("used")
        """,
    )
    assert printed == "used\n"
