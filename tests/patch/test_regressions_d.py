"""Rows of class D: threads and forks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]


@pytest.mark.pure
def test_d11_idents_larger_than_a_c_long(program: Program) -> None:
    program(
        """
        import _thread
        native = _thread.get_ident
        _thread.get_ident = lambda: native() + 2**63
        # Whom `threading` asks since 3.13 when it is imported.
        _thread._get_main_thread_ident = _thread.get_ident
        from gevent import monkey
        monkey.patch_all()
        import threading
        import gevent
        greenlet = gevent.spawn(threading.current_thread)
        greenlet.join()
        thread = threading.Thread(target=gevent.sleep)
        thread.start()
        thread.join()
        assert gevent.get_hub().threadpool.apply(str, (5,)) == "5"
        """
    )
