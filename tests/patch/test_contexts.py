"""Contexts of ``contextvars`` in patched programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Program = Callable[..., str]

pytestmark = pytest.mark.pure


def test_tasks_of_asyncio_have_contexts_of_their_own(program: Program) -> None:
    """They shared the one of the greenlet (#1656)."""
    program(
        """
        from gevent import monkey
        monkey.patch_all()
        import asyncio, contextvars
        variable = contextvars.ContextVar("variable", default="outside")
        async def change(value):
            variable.set(value)
            await asyncio.sleep(0)
            return variable.get()
        async def both():
            return await asyncio.gather(change("a"), change("b")), variable.get()
        assert asyncio.run(both()) == (["a", "b"], "outside")
        assert variable.get() == "outside"
        """
    )


def test_a_generator_that_a_timeout_abandons_ends_in_its_own_context(
    program: Program,
) -> None:
    """It was finished in a context that its token is not of (#1930)."""
    program(
        """
        from gevent import monkey
        monkey.patch_all()
        import contextlib, contextvars, gc, time
        import gevent
        variable = contextvars.ContextVar("variable", default=0)
        @contextlib.contextmanager
        def changed():
            token = variable.set(1)
            try:
                yield
            finally:
                variable.reset(token)
        def items():
            with changed():
                yield variable.get()
                time.sleep(60)
        def abandon():
            with gevent.Timeout(0.001, False):
                for each in items():
                    assert each == 1
            assert variable.get() == 0
            each = items()
            assert next(each) == 1
            del each
            gc.collect()
            assert variable.get() == 0
        gevent.spawn(abandon).get()
        """
    )
