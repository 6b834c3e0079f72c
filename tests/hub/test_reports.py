"""What is said of what fails: who it was, and with which arguments."""

from __future__ import annotations

import functools
import io
import os
import re
import sys
from collections.abc import Callable

import pytest

import gevent
from gevent.greenlet import Greenlet
from gevent.hub import Hub, get_hub
from gevent.pool import Pool
from gevent.timeout import Timeout
from tests.support.virtual import VirtualLoop


def handler(*args: object, **kwargs: object) -> None:
    raise ZeroDivisionError


class Mine(Greenlet):
    def _run(self, *args: object, **kwargs: object) -> None:
        raise ZeroDivisionError


class Callee:
    def __call__(self, *args: object) -> None:
        raise ZeroDivisionError

    def __repr__(self) -> str:
        return "<callee>"


def contexts(printed: io.StringIO) -> list[str]:
    """Who failed, as printed, without addresses."""
    found = re.findall(r"^\S+Z (.*) failed with \w+$", printed.getvalue(), re.MULTILINE)
    return [re.sub("0x[0-9a-f]+", "0x", each) for each in found]


@pytest.mark.parametrize(
    ("spawn", "text"),
    [
        (lambda: gevent.spawn(handler, 1, b=3), "<Greenlet at 0x: handler(1, b=3)>"),
        (lambda: gevent.spawn(handler), "<Greenlet at 0x: handler>"),
        (lambda: gevent.spawn(Callee(), 1), "<Greenlet at 0x: <callee>(1)>"),
        (lambda: Mine.spawn(None, 1, b=2), "<Mine at 0x: _run(1, b=2)>"),
        (lambda: Mine.spawn(handler, 1), "<Mine at 0x: handler(1)>"),
        (lambda: Pool(1).spawn(handler, 2), "<Greenlet at 0x: handler(2)>"),
        (
            lambda: gevent.spawn_later(0, handler, 4),
            "<Greenlet at 0x: handler(4)>",
        ),
        (
            lambda: gevent.spawn(functools.partial(handler, 7), 1),
            "<Greenlet at 0x: functools.partial(<function handler at 0x>, 7)(1)>",
        ),
    ],
)
def test_a_greenlet_that_fails_is_named(
    printed: io.StringIO, spawn: Callable[[], Greenlet], text: str
) -> None:
    spawn().join()
    assert contexts(printed) == [text]


def test_its_name_is_shown_too(printed: io.StringIO) -> None:
    greenlet = gevent.spawn(handler, 1)
    greenlet.name = "culprit"
    greenlet.join()
    assert contexts(printed) == ['<Greenlet "culprit" at 0x: handler(1)>']


def test_one_that_is_killed_with_an_error_is_named(printed: io.StringIO) -> None:
    greenlet = gevent.spawn(gevent.sleep, 10)
    gevent.sleep(0)
    greenlet.kill(KeyError)
    assert contexts(printed) == ["<Greenlet at 0x: sleep(10)>"]


def test_one_that_never_ran_has_no_body(printed: io.StringIO) -> None:
    gevent.spawn(handler, 1).kill(KeyError)
    assert contexts(printed) == ["<Greenlet at 0x: _run>"]


def test_handle_error_gets_a_greenlet_that_still_has_its_arguments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []

    def look(_hub: Hub, context: Greenlet, *_: object) -> None:
        seen.extend((context.args, context.kwargs, context.dead, context.ready()))

    monkeypatch.setattr(Hub, "handle_error", look)
    greenlet = gevent.spawn(handler, 1, b=3)
    greenlet.join()
    assert seen == [(1,), {"b": 3}, False, True]
    assert (greenlet.args, greenlet.kwargs, greenlet.dead) == ((), {}, True)


@pytest.mark.parametrize("listens", [True, False])
def test_one_that_is_joined_has_links_while_it_is_reported(
    monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    """Sentry and others ask whether somebody handles it."""
    seen: list[bool] = []

    def handle_error(self: Hub, context: Greenlet, *_: object) -> None:
        seen.append(context.has_links())

    monkeypatch.setattr(Hub, "handle_error", handle_error)
    greenlet = gevent.spawn(handler)
    if listens:
        greenlet.join()
    else:
        gevent.sleep(0)
    assert seen == [listens]
    assert not greenlet.has_links()


def test_one_whose_report_waits_is_not_killed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[object] = []

    def wait(_hub: Hub, context: Greenlet, *_: object) -> None:
        gevent.sleep(0)
        seen.append(context)

    monkeypatch.setattr(Hub, "handle_error", wait)
    greenlet = gevent.spawn(handler)
    greenlet.join()
    greenlet.kill()
    gevent.kill(greenlet)
    gevent.killall([greenlet])
    gevent.sleep(0)
    assert seen == [greenlet]


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("rawlink", "(<function handler at 0x>, <Greenlet at 0x: _run>)"),
        ("link", "(<function handler at 0x>, <Greenlet at 0x: _run>)"),
        ("link_value", "(<function handler at 0x>, <Greenlet at 0x: _run>)"),
    ],
)
def test_a_link_that_fails_is_named(printed: io.StringIO, link: str, text: str) -> None:
    greenlet = gevent.spawn(int)
    getattr(greenlet, link)(handler)
    gevent.idle()
    assert contexts(printed) == [text]


def test_a_timer_that_fails_is_named(printed: io.StringIO) -> None:
    timer = get_hub().loop.timer(0)
    timer.start(handler, 1)
    gevent.idle()
    assert contexts(printed) == [
        "<timer at 0x native=0x callback=<function handler at 0x> args=(1,)>"
    ]
    assert timer.callback is None


def test_a_descriptor_watcher_that_fails_is_named(printed: io.StringIO) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x")
    watcher = get_hub().loop.io(reader, 1)
    watcher.start(handler, 1)
    gevent.idle()
    watcher.close()
    os.close(reader)
    os.close(writer)
    (text,) = contexts(printed)
    assert text == (
        f"<io at 0x native=0x fd={reader} events=READ active "
        "callback=<function handler at 0x> args=(1,)>"
    )


def test_a_timeout_whose_hook_fails_is_named(
    printed: io.StringIO, virtual_loop: VirtualLoop
) -> None:
    class Failing(Timeout):
        def _on_expiration(self, prev_greenlet: object, ex: object) -> None:
            raise ZeroDivisionError

    get_hub().exception_stream = printed
    with Failing(1):
        gevent.sleep(2)
    (text,) = contexts(printed)
    assert text.startswith(
        "<timer at 0x native=0x callback=<bound method "
        "test_a_timeout_whose_hook_fails_is_named.<locals>.Failing._on_expiration of"
    )
    assert " args=(<greenlet.greenlet object at 0x" in text


def test_an_error_is_reported_once_to_what_stderr_is_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It went to the stream that was stderr at import, or twice (#137, #825)."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)

    def fail() -> None:
        raise KeyError("once")

    greenlet = gevent.spawn(fail)
    gevent.idle()
    text = stream.getvalue()
    assert text.count("KeyError: 'once'") == 1
    last = text.rstrip("\n").splitlines()[-1]
    assert last.endswith(f"Z {greenlet!r} failed with KeyError")
    assert text.endswith("\n\n")
