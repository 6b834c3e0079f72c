"""Locks of ``logging`` when threads are greenlets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure


def test_locks_of_logging_are_renewed(program: Program) -> None:
    program(
        """
        import logging, sys
        handler = logging.StreamHandler(sys.stdout)
        quiet = logging.NullHandler()
        old = handler.lock
        from gevent import monkey
        monkey.patch_all()
        import gevent.thread
        assert isinstance(logging._lock, gevent.thread.RLockType)
        assert isinstance(handler.lock, gevent.thread.RLockType)
        assert quiet.lock is None
        kept = handler.lock
        monkey.patch_thread()
        assert handler.lock is kept
        # Not at finalization, when the pure form knows no current greenlet.
        del handler, quiet
        """
    )


def test_a_handler_may_wait_inside_the_lock_of_the_list_of_threads(
    program: Program,
) -> None:
    printed = program(
        """
        from gevent import monkey
        monkey.patch_all()
        import logging, sys, threading
        import gevent
        class Slow(logging.StreamHandler):
            def emit(self, record):
                gevent.sleep(0)
                super().emit(record)
        logging.basicConfig(handlers=[Slow(sys.stdout)], format="%(threadName)s")
        def log():
            with threading._active_limbo_lock:
                logging.error("")
        threads = [threading.Thread(target=log, name=name) for name in "ab"]
        for thread in threads:
            thread.start()
        gevent.joinall([gevent.spawn(log), gevent.spawn(log)])
        for thread in threads:
            thread.join()
        """
    )
    assert sorted(printed.split()) == ["Dummy-1", "Dummy-2", "a", "b"]
