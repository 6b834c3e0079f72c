"""Wrong orders that users met (class D of the list of regressions)."""

from __future__ import annotations

import gevent


def test_d7_iwait_allows_switches_between_items() -> None:
    """A switch between two items led to LoopExit (#467)."""
    greenlets = [gevent.spawn(gevent.sleep, 0) for _ in range(5)]
    seen = []
    for greenlet in gevent.iwait(greenlets):
        gevent.sleep(0)
        seen.append(greenlet)
        gevent.sleep(0.001)
    assert seen == greenlets


def test_d13_links_run_in_the_order_of_registration() -> None:
    """They ran in another order (#143)."""
    seen: list[int] = []
    greenlet = gevent.Greenlet(lambda: None)
    for number in range(10):
        if number % 2:
            greenlet.rawlink(lambda _, number=number: seen.append(number))
        else:
            greenlet.link(lambda _, number=number: seen.append(number))
    greenlet.start()
    gevent.idle()
    assert seen == list(range(10))
