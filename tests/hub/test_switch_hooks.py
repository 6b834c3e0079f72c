"""``switch_out`` and ``switch_in``: what a greenlet does around its waits."""

from __future__ import annotations

import pytest

import gevent
from gevent.event import Event


class Hooked(gevent.Greenlet):
    """Remembers the calls of its hooks."""

    def __init__(self, *args):
        self.calls: list[str] = []
        gevent.Greenlet.__init__(self, *args)

    def switch_out(self):
        """It is switched away from."""
        self.calls.append("out")

    def switch_in(self):
        """It is switched back to."""
        self.calls.append("in")


def test_hooks_are_called_around_each_wait() -> None:
    greenlet = Hooked(lambda: (gevent.sleep(0), gevent.sleep(0)))
    greenlet.start()
    greenlet.join()
    assert greenlet.calls == ["out", "in"] * 2


def test_hooks_are_not_called_without_a_wait() -> None:
    ready = Event()
    ready.set()
    greenlet = Hooked(ready.wait)
    greenlet.start()
    greenlet.join()
    assert greenlet.calls == []


@pytest.mark.parametrize("end", ["kill", "throw"])
def test_hook_is_called_before_what_ends_a_wait_is_raised(end: str) -> None:
    seen: list[list[str]] = []

    def wait() -> None:
        try:
            Event().wait()
        except gevent.GreenletExit:
            seen.append(list(greenlet.calls))
            raise

    greenlet = Hooked(wait)
    greenlet.start()
    gevent.sleep(0)
    if end == "kill":
        greenlet.kill()
    else:
        gevent.get_hub().loop.run_callback(greenlet.throw, gevent.GreenletExit)
        greenlet.join()
    assert seen == [["out", "in"]]
    assert greenlet.successful()


def test_hooks_are_called_around_the_switch_of_a_hub() -> None:
    def wait() -> None:
        hub = gevent.get_hub()
        hub.loop.run_callback(gevent.getcurrent().switch)
        hub.switch()

    greenlet = Hooked(wait)
    greenlet.start()
    greenlet.join()
    assert greenlet.calls == ["out", "in"]


def test_hook_that_fails_is_reported_and_the_wait_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Failing(Hooked):
        def switch_in(self):
            raise ZeroDivisionError

    greenlet = Failing(gevent.sleep, 0)
    greenlet.start()
    greenlet.join()
    assert greenlet.successful()
    assert "failed with ZeroDivisionError" in capsys.readouterr().err
