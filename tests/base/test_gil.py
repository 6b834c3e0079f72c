"""An interpreter without the GIL is refused, unless the environment asks for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gevent._base.gil import VARIABLE, demand_gil

# What a free-threaded interpreter says; ours may be asked nothing of the kind.
WITHOUT_GIL = "import sys; sys._is_gil_enabled = lambda: False\n"


def test_an_interpreter_with_its_gil_on_is_fine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys._is_gil_enabled", lambda: True, raising=False)
    demand_gil()


def test_an_interpreter_that_cannot_do_without_is_fine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("sys._is_gil_enabled", raising=False)
    demand_gil()


@pytest.mark.parametrize("module", ["gevent", "gevent.monkey", "gevent.exceptions"])
@pytest.mark.parametrize("value", ["", "0", "off", "No"])
def test_without_the_gil_the_import_fails_and_says_what_to_do(
    check: Callable[..., str], module: str, value: str
) -> None:
    check(
        f"{WITHOUT_GIL}"
        f"try: import {module}\n"
        "except ImportError as error: text = str(error)\n"
        "else: raise AssertionError\n"
        "for part in ('PYTHON_GIL=1', '-X gil=1', 'GEVENT_FREE_THREADING=1'):\n"
        "    assert part in text, text\n"
        "assert not [name for name in sys.modules if name.startswith('gevent._nat')]\n",
        **{VARIABLE: value},
    )


def test_who_asks_for_it_gets_a_warning_and_goes_on(check: Callable[..., str]) -> None:
    check(
        f"{WITHOUT_GIL}"
        "import warnings\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    import gevent\n"
        "assert [each.category for each in caught] == [RuntimeWarning], caught\n"
        "assert caught[0].filename == '<string>', caught[0]\n"
        "gevent.sleep(0)\n",
        **{VARIABLE: "1"},
    )
